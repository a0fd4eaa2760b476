"""Batches: immutable directories on the shared storage with all current training data.

A batch has the objects of the dataset and the incoming ones, CHANNEL/FILE each; an incoming object
replaces one of the dataset with the same name. The id is a digest of the objects, so that the same
objects always give the same batch. Batches share identical files through hard links.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from workloads.downloads.s3 import S3Source
from workloads.downloads.sources import Item
from workloads.downloads.transfer import fetch, is_current
from workloads.errors import UnavailableError
from workloads.files import atomic_write, ensure_directory, remove
from workloads.objects import Location
from workloads.parallel import for_each
from workloads.summary import Progress, say

FOLDER = "batches"
"""Name of the directory on the shared storage that holds all batches."""
OBJECTS_FILE = ".objects.json"
"""Name of the file with each file's object version, by which the next batch finds its links."""

ID_LENGTH = 12
"""Number of hexadecimal digits in the id of a batch."""
WORKERS = 8
"""Number of parallel downloads."""


@dataclass(frozen=True)
class Batch:
    """Objects of the dataset and the incoming ones at one moment."""

    id: str
    """Digest of the objects' locations and versions, in hexadecimal digits."""
    objects: Mapping[str, tuple[S3Source, Item]]
    """Source and item by CHANNEL/FILE."""


def current_batch(client: Any, dataset: Location, incoming: Location) -> Batch | None:
    """Return the batch of the current objects, or None if there are no incoming ones.

    Raises:
        UnavailableError: The dataset has no objects.
        WorkloadError: S3 denies access or does not answer.
    """
    dataset_source = S3Source(client, dataset.as_folder())
    incoming_source = S3Source(client, incoming.as_folder())
    new_items = [item for item in incoming_source.items() if is_in_channel(item, incoming)]
    if not new_items:
        return None
    dataset_items = dataset_source.items()
    if not dataset_items:
        raise UnavailableError(
            f"{dataset.as_folder()} holds no objects: an interrupted update of the stack may have "
            "moved the dataset. New data is not trained on without it; run pulumi up again"
        )
    objects = [
        *((dataset_source, item) for item in dataset_items),
        *((incoming_source, item) for item in new_items),
    ]
    return Batch(batch_id(objects), {item.name: (source, item) for source, item in objects})


def is_in_channel(item: Item, incoming: Location) -> bool:
    """Return True for an incoming CHANNEL/FILE; log a remedy for any other object."""
    if "/" in item.name:
        return True
    folder = incoming.as_folder()
    say(f"{folder}{item.name} is skipped: put it in its channel, as {folder}train/{item.name}")
    return False


def batch_id(objects: Sequence[tuple[S3Source, Item]]) -> str:
    """Return the digest of the objects' locations and versions."""
    versions = sorted(
        (source.location.bucket, source.location.key(item.name), item.version)
        for source, item in objects
    )
    return sha256(json.dumps(versions).encode()).hexdigest()[:ID_LENGTH]


@dataclass(frozen=True)
class Batches:
    """Batches of one dataset on the shared storage."""

    root: Path

    def build(self, batch: Batch, progress: Progress) -> None:
        """Create the directory of a batch, or complete the one that an earlier run began.

        Raises:
            ItemChangedError: An object no longer has the listed version.
            WorkloadError: The storage is full, or S3 denies access or does not answer.
        """
        target, temporary = self.root / batch.id, self.root / f".{batch.id}.part"
        if target.is_dir():
            os.utime(target)  # makes it the newest batch again
            return
        ensure_directory(temporary)
        existing = self.files_by_version()
        for_each(
            partial(self._fetch_object, batch, temporary, existing, progress),
            batch.objects,
            workers=WORKERS,
        )
        with atomic_write(temporary / OBJECTS_FILE) as stream:
            versions = {name: item.version for name, (_, item) in batch.objects.items()}
            stream.write(json.dumps(versions, indent=2).encode())
        os.utime(temporary)
        temporary.rename(target)

    def _fetch_object(
        self,
        batch: Batch,
        temporary: Path,
        existing: Mapping[tuple[str, int | None], Path],
        progress: Progress,
        name: str,
    ) -> None:
        source, item = batch.objects[name]
        target = temporary / name
        same_content = existing.get((item.version, item.size))
        if not is_current(target, item) and not (same_content and hard_link(same_content, target)):
            fetch(source, item, target, lambda size: progress.add(size=size))
        progress.add(files=1)

    def files_by_version(self) -> dict[tuple[str, int | None], Path]:
        """Return the files of all batches by the version and size of their objects."""
        return {
            (version, path.stat().st_size): path
            for batch in self.newest_first()
            for name, version in read_versions(batch).items()
            if (path := batch / name).is_file()
        }

    def newest_first(self) -> list[Path]:
        """Return the directories of the finished batches, newest first."""
        if not self.root.is_dir():
            return []
        finished = [path for path in self.root.iterdir() if not path.name.startswith(".")]
        return sorted(finished, key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def prune(self, keep: int, is_used: Callable[[str], bool]) -> list[str]:
        """Remove unfinished directories and old batches, and return the ids of the latter.

        Args:
            keep: Number of newest batches to keep, besides those in use.
            is_used: Function that returns True if an unfinished job reads the batch of this id.
        """
        for temporary in self.root.glob(".*"):
            remove(temporary)
        old = [path for path in self.newest_first() if not is_used(path.name)][keep:]
        for path in old:
            remove(path)
        return [path.name for path in old]


def read_versions(batch: Path) -> dict[str, str]:
    """Return the object version of each file in a batch."""
    try:
        versions: dict[str, str] = json.loads((batch / OBJECTS_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return versions


def hard_link(source: Path, target: Path) -> bool:
    """Create a hard link, and return False if the file system cannot."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        return False  # another file system, too many links, or removed meanwhile
    return True
