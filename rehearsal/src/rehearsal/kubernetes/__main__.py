"""Entry point of `python -m rehearsal.kubernetes`: serve the Kubernetes API until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys

from rehearsal.kubernetes import kubeconfig, pki, programs
from rehearsal.kubernetes.control_plane import ControlPlane, StartError
from rehearsal.kubernetes.supervisor import CrashLoopError
from rehearsal.paths import Environment


def main() -> int:
    """Write the certificates and files that the programs need, then run the programs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # The API server would keep as much garbage as it uses memory; see docs/measurements.md.
    os.environ.setdefault("GOGC", "30")
    environment = Environment.current()
    pki.ensure(environment)
    kubeconfig.ensure(environment)
    programs.write_files(environment)
    try:
        asyncio.run(_run_until_asked(environment))
    except (CrashLoopError, StartError) as error:
        logging.critical("%s", error)
        return 1
    return 0


async def _run_until_asked(environment: Environment) -> None:
    asked_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    while await ControlPlane(environment).run(asked_to_end):
        # The objects of an EKS cluster are deleted with it, and the next one starts empty.
        logging.info("the cluster was deleted: starting an empty one")
        shutil.rmtree(programs.etcd_data(environment))


if __name__ == "__main__":
    sys.exit(main())
