"""Entry point of `python -m rehearsal.cluster`: serve the Kubernetes API until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys

from rehearsal.places import World

from . import kubeconfig, pki, programs
from .control_plane import ControlPlane, StartError
from .keeper import CrashLoopError


def main() -> int:
    """Write the certificates and files that the programs need, then run the programs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # The API server would keep as much garbage as it uses memory; to collect it twice as often
    # costs 0.3 s of CPU time in an update, and saves 50 MiB in all.
    os.environ.setdefault("GOGC", "50")
    world = World.current()
    pki.ensure(world)
    kubeconfig.ensure(world)
    programs.write_files(world)
    try:
        asyncio.run(_run_until_asked(world))
    except (CrashLoopError, StartError) as error:
        logging.critical("%s", error)
        return 1
    return 0


async def _run_until_asked(world: World) -> None:
    asked_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    while await ControlPlane(world).run(asked_to_end):
        # The objects of an EKS cluster are deleted with it, and the next one starts empty.
        logging.info("the cluster was deleted: starting an empty one")
        shutil.rmtree(programs.etcd_data(world))


if __name__ == "__main__":
    sys.exit(main())
