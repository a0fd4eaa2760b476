"""What `lfs` asks of a file system, and the process that does it.

Light: `lfs` is run for each file that somebody asks about.
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
    """Queues an action on files, and sees to it that it is done."""
    store.index.request(action, paths)
    ensure(store)


def ensure(store: Store) -> None:
    """Begins a worker if anything waits and none is at work.

    A worker that is killed, or that ended just as something came in, leaves the queue as it is:
    so whoever asks how far an action is calls this.
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
    """The lock files of the workers of all file systems (World.file_systems)."""
    return (root / STATE).glob(f"*/{_LOCK}")
