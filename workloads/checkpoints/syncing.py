"""Upload of new checkpoints to S3, and removal of old ones there and in the directory.

These rules hold even if the process is killed at any moment:

- newer checkpoints are uploaded before older ones;
- S3 keeps its newest checkpoints and the copies of the directory's newest ones;
- the directory loses a checkpoint only if S3 has a newer one from the same directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from workloads.checkpoints.local import Checkpoint, Fingerprint, fingerprint, list_checkpoints
from workloads.checkpoints.packing import CheckpointChangedError, digest
from workloads.checkpoints.remote import RemoteCheckpoints
from workloads.errors import BadDataError
from workloads.files import remove
from workloads.summary import Progress, say

T = TypeVar("T")

KEEP_ALL = 0
"""Number to keep that stands for all checkpoints."""


@dataclass
class CheckpointSync:
    """State of the synchronisation of a directory with an S3 prefix."""

    directory: Path
    remote: RemoteCheckpoints
    keep_local: int
    """Number of newest checkpoints to keep in the directory; 0 keeps all."""
    keep_remote: int
    """Number of newest checkpoints to keep in S3; 0 keeps all."""
    progress: Progress = field(default_factory=lambda: Progress("checkpoint_sync"))
    removed: int = 0
    """Number of checkpoints removed so far, here and in S3."""
    _uploaded: dict[str, Fingerprint] = field(default_factory=dict)
    """Fingerprints of the local checkpoints that S3 is known to have."""
    _synced: dict[str, Fingerprint] | None = None
    """Fingerprints of all local checkpoints after the last pass that left nothing to upload."""

    def sync_once(self) -> None:
        """Upload new checkpoints, newest first, and remove old ones.

        Raises:
            WorkloadError: S3 denies access or does not answer.
            OSError: The directory cannot be read.
        """
        if self._fingerprints() == self._synced:
            return
        tried: set[str] = set()
        stored = {checkpoint.key for checkpoint in self.remote.list_checkpoints()}
        while checkpoint := self._next_upload(tried):
            tried.add(checkpoint.name)
            self._upload(checkpoint, stored)
        self._prune_remote()
        self._prune_local()
        self._synced = self._fingerprints() if self._next_upload(set()) is None else None

    def _fingerprints(self) -> dict[str, Fingerprint]:
        fingerprints = {
            checkpoint.name: self._fingerprint(checkpoint)
            for checkpoint in list_checkpoints(self.directory)
        }
        return {name: known for name, known in fingerprints.items() if known}

    def _fingerprint(self, checkpoint: Checkpoint) -> Fingerprint | None:
        try:
            return fingerprint(self.directory / checkpoint.name)
        except FileNotFoundError:
            return None  # the trainer removed it since it was listed

    def _next_upload(self, tried: set[str]) -> Checkpoint | None:
        for checkpoint in newest(list_checkpoints(self.directory), self.keep_remote):
            known = self._fingerprint(checkpoint)
            if checkpoint.name not in tried and known != self._uploaded.get(checkpoint.name):
                return checkpoint
        return None

    def _upload(self, checkpoint: Checkpoint, stored: set[str]) -> None:
        """Upload a checkpoint, unless S3 has it; a later pass retries one that cannot be read."""
        path = self.directory / checkpoint.name
        try:
            before, content = fingerprint(path), digest(path)
            key = self.remote.key_of(path)
            if key not in stored or self.remote.digest(key) != content:
                self.remote.upload(path, content, lambda size: self.progress.add(size=size))
                self.progress.add(files=1)
                say(f"checkpoint_sync: uploaded {checkpoint.name} to {self.remote.location}")
        except (
            CheckpointChangedError,
            BadDataError,
            FileNotFoundError,
            NotADirectoryError,
        ) as error:
            say(f"checkpoint_sync: {checkpoint.name} is left out for now: {error}")
        else:
            self._uploaded[checkpoint.name] = before

    def _prune_remote(self) -> None:
        local = newest(list_checkpoints(self.directory), self.keep_remote)
        copies = {self.remote.key_of(self.directory / checkpoint.name) for checkpoint in local}
        stored = self.remote.list_checkpoints()
        for checkpoint in stored[len(newest(stored, self.keep_remote)) :]:
            if checkpoint.key not in copies:
                self.remote.remove(checkpoint.key)
                self.removed += 1

    def _prune_local(self) -> None:
        local = list_checkpoints(self.directory)
        safe = [
            checkpoint
            for checkpoint in local
            if self._uploaded.get(checkpoint.name) == self._fingerprint(checkpoint)
        ]
        for checkpoint in local[len(newest(local, self.keep_local)) :]:
            if safe and checkpoint < safe[0]:
                remove(self.directory / checkpoint.name)
                self.removed += 1


def newest(ordered: Sequence[T], number: int) -> Sequence[T]:
    """Return the first `number` elements of a newest-first sequence, or all for KEEP_ALL."""
    return ordered if number == KEEP_ALL else ordered[:number]
