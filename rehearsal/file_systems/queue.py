"""Queue of the requests of `lfs`, and the start of the process that serves them.

This module imports little, because `lfs` runs for each file that a program asks about.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rehearsal import processes
from rehearsal.file_systems.store import STATE, Store

RESTORE, ARCHIVE = "RESTORE", "ARCHIVE"
LOG = "file-systems.log"
_LOCK = "worker.lock"
_PROJECT = Path(__file__).parents[2]


def ask(store: Store, action: str, paths: Iterable[str]) -> None:
    """Queue an action on files, and make sure that a worker runs."""
    store.index.request(action, paths)
    ensure(store)


def ensure(store: Store) -> None:
    """Start a worker if actions are queued and no worker runs.

    A worker that is killed, or that ended just before an action was queued, leaves the queue as it
    is. Therefore every query for the state of an action calls this function.
    """
    lock = store.state / _LOCK
    if not store.index.has_actions() or processes.holder(lock):
        return
    world = store.root.parent
    processes.start_detached(
        lock,
        [sys.executable, "-m", "rehearsal.file_systems.worker", str(world), store.system_id],
        world / "logs" / LOG,
        os.environ,
        _PROJECT,
    )


def workers(root: Path) -> Iterator[Path]:
    """Yield the lock files of the workers of all file systems; `root` is World.file_systems."""
    return (root / STATE).glob(f"*/{_LOCK}")
