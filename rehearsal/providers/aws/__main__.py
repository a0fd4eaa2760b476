"""Entry point of the aws provider server, for the environment that the process is started for."""

from __future__ import annotations

import logging

from rehearsal.imports import leave_out_the_sdk
from rehearsal.places import World
from rehearsal.service_models import leave_out_documentation


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    leave_out_documentation()
    leave_out_the_sdk()
    from rehearsal.providers.aws.provider import AwsProvider  # noqa: PLC0415
    from rehearsal.providers.edge import serve  # noqa: PLC0415

    serve(AwsProvider(), World.current().ports.aws)


if __name__ == "__main__":
    main()
