"""Wait for a batch on S3 Files to be in the bucket, from which its training job reads it.

S3 Files puts a file into the bucket 60 seconds after the last write to it.
Source: S3 User Guide, "Synchronization of S3 Files".
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from workloads.downloads.s3 import S3Source
from workloads.errors import UnavailableError
from workloads.new_data.batches import Batch
from workloads.objects import Location
from workloads.summary import say

PAUSE_SECONDS = 5.0
"""Time between two listings of a batch."""
LONGEST_SECONDS = 1800.0
"""Longest wait for a batch. S3 Files exports up to 800 files in a second, when it is not behind."""


@dataclass(frozen=True)
class Exports:
    """Batches of one dataset in the bucket."""

    s3: Any
    location: Location
    """Place of the batches in the bucket."""

    def wait(self, batch: Batch) -> None:
        """Wait until the bucket has all files of a batch, by their names and sizes.

        Raises:
            UnavailableError: It has not after the longest wait.
            WorkloadError: S3 denies access or does not answer.
        """
        ends = time.monotonic() + LONGEST_SECONDS
        while missing := self._missing(batch):
            if time.monotonic() > ends:
                raise UnavailableError(
                    f"{self._place(batch)} lacks {len(missing)} files of the batch, such as "
                    f"{min(missing)}. See the metrics PendingExports, ExportFailures and ExportAge "
                    "of S3 Files (namespace AWS/S3/Files)"
                )
            say(f"waiting for S3 Files to export {len(missing)} files to {self._place(batch)}")
            time.sleep(PAUSE_SECONDS)

    def _missing(self, batch: Batch) -> set[str]:
        found = {item.name: item.size for item in S3Source(self.s3, self._place(batch)).items()}
        wanted = {name: item.size for name, (_, item) in batch.objects.items()}
        return {name for name, size in wanted.items() if found.get(name, -1) != size}

    def _place(self, batch: Batch) -> Location:
        return Location(self.location.bucket, self.location.key(f"{batch.id}/"))
