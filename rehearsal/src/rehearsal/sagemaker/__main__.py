"""Entry point of `python -m rehearsal.sagemaker`: run the training jobs until SIGTERM.

A job that is training ends with this process, and starts again with the next one.
"""

from __future__ import annotations

import logging
import signal
import threading
from functools import partial

from rehearsal.clients.aws import Cloud
from rehearsal.clients.service_models import leave_out_documentation
from rehearsal.clients.training_status import StatusFeed
from rehearsal.faults import active
from rehearsal.file_systems.contents import Contents, import_delay
from rehearsal.paths import Environment
from rehearsal.processes import detached
from rehearsal.sagemaker.run import Context
from rehearsal.sagemaker.runner import Runner


def main() -> None:
    """Run training jobs until a signal asks to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    leave_out_documentation()
    environment, cloud, stop = Environment.current(), Cloud(), threading.Event()
    active.follow(environment)
    context = Context(cloud, Contents(environment, cloud, import_delay()), StatusFeed(environment))
    runner = Runner(environment, context)
    lock = environment.root / "run" / "sagemaker.lock"
    thread = threading.Thread(
        target=runner.serve, args=(stop, partial(detached.attend, lock)), daemon=True
    )
    thread.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    runner.end()


if __name__ == "__main__":
    main()
