"""The text of a file, whether it is compressed, begins with a byte-order mark, or is no text."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

from workloads.faults import BadDataError, MissingInputError, UsageError

OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
"""What reads a compressed file, by its first bytes."""

FOREIGN = {
    b"PAR1": (
        "a Parquet file",
        'write it as CSV: python -c "import polars; '
        "polars.read_parquet('FILE').write_csv('FILE.csv')\"",
    ),
    b"PK\x03\x04": ("a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save the sheet as CSV"),
    b"\x28\xb5\x2f\xfd": ("compressed with Zstandard", "unpack it first: zstd -d FILE"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "unpack it first"),
    b"Rar!": ("a RAR archive", "unpack it first"),
    b"\x89HDF": ("an HDF5 file", "export the table as CSV"),
    b"ARROW1": ("an Arrow (Feather) file", "export the table as CSV"),
    b"SQLite format": ("an SQLite database", "export the table as CSV"),
}
"""What other files are, by their first bytes, and what to do with them."""

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Encodings by their byte-order mark; the longer marks begin with the shorter ones."""

HEAD = 4096
"""Bytes by which a file is judged."""


@contextmanager
def open_text(source: Path, encoding: str | None = None) -> Iterator[TextIO]:
    r"""Open a file as text, decompressed, without its byte-order mark, lines ended by \n.

    Args:
        source: the file; gzip, bzip2 and xz are read as they are.
        encoding: its encoding; UTF-8 where none is given. Bytes that are not UTF-8 come as lone
            surrogates, which `undecodable` finds.

    Raises:
        MissingInputError: there is no such file.
        BadDataError: it is empty, no text, of another encoding, or its compression is broken.
        UsageError: Python knows no such encoding.
    """
    if not source.is_file():
        raise MissingInputError(f"{source}: there is no such file; check its path")
    checked_encoding(encoding)
    try:
        with decompressed(source) as stream:
            head = stream.read(HEAD)
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
        raise BadDataError(f"{source}: its compression is broken ({error}); fetch it again") from (
            error
        )


def decompressed(source: Path) -> IO[bytes]:
    """Open a file to read its bytes, decompressed where its first bytes say that it is packed."""
    stream = source.open("rb")
    head = stream.read(8)
    stream.seek(0)
    for mark, opener in OPENERS.items():
        if head.startswith(mark):
            stream.close()
            unpacked: IO[bytes] = opener(source, "rb")
            return unpacked
    return stream


def checked_encoding(encoding: str | None) -> None:
    """Go on only with an encoding that Python knows.

    Raises:
        UsageError: it knows none of that name.
    """
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise UsageError(
            f"--encoding {encoding}: there is no such encoding; give utf-8, cp1252, latin-1 or "
            "utf-16"
        ) from error


def check_head(source: Path, head: bytes, encoding: str | None) -> None:
    """Go on only with a file whose first bytes are text.

    Raises:
        BadDataError: it is empty, a file of another kind, or of another encoding.
    """
    if not head.strip():
        raise BadDataError(f"{source}: the file is empty")
    for mark, (kind, remedy) in FOREIGN.items():
        if head.startswith(mark):
            raise BadDataError(f"{source} is {kind}, not a text file: {remedy}")
    if encoding:
        return
    if seen := seen_encoding(head):
        raise BadDataError(f"{source} is encoded as {seen}, not as UTF-8: give --encoding {seen}")
    if b"\0" in head:
        raise BadDataError(f"{source} is a binary file, not a text file: export the table as CSV")


def seen_encoding(head: bytes) -> str | None:
    """Name UTF-16 or UTF-32 where a file is that by its byte-order mark, or by its zero bytes."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    if even > len(head) // 4 and not odd:
        return "utf-16-be"
    return None


def undecodable(text: str) -> int | None:
    """Return the position of the first byte that was not UTF-8, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None
