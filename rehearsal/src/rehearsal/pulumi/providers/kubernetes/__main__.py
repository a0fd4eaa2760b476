"""Entry point of `python -m rehearsal.pulumi.providers.kubernetes`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from rehearsal.imports import leave_out_the_sdk
from rehearsal.paths import Environment


def main() -> None:
    """Serve until SIGTERM or SIGINT; serve the stand-in charts as well, for the real provider."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    leave_out_the_sdk()
    from rehearsal.charts import proxy  # noqa: PLC0415
    from rehearsal.pulumi.providers.kubernetes.provider import KubernetesProvider  # noqa: PLC0415
    from rehearsal.pulumi.providers.server import serve  # noqa: PLC0415

    environment = Environment.current()
    # The credential plugin of an EKS kubeconfig is `aws`, which is installed beside this Python.
    programs = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    os.environ.update(environment.aws_environment())
    proxy.start(environment)
    serve(KubernetesProvider(), environment.ports.kubernetes)


if __name__ == "__main__":
    main()
