"""Interface of a download source, which lists items and opens them.

The version of an item changes with its content. A source raises ItemChangedError for an item whose
version is no longer the listed one, so that two contents are never mixed.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Protocol

from botocore.exceptions import BotoCoreError, FlexibleChecksumError

from workloads.errors import BadDataError


class ItemChangedError(Exception):
    """Error for an item that no longer has the listed version."""


class ChecksumError(BadDataError):
    """Error for bytes that do not match the checksum of their source."""


class ConnectionLostError(Exception):
    """Error for a connection that ended early; the bytes received before are valid."""


@dataclass(frozen=True)
class Item:
    """One file of a source."""

    name: str
    """Path relative to the target directory, with slashes."""
    version: str
    """Text that changes with the content, such as an ETag."""
    size: int | None
    """Size in bytes, or None if the source does not report it."""
    modified: int | None
    """Modification time in whole seconds since the epoch, or None if it is not known."""
    sha256: str | None = None
    """Expected SHA-256 in hexadecimal digits, or None if it is not known in advance."""


class Readable(Protocol):
    """Stream that can be read once."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; an empty result means the end."""


CONNECTION_ERRORS = (BotoCoreError, HTTPException, OSError)
"""Exceptions that reading raises when a connection ends early."""


@dataclass(frozen=True)
class Content:
    """Bytes of an item from an offset to its end."""

    stream: Readable
    offset: int
    """Offset of the first byte: the requested one, or 0 if the source always starts at 0."""
    checksum: tuple[str, str] | None = None
    """Algorithm (sha256 or md5) and digest of the whole item; None if not reported."""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; an empty result means the end.

        Raises:
            ConnectionLostError: The connection ended early.
            ChecksumError: The bytes do not match S3's own checksum.
        """
        try:
            return self.stream.read(size)
        except FlexibleChecksumError as error:
            raise ChecksumError(str(error)) from error
        except CONNECTION_ERRORS as error:
            raise ConnectionLostError(str(error)) from error


class Source(Protocol):
    """Interface of everything that can be downloaded."""

    def items(self) -> list[Item]:
        """Return all items, sorted by name; an empty list if there are none yet."""

    def open_item(self, item: Item, offset: int) -> AbstractContextManager[Content]:
        """Open an item at an offset in bytes.

        Raises:
            ItemChangedError: The item no longer has the listed version.
        """
