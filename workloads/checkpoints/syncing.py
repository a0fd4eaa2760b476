"""What to upload, and what to remove, on either side.

The rules, each of which holds after a kill at any moment:

- a newer checkpoint goes before an older one;
- in the bucket, the newest ones stay, and the copies of the directory's newest;
- in the directory, one is removed only when the bucket has a newer one from this directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from workloads.checkpoints.local import Checkpoint, Fingerprint, fingerprint, found_in
from workloads.checkpoints.packing import ChangedError, digest
from workloads.checkpoints.remote import Remote
from workloads.faults import BadDataError
from workloads.files import remove
from workloads.summary import Progress, say

T = TypeVar("T")

ALL = 0
"""As a number to keep: every one."""


@dataclass
class Sync:
    """A directory and a prefix that follows it."""

    directory: Path
    remote: Remote
    keep_local: int
    keep_remote: int
    progress: Progress = field(default_factory=lambda: Progress("checkpoint_sync"))
    removed: int = 0
    _copied: dict[str, Fingerprint] = field(default_factory=dict)
    """The checkpoints that the bucket is known to hold, as they were when they were copied."""
    _done: dict[str, Fingerprint] | None = None
    """All that the directory held when there was last nothing left to do."""

    def once(self) -> None:
        """Copy what is new, newest first, and remove what is too old.

        Raises:
            WorkloadError: S3 refuses or does not answer.
            OSError: the directory cannot be read.
        """
        if self._prints() == self._done:
            return
        tried: set[str] = set()
        stored = {one.key for one in self.remote.stored()}
        while checkpoint := self._next(tried):
            tried.add(checkpoint.name)
            self._copy(checkpoint, stored)
        self._trim_remote()
        self._trim_local()
        self._done = self._prints() if self._next(set()) is None else None

    def _prints(self) -> dict[str, Fingerprint]:
        prints = {one.name: self._print(one) for one in found_in(self.directory)}
        return {name: known for name, known in prints.items() if known}

    def _print(self, checkpoint: Checkpoint) -> Fingerprint | None:
        try:
            return fingerprint(self.directory / checkpoint.name)
        except FileNotFoundError:
            return None  # the trainer removed it since it was listed

    def _next(self, tried: set[str]) -> Checkpoint | None:
        """The newest checkpoint that the bucket should hold and does not."""
        for checkpoint in newest(found_in(self.directory), self.keep_remote):
            known = self._print(checkpoint)
            if checkpoint.name not in tried and known != self._copied.get(checkpoint.name):
                return checkpoint
        return None

    def _copy(self, checkpoint: Checkpoint, stored: set[str]) -> None:
        """Upload a checkpoint, unless the bucket has it; one that cannot be copied waits."""
        path = self.directory / checkpoint.name
        try:
            known, content = fingerprint(path), digest(path)
            key = self.remote.key_of(path)
            if key not in stored or self.remote.digest(key) != content:
                self.remote.upload(path, content, lambda size: self.progress.add(size=size))
                self.progress.add(files=1)
                say(f"checkpoint_sync: {checkpoint.name} is in {self.remote.location}")
        except (ChangedError, BadDataError, FileNotFoundError, NotADirectoryError) as error:
            say(f"checkpoint_sync: {checkpoint.name} is left out for now: {error}")
        else:
            self._copied[checkpoint.name] = known

    def _trim_remote(self) -> None:
        """Remove what is older than the newest of the bucket, and no copy of the newest here."""
        here = newest(found_in(self.directory), self.keep_remote)
        copies = {self.remote.key_of(self.directory / one.name) for one in here}
        stored = self.remote.stored()
        for one in stored[len(newest(stored, self.keep_remote)) :]:
            if one.key not in copies:
                self.remote.remove(one.key)
                self.removed += 1

    def _trim_local(self) -> None:
        """Remove what is older than the newest here, and older than one the bucket holds."""
        here = found_in(self.directory)
        safe = [one for one in here if self._copied.get(one.name) == self._print(one)]
        for one in here[len(newest(here, self.keep_local)) :]:
            if safe and one < safe[0]:
                remove(self.directory / one.name)
                self.removed += 1


def newest(ordered: Sequence[T], number: int) -> Sequence[T]:
    """The first so many of what is ordered newest first, or all."""
    return ordered if number == ALL else ordered[:number]
