"""Entry point of `python -m rehearsal.aws`: run the emulated AWS until SIGTERM."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from rehearsal.aws import (
    offerings,  # noqa: F401 - before server brings moto's EC2 in
    server,
)
from rehearsal.aws.store import StoreError
from rehearsal.clients.service_models import leave_out_documentation
from rehearsal.paths import Environment


def main() -> int:
    """Serve the account of the rehearsal; on SIGTERM or SIGINT save it and end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    leave_out_documentation()
    environment = Environment.current()
    asked_to_end = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: asked_to_end.set())
    try:
        cloud = server.start(environment.ports.cloud, environment)
        asked_to_end.wait()
        cloud.stop()
        cloud.save()
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
