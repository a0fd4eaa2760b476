"""Text files that may be compressed, begin with a byte-order mark, or turn out not to be text."""

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

from workloads.errors import BadDataError, MissingInputError, UsageError

OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
"""Functions that open a compressed file, by its first bytes."""

OTHER_FORMATS = {
    b"PAR1": (
        "a Parquet file",
        'convert it to CSV: python -c "import polars; '
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
"""Name and remedy of formats that are not text, by the first bytes of a file."""

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Encodings by byte-order mark; longer marks come first, because they begin with shorter ones."""

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
    for magic, opener in OPENERS.items():
        if head.startswith(magic):
            stream.close()
            decompressed: IO[bytes] = opener(source, "rb")
            return decompressed
    return stream


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
    for magic, (kind, remedy) in OTHER_FORMATS.items():
        if head.startswith(magic):
            raise BadDataError(f"{source} is {kind}, not a text file: {remedy}")
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
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
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
