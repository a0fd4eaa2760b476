"""What a download can come from: something that lists items and opens them.

An item's version changes when its content does; a source that is asked to go on with an item
whose version is no longer the same raises ChangedError instead of mixing two contents.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Protocol

from botocore.exceptions import BotoCoreError, FlexibleChecksumError

from workloads.faults import BadDataError


class ChangedError(Exception):
    """The item is not the version that was listed."""


class ChecksumError(BadDataError):
    """The bytes that came are not those the source promised."""


class BrokenOffError(Exception):
    """The bytes ended before the item did; what came is good."""


@dataclass(frozen=True)
class Item:
    """One file of a source."""

    name: str
    """Its path below the directory, with slashes."""
    version: str
    """Changes with its content."""
    size: int | None
    """Bytes, or None where the source does not say."""
    modified: int | None
    """Whole seconds since the epoch, or None where the source does not say."""
    sha256: str | None = None
    """Of its content, in hexadecimal digits, where that is known before it is opened."""


class Readable(Protocol):
    """A stream that can be read once."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


BREAKS = (BotoCoreError, HTTPException, OSError)
"""What reading raises when a connection ends early."""


@dataclass(frozen=True)
class Content:
    """The bytes of an item from an offset on."""

    stream: Readable
    offset: int
    """Where they begin: what was asked for, or 0 where the source cannot begin elsewhere."""
    checksum: tuple[str, str] | None = None
    """The algorithm (sha256 or md5) and the digest of the whole item, where the source says."""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            BrokenOffError: the connection ended early.
            ChecksumError: S3's own checksum is of other bytes.
        """
        try:
            return self.stream.read(size)
        except FlexibleChecksumError as error:
            raise ChecksumError(str(error)) from error
        except BREAKS as error:
            raise BrokenOffError(str(error)) from error


class Source(Protocol):
    """What a download can come from."""

    def items(self) -> list[Item]:
        """Everything there is, by name; empty where there is nothing yet."""

    def opened(self, item: Item, offset: int) -> AbstractContextManager[Content]:
        """The item's bytes from an offset on.

        Raises:
            ChangedError: the item is no longer the version that was listed.
        """
