"""Process that serves the requests of `lfs`: it restores and archives several files at a time.

It represents the file system's own servers, which reach the bucket by themselves. Therefore it has
the rehearsal's credentials, whatever the credentials of the program that sent the request. Each
file system has at most one worker, which starts when there is work and ends soon after the last of
it (see queue).

    python -m rehearsal.file_systems.worker ENVIRONMENT FILE-SYSTEM
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.clients.aws import Cloud
from rehearsal.clients.service_models import leave_out_documentation
from rehearsal.file_systems import exporting, restoring
from rehearsal.file_systems.link_role import LinkStorage
from rehearsal.file_systems.links import Link, exporter
from rehearsal.file_systems.objects import UnreadableError
from rehearsal.file_systems.queue import ARCHIVE, RESTORE
from rehearsal.file_systems.store import Store
from rehearsal.file_systems.transfers import Route, Transferred, recorded
from rehearsal.paths import Environment

log = logging.getLogger(__name__)

_AT_ONCE = 4
_IDLE_SECONDS = 3.0
_LOOK_SECONDS = 0.2


class Worker:
    """Serve the queued actions of one file system."""

    def __init__(self, environment: Environment, store: Store, s3: Any) -> None:
        self._environment = environment
        self._store = store
        self._s3 = s3
        self._links = [Link.from_json(told) for told in store.index.fact("links")]

    def run(self, idle_seconds: float = _IDLE_SECONDS) -> None:
        """Serve actions until none was queued for a while."""
        self._store.index.put_back_actions()
        ends = time.monotonic() + idle_seconds
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while time.monotonic() < ends:
                if self._store.index.has_actions():
                    self._drain(pool)
                    ends = time.monotonic() + idle_seconds
                time.sleep(_LOOK_SECONDS)

    def _drain(self, pool: ThreadPoolExecutor) -> None:
        here = f"{self._store.system_id}:/"
        sources = ", ".join(link.source for link in self._links)
        targets = ", ".join(link.target for link in self._links if link.export_bucket)
        for action, route in (
            (RESTORE, Route("import", self._store.system_id, sources, here)),
            (ARCHIVE, Route("export", self._store.system_id, here, targets)),
        ):
            recorded(self._environment, route, partial(self._do_all, pool, action))

    def _do_all(self, pool: ThreadPoolExecutor, action: str) -> Transferred:
        moved = Transferred()
        while paths := self._store.index.take_actions(action, 2 * _AT_ONCE):
            for size in pool.map(partial(self._do, action), paths):
                if size is not None:
                    moved = Transferred(moved.names + 1, moved.files + 1, moved.bytes + size)
        return moved

    def _do(self, action: str, path: str) -> int | None:
        """Run one action; return the number of bytes that it transferred, or None.

        A failed action is finished: the file then is as it was, as on Lustre. An action that could
        not reach AWS stays queued for the next worker.
        """
        size = None
        try:
            if action == RESTORE:
                size = restoring.restore(self._store, self._s3, path)
            elif link := exporter(self._links, path):
                size = exporting.export(self._store, self._s3, link, path)
        except (UnreadableError, ClientError, OSError) as error:
            log.warning("%s of /%s: %s", action, path, error)
        self._store.index.end_action(path)
        return size


def main() -> None:
    """Serve the file system that the command line names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    leave_out_documentation()
    environment = Environment.at(Path(sys.argv[1]))
    store = Store(environment.file_systems, sys.argv[2])
    try:
        region = store.index.fact("region")
        Worker(
            environment,
            store,
            LinkStorage.of(Cloud(environment), region, store.system_id),
        ).run()
    except BotoCoreError as error:
        sys.exit(f"{store.system_id}: {error}; what is left is done when it is next asked about")
    except (FileNotFoundError, sqlite3.OperationalError):
        if store.exists:
            raise


if __name__ == "__main__":
    main()
