"""Text files that may be compressed, begin with a byte-order mark, or turn out not to be text."""

from __future__ import annotations

import codecs
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from workloads.errors import BadDataError, MissingInputError, UsageError
from workloads.signatures import detect_format

HEAD_SIZE = 4096
"""Number of bytes from which the format of a file is detected."""


@contextmanager
def open_text(source: Path, encoding: str | None = None) -> Iterator[TextIO]:
    r"""Open a file as text: decompressed, without byte-order mark, with \n as line end.

    Args:
        source: File to open; compression with gzip, bzip2 or xz is detected.
        encoding: Encoding of the file, or None for UTF-8. Bytes that are not UTF-8 become lone
            surrogates, which `find_undecodable` finds.

    Raises:
        MissingInputError: The file does not exist.
        BadDataError: The file is empty, is not text, has another encoding, or is damaged.
        UsageError: Python does not know the encoding.
    """
    if not source.is_file():
        raise MissingInputError(f"{source}: there is no such file; check its path")
    check_encoding(encoding)
    try:
        with open_decompressed(source) as stream:
            head = stream.read(HEAD_SIZE)
            stream.seek(0)
            check_head(source, head, encoding)
            yield io.TextIOWrapper(
                stream,
                encoding=encoding or "utf-8-sig",
                errors="strict" if encoding else "surrogateescape",
            )
    except UnicodeError as error:
        raise BadDataError(
            f"{source} is not in the encoding {encoding}: {error}. Give the right one with "
            "--encoding"
        ) from error
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise BadDataError(f"{source}: it cannot be decompressed ({error}); copy it again") from (
            error
        )


def open_decompressed(source: Path) -> IO[bytes]:
    """Open a file for reading bytes, decompressed if its first bytes show compression."""
    stream = source.open("rb")
    head = stream.read(8)
    stream.seek(0)
    found = detect_format(head)
    if found is None or found.opener is None:
        return stream
    stream.close()
    decompressed: IO[bytes] = found.opener(source, "rb")
    return decompressed


def check_encoding(encoding: str | None) -> None:
    """Check that Python knows an encoding.

    Raises:
        UsageError: The encoding is unknown.
    """
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise UsageError(
            f"--encoding {encoding}: there is no such encoding; give utf-8, cp1252, latin-1 or "
            "utf-16"
        ) from error


def check_head(source: Path, head: bytes, encoding: str | None) -> None:
    """Check that the first bytes of a file are text.

    Raises:
        BadDataError: The file is empty, is not text, or has another encoding.
    """
    if not head.strip():
        raise BadDataError(f"{source}: the file is empty")
    found = detect_format(head)
    if found and found.remedy:
        raise BadDataError(f"{source} is {found.kind}, not a text file: {found.remedy}")
    if encoding:
        return
    if detected := detect_encoding(head):
        raise BadDataError(
            f"{source} is encoded as {detected}, not as UTF-8: give --encoding {detected}"
        )
    if b"\0" in head:
        raise BadDataError(f"{source} is a binary file, not a text file: export the table as CSV")


def detect_encoding(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32 if a byte-order mark or zero bytes show it, else None."""
    found = detect_format(head)
    if found and found.encoding:
        return found.encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    if even > len(head) // 4 and not odd:
        return "utf-16-be"
    return None


def find_undecodable(text: str) -> int | None:
    """Return the position of the first byte that was not UTF-8, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None
