"""All directories that are mounted, with the pods that hold them."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.mountpoint.bucket import Prefix
from rehearsal.mountpoint.mirror import Mirror, remove
from rehearsal.mountpoint.options import Options

log = logging.getLogger(__name__)

WORK_SECONDS = 0.25
"""Time between two comparisons of a directory with what it showed."""


@dataclass(frozen=True)
class Identity:
    """Parts of a mount that pods must have in common to share it.

    https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/MOUNTPOINT_POD_SHARING.md
    """

    node: str
    volume: str
    """Name of the PersistentVolume."""
    handle: str
    bucket: str
    options: Options
    fs_group: str
    account: str
    """Service account whose role is used."""

    @property
    def digest(self) -> str:
        """Hash of the parts; the name of the mount's folder."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass
class Mount:
    """A mounted directory."""

    mirror: Mirror
    holders: set[str] = field(default_factory=set)
    """UIDs of the pods that mount it."""


class Mounts:
    """The mounts of one environment.

    Args:
        root: Folder of all of them.
        report: Function that is told of each refused operation: the UIDs of the pods, the text.
    """

    def __init__(self, root: Path, report: Callable[[set[str], str], None]) -> None:
        self._root, self._report = root, report
        self._mounts: dict[Identity, Mount] = {}
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None

    def mount(self, identity: Identity, prefix: Prefix, holder: str) -> Path:
        """Return the directory of a mount, which a pod holds from now on.

        Raises:
            ClientError: S3 refuses the listing of the bucket.
        """
        with self._lock:
            found = self._mounts.get(identity)
            if found is None:
                found = self._begin(identity, prefix)
            found.holders.add(holder)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="mountpoint", daemon=True)
                self._worker.start()
            return found.mirror.files

    def _begin(self, identity: Identity, prefix: Prefix) -> Mount:
        holders: set[str] = set()
        mirror = Mirror(
            self._root / identity.digest,
            prefix,
            identity.options,
            lambda text: self._report(set(holders), text),
        )
        mirror.mount()
        self._mounts[identity] = Mount(mirror, holders)
        return self._mounts[identity]

    def flush(self, holder: str) -> None:
        """Store all that a pod whose programs have ended left in its directories."""
        for one in self._held(holder).values():
            _try(one.mirror.store)

    def unmount(self, holder: str) -> list[Identity]:
        """Give up the mounts of a pod; return those that no other pod holds, which end."""
        self.flush(holder)
        ended = []
        with self._lock:
            for identity, one in self._held(holder).items():
                one.holders.discard(holder)
                if not one.holders:
                    del self._mounts[identity]
                    remove(self._root / identity.digest)
                    ended.append(identity)
        return ended

    def stop(self) -> None:
        """End the work on the directories, which stay for the next start."""
        self._stop.set()

    def _held(self, holder: str) -> dict[Identity, Mount]:
        with self._lock:
            return {key: one for key, one in self._mounts.items() if holder in one.holders}

    def _work(self) -> None:
        while not self._stop.wait(WORK_SECONDS):
            with self._lock:
                mirrors = [one.mirror for one in self._mounts.values()]
            for mirror in mirrors:
                _try(mirror.work)


def _try(work: Callable[[], None]) -> None:
    try:
        work()
    except (OSError, ClientError, BotoCoreError) as error:
        log.info("a mount of S3 is looked at later: %s", error)
    except Exception:
        log.exception("a mount of S3 is looked at later")
