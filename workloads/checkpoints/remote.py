"""Checkpoints in S3, one object each: PREFIX/checkpoint-<step>, or with .tar for a directory.

S3 shows an object only when it is complete, also after a multipart upload:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
The bucket's lifecycle rule removes the parts that a killed upload leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig

from workloads.checkpoints.packing import as_stream, read_chunks, verify_digest
from workloads.files import CHUNK_SIZE
from workloads.objects import DIGEST_KEY, Location, list_objects, s3_errors, stored_digest

KEY_PATTERN = re.compile(r"(checkpoint-(\d+))(\.tar)?\Z", re.ASCII)
TRANSFER_CONFIG = TransferConfig(
    multipart_threshold=64 * CHUNK_SIZE, multipart_chunksize=64 * CHUNK_SIZE
)
"""Upload in parts of 64 MiB; S3 allows 10,000 parts, so a checkpoint has at most 625 GiB."""
TRANSFER_CONFIG.max_in_memory_upload_chunks = 3
"""Number of parts in memory; boto3's default of 10 exceeds the memory of a pod. TransferConfig
has no argument for it."""


@dataclass(frozen=True, order=True)
class StoredCheckpoint:
    """Checkpoint in S3; checkpoints are ordered by step."""

    step: int
    key: str
    name: str
    """Name in a local directory, without .tar."""
    size: int

    @property
    def is_archive(self) -> bool:
        """True for a checkpoint that is a directory."""
        return self.key.endswith(".tar")


class RemoteCheckpoints:
    """Checkpoints below an S3 prefix."""

    def __init__(self, client: Any, location: Location) -> None:
        self.client = client
        self.location = location.as_folder()

    def list_checkpoints(self) -> list[StoredCheckpoint]:
        """Return all checkpoints, newest first.

        Raises:
            WorkloadError: S3 denies access or does not answer.
        """
        start = len(self.location.prefix)
        found = (
            StoredCheckpoint(int(name[2]), entry.key, name[1], entry.size)
            for entry in list_objects(self.client, self.location)
            if (name := KEY_PATTERN.match(entry.key[start:]))
        )
        return sorted(found, reverse=True)

    def key_of(self, path: Path) -> str:
        """Return the object key of a local checkpoint."""
        return self.location.key(f"{path.name}.tar" if path.is_dir() else path.name)

    def digest(self, key: str) -> str | None:
        """Return the SHA-256 in an object's metadata; None if there is no digest or no object."""
        return stored_digest(self.client, Location(self.location.bucket, key))

    def upload(self, path: Path, digest: str, on_bytes: Callable[[int], None]) -> None:
        """Upload a local checkpoint; abort if its bytes have changed.

        Args:
            path: Checkpoint to upload.
            digest: Expected SHA-256 of its bytes, in hexadecimal digits.
            on_bytes: Callback for the number of bytes of each piece sent.

        Raises:
            CheckpointChangedError: The SHA-256 of the bytes is not the expected one.
            FileNotFoundError: The checkpoint does not exist any more.
            WorkloadError: S3 denies access or does not answer.
        """
        key = self.key_of(path)
        with self._errors(key):
            # An error of `verify_digest` after the last byte makes boto3 abort the upload.
            self.client.upload_fileobj(
                as_stream(verify_digest(read_chunks(path), digest)),
                self.location.bucket,
                key,
                ExtraArgs={"Metadata": {DIGEST_KEY: digest}},
                Config=TRANSFER_CONFIG,
                Callback=on_bytes,
            )

    @contextmanager
    def open_checkpoint(self, key: str) -> Iterator[tuple[str | None, Iterator[bytes]]]:
        """Open an object as the SHA-256 in its metadata (None if it has none) and its bytes.

        Raises:
            MissingInputError: The object does not exist any more.
            WorkloadError: S3 denies access or does not answer, now or while the bytes are read.
        """
        with self._errors(key):
            response = self.client.get_object(Bucket=self.location.bucket, Key=key)
        with closing(response["Body"]) as body:
            yield response["Metadata"].get(DIGEST_KEY), self._read(key, body)

    def _read(self, key: str, body: Any) -> Iterator[bytes]:
        with self._errors(key):
            yield from body.iter_chunks(CHUNK_SIZE)

    def remove(self, key: str) -> None:
        """Delete an object.

        Raises:
            WorkloadError: S3 denies access or does not answer.
        """
        with self._errors(key):
            self.client.delete_object(Bucket=self.location.bucket, Key=key)

    def _errors(self, key: str) -> AbstractContextManager[None]:
        return s3_errors(Location(self.location.bucket, key))
