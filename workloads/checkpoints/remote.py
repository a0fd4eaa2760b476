"""The checkpoints of a bucket, an object each: PREFIX/checkpoint-<step>, with .tar if a directory.

S3 shows an object only when all of it is there, also one that was uploaded in parts:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
What a killed upload leaves behind, the bucket's lifecycle rule removes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig

from workloads.checkpoints.packing import as_stream, checked, pieces
from workloads.files import CHUNK
from workloads.objects import DIGEST_KEY, Location, list_objects, s3_errors, stored_digest

NAME = re.compile(r"(checkpoint-(\d+))(\.tar)?\Z", re.ASCII)
PARTS = TransferConfig(multipart_threshold=64 * CHUNK, multipart_chunksize=64 * CHUNK)
"""An object has at most 10,000 parts: a checkpoint has at most 625 GiB."""
PARTS.max_in_memory_upload_chunks = 3
"""Ten would be more than the memory of a pod; TransferConfig has no argument for it."""


@dataclass(frozen=True, order=True)
class Stored:
    """A checkpoint in the bucket; a later one is greater."""

    step: int
    key: str
    name: str
    """As a trainer knows it: without .tar."""
    size: int

    @property
    def is_archive(self) -> bool:
        """Whether it is a directory."""
        return self.key.endswith(".tar")


class Remote:
    """The checkpoints below a prefix."""

    def __init__(self, client: Any, location: Location) -> None:
        self.client = client
        self.location = location.as_folder()

    def stored(self) -> list[Stored]:
        """All of them, newest first.

        Raises:
            WorkloadError: S3 refuses or does not answer.
        """
        start = len(self.location.prefix)
        found = (
            Stored(int(name[2]), entry.key, name[1], entry.size)
            for entry in list_objects(self.client, self.location)
            if (name := NAME.match(entry.key[start:]))
        )
        return sorted(found, reverse=True)

    def key_of(self, path: Path) -> str:
        """The key of a local checkpoint."""
        return self.location.key(f"{path.name}.tar" if path.is_dir() else path.name)

    def digest(self, key: str) -> str | None:
        """The SHA-256 that was kept with an object; None where there is none, or no object."""
        return stored_digest(self.client, Location(self.location.bucket, key))

    def upload(self, path: Path, digest: str, count: Callable[[int], None]) -> None:
        """Make an object of a local checkpoint; nothing, where its bytes are not what they were.

        Args:
            path: of the checkpoint.
            digest: the SHA-256 of its bytes, in hexadecimal digits.
            count: called with the number of bytes of each piece that went.

        Raises:
            ChangedError: its SHA-256 is another now.
            FileNotFoundError: it has gone.
            WorkloadError: S3 refuses or does not answer.
        """
        key = self.key_of(path)
        with self._errors(key):
            # The error that `checked` raises after the last byte has boto3 give the upload up.
            self.client.upload_fileobj(
                as_stream(checked(pieces(path), digest)),
                self.location.bucket,
                key,
                ExtraArgs={"Metadata": {DIGEST_KEY: digest}},
                Config=PARTS,
                Callback=count,
            )

    @contextmanager
    def opened(self, key: str) -> Iterator[tuple[str | None, Iterator[bytes]]]:
        """The SHA-256 that was kept with an object, and its bytes.

        Raises:
            MissingInputError: the object has gone.
            WorkloadError: S3 refuses or does not answer, now or while the bytes are read.
        """
        with self._errors(key):
            answer = self.client.get_object(Bucket=self.location.bucket, Key=key)
        with closing(answer["Body"]) as body:
            yield answer["Metadata"].get(DIGEST_KEY), self._read(key, body)

    def _read(self, key: str, body: Any) -> Iterator[bytes]:
        with self._errors(key):
            yield from body.iter_chunks(CHUNK)

    def remove(self, key: str) -> None:
        """Delete an object.

        Raises:
            WorkloadError: S3 refuses or does not answer.
        """
        with self._errors(key):
            self.client.delete_object(Bucket=self.location.bucket, Key=key)

    def _errors(self, key: str) -> AbstractContextManager[None]:
        return s3_errors(Location(self.location.bucket, key))
