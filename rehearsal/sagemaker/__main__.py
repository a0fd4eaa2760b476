"""Entry point of `python -m rehearsal.sagemaker`: run the training jobs until SIGTERM.

A job that is training ends with this process, and starts again with the next one.
"""

from __future__ import annotations

import logging
import signal
import threading
from functools import partial

from rehearsal import processes
from rehearsal.clients import Cloud
from rehearsal.file_systems.contents import Contents, import_delay
from rehearsal.places import World
from rehearsal.service_models import leave_out_documentation
from rehearsal.training_jobs import TrainingJobMoves

from .run import Means
from .runner import Runner


def main() -> None:
    """Run training jobs until a signal asks to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    leave_out_documentation()
    world, cloud, stop = World.current(), Cloud(), threading.Event()
    means = Means(cloud, Contents(world, cloud, import_delay()), TrainingJobMoves(world.cloud_url))
    runner = Runner(world, means)
    lock = world.root / "run" / "sagemaker.lock"
    thread = threading.Thread(
        target=runner.serve, args=(stop, partial(processes.attend, lock)), daemon=True
    )
    thread.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    runner.end()


if __name__ == "__main__":
    main()
