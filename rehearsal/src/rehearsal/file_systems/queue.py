"""Queue of the requests of `lfs`, and the start of the process that serves them.

This module imports little, because `lfs` runs for each file that a program asks about.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from rehearsal.file_systems.store import Store
from rehearsal.paths import WORKER_LOCK
from rehearsal.processes import detached

RESTORE, ARCHIVE = "RESTORE", "ARCHIVE"
LOG = "file-systems.log"


def ask(store: Store, action: str, paths: Iterable[str]) -> None:
    """Queue an action on files, and make sure that a worker runs."""
    store.index.request(action, paths)
    ensure(store)


def ensure(store: Store) -> None:
    """Start a worker if actions are queued and no worker runs.

    A worker that is killed, or that ended just before an action was queued, leaves the queue as it
    is. Therefore every query for the state of an action calls this function.
    """
    lock = store.state / WORKER_LOCK
    if not store.index.has_actions() or detached.holder(lock):
        return
    root = store.root.parent
    detached.start_detached(
        lock,
        [sys.executable, "-m", "rehearsal.file_systems.worker", str(root), store.system_id],
        root / "logs" / LOG,
        os.environ,
        root,
    )
