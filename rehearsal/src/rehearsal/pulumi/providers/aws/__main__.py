"""Entry point of the aws provider server, for the environment that the process is started for."""

from __future__ import annotations

import logging

from rehearsal.clients.service_models import leave_out_documentation
from rehearsal.imports import leave_out_the_sdk
from rehearsal.paths import Environment


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    leave_out_documentation()
    leave_out_the_sdk()
    from rehearsal.pulumi.providers.aws.provider import AwsProvider  # noqa: PLC0415
    from rehearsal.pulumi.providers.server import serve  # noqa: PLC0415

    environment = Environment.current()
    serve(AwsProvider(environment.root / "aws-creations.sqlite"), environment.ports.aws)


if __name__ == "__main__":
    main()
