"""Checkpoints of a job: downloaded from S3 before it starts, and uploaded while it trains.

A file that the container deletes is deleted in S3 as well. Files that start with a dot, or end in
.sagemaker-ignore or .partial, are still being written and are not uploaded.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.sagemaker.failures import by_client
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.storage import REFUSALS, RoleStorage, error_message, split

log = logging.getLogger(__name__)

SECONDS = 1.0
_UNFINISHED = (".sagemaker-ignore", ".sagemaker-uploading", ".sagemaker-uploaded", ".partial")

Stamp = tuple[int, int]


@dataclass
class CheckpointSync:
    """Synchronization of a folder to a prefix in S3."""

    job: Job
    folder: Path
    storage: RoleStorage
    _known: dict[str, Stamp] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """URI of the prefix, which ends with a slash."""
        return str(self.job.description["CheckpointConfig"]["S3Uri"]).rstrip("/") + "/"

    def restore(self) -> int:
        """Download the objects of the prefix into the folder; return the number of files.

        Raises:
            JobFailure: The role has no access to the bucket, or the bucket does not exist.
        """
        bucket, prefix = split(self.path)
        try:
            for key in self.storage.keys(self.path):
                self.storage.download(bucket, key, self.folder / key.removeprefix(prefix))
        except REFUSALS as error:
            raise self._failure("download", error) from error
        self._known = self._present()
        return len(self._known)

    def follow(self, stop: threading.Event) -> None:
        """Upload changes of the folder until told to stop."""
        while not stop.wait(SECONDS):
            try:
                self._bring()
            except REFUSALS as error:
                log.info("checkpoints of %s: %s", self.job.name, error_message(error))

    def finish(self) -> None:
        """Upload the last changes.

        Raises:
            JobFailure: The role has no access to the bucket, or the bucket does not exist.
        """
        try:
            self._bring()
        except REFUSALS as error:
            raise self._failure("upload", error) from error

    def _bring(self) -> None:
        present = self._present()
        for name, stamp in present.items():
            if self._known.get(name) != stamp:
                try:
                    self.storage.upload(self.folder / name, self.path + name)
                except FileNotFoundError:
                    continue  # deleted meanwhile, so nothing was uploaded
                self._known[name] = stamp
        for name in set(self._known) - set(present):
            self.storage.delete(self.path + name)
            del self._known[name]

    def _present(self) -> dict[str, Stamp]:
        found = {}
        for file in sorted(self.folder.rglob("*")):
            name = str(file.relative_to(self.folder))
            if file.name.startswith(".") or file.name.endswith(_UNFINISHED) or not file.is_file():
                continue
            try:
                status = file.stat()
            except FileNotFoundError:
                continue
            found[name] = status.st_mtime_ns, status.st_size
        return found

    def _failure(self, what: str, error: Exception) -> Exception:
        return by_client(
            f"Checkpoint {what} failed:{error_message(error)}. Please ensure that the role "
            f"{self.job.role} has s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject "
            f"on {self.path}."
        )
