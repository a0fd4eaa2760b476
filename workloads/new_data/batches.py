"""Batches: what there is to train on now, as an immutable directory on the shared storage.

A batch is the dataset and what came in since, CHANNEL/FILE each; a file that came in takes the
place of the dataset's of the same name. Its id tells its objects, so that the same objects are the
same batch whenever one looks. Two batches share what they have in common by hard links.
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
from workloads.faults import UnavailableError
from workloads.files import remove, whole_file, writable_directory
from workloads.objects import Location
from workloads.parallel import for_each
from workloads.summary import Progress, say

FOLDER = "batches"
CONTENTS = ".objects.json"
"""Which object's content each file of a batch has: what the next batch need not download."""

ID_LENGTH = 12
WORKERS = 8


@dataclass(frozen=True)
class Batch:
    """Some objects of the dataset and of what came in."""

    id: str
    """Hexadecimal digits that tell where the objects are and what they hold."""
    objects: Mapping[str, tuple[S3Source, Item]]
    """By CHANNEL/FILE."""


def current_batch(client: Any, dataset: Location, incoming: Location) -> Batch | None:
    """What there is to train on now, or nothing where nothing came in.

    Raises:
        WorkloadError: S3 refuses or does not answer.
    """
    base, new = S3Source(client, dataset.as_folder()), S3Source(client, incoming.as_folder())
    came = [item for item in new.items() if is_in_channel(item, incoming)]
    if not came:
        return None
    of_dataset = base.items()
    if not of_dataset:
        raise UnavailableError(
            f"{dataset.as_folder()} holds no objects: an interrupted update of the stack may have "
            "moved the dataset. New data is not trained on without it; run pulumi up again"
        )
    pairs = [*((base, item) for item in of_dataset), *((new, item) for item in came)]
    return Batch(id_of(pairs), {item.name: (source, item) for source, item in pairs})


def is_in_channel(item: Item, incoming: Location) -> bool:
    """Whether something that came in is CHANNEL/FILE; the log says what to do where it is not."""
    if "/" in item.name:
        return True
    folder = incoming.as_folder()
    say(f"{folder}{item.name} is left out: put it in its channel, as {folder}train/{item.name}")
    return False


def id_of(objects: Sequence[tuple[S3Source, Item]]) -> str:
    """What tells objects from any others."""
    facts = sorted(
        (source.location.bucket, source.location.key(item.name), item.version)
        for source, item in objects
    )
    return sha256(json.dumps(facts).encode()).hexdigest()[:ID_LENGTH]


@dataclass(frozen=True)
class Batches:
    """The batches of one dataset on the shared storage."""

    root: Path

    def build(self, batch: Batch, progress: Progress) -> None:
        """Have a batch's directory in place; what an earlier run began is gone on with.

        Raises:
            ChangedError: an object is no longer what was listed.
            WorkloadError: the storage is full, S3 refuses or does not answer.
        """
        target, draft = self.root / batch.id, self.root / f".{batch.id}.part"
        if target.is_dir():
            os.utime(target)  # it is the newest again
            return
        writable_directory(draft)
        there = self.contents()
        for_each(
            partial(self._bring, batch, draft, there, progress), batch.objects, workers=WORKERS
        )
        with whole_file(draft / CONTENTS) as stream:
            versions = {name: item.version for name, (_, item) in batch.objects.items()}
            stream.write(json.dumps(versions, indent=2).encode())
        os.utime(draft)
        draft.rename(target)

    def _bring(
        self,
        batch: Batch,
        draft: Path,
        there: Mapping[tuple[str, int | None], Path],
        progress: Progress,
        name: str,
    ) -> None:
        """Bring one object: by a link to the same content, or else from its bucket."""
        source, item = batch.objects[name]
        target = draft / name
        same = there.get((item.version, item.size))
        if not is_current(target, item) and not (same and linked(same, target)):
            fetch(source, item, target, lambda size: progress.add(size=size))
        progress.add(files=1)

    def contents(self) -> dict[tuple[str, int | None], Path]:
        """The files of every batch, by the version and size of the object each is of."""
        return {
            (version, path.stat().st_size): path
            for batch in self.newest_first()
            for name, version in versions_of(batch).items()
            if (path := batch / name).is_file()
        }

    def newest_first(self) -> list[Path]:
        """The directories of finished batches."""
        if not self.root.is_dir():
            return []
        finished = [path for path in self.root.iterdir() if not path.name.startswith(".")]
        return sorted(finished, key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def prune(self, keep: int, is_used: Callable[[str], bool]) -> list[str]:
        """Remove what earlier runs left unfinished, and old batches; return the ids of those.

        Args:
            keep: how many stay, the newest ones, beside those that are used.
            is_used: whether a job that has not ended reads the batch of an id.
        """
        for draft in self.root.glob(".*"):
            remove(draft)
        old = [path for path in self.newest_first() if not is_used(path.name)][keep:]
        for path in old:
            remove(path)
        return [path.name for path in old]


def versions_of(batch: Path) -> dict[str, str]:
    """The version of the object that each file of a batch has the content of."""
    try:
        versions: dict[str, str] = json.loads((batch / CONTENTS).read_text())
    except (OSError, ValueError):
        return {}
    return versions


def linked(source: Path, target: Path) -> bool:
    """Make a file another name of one that is there; say whether the file system could."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        return False  # another file system, as many links as it takes, or gone meanwhile
    return True
