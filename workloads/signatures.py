"""Formats of files that are not plain text in UTF-8, by their first bytes."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
from collections.abc import Callable
from typing import Any, NamedTuple


class Signature(NamedTuple):
    """Format of a file: it has either an opener, an encoding or a remedy."""

    start: bytes
    """First bytes of a file of this format."""
    kind: str
    """Name of the format, with its article."""
    opener: Callable[..., Any] | None = None
    """Function that opens a compressed file."""
    encoding: str = ""
    """Encoding of a text."""
    remedy: str = ""
    """Command or step that makes it a file that can be read."""


AS_CSV = "export the table as CSV"

SIGNATURES = (
    Signature(b"\x1f\x8b", "a gzip archive", gzip.open),
    Signature(b"BZh", "a bzip2 archive", bz2.open),
    Signature(b"\xfd7zXZ\x00", "an xz archive", lzma.open),
    Signature(codecs.BOM_UTF32_LE, "text in UTF-32", encoding="utf-32"),
    Signature(codecs.BOM_UTF32_BE, "text in UTF-32", encoding="utf-32"),
    Signature(codecs.BOM_UTF16_LE, "text in UTF-16", encoding="utf-16"),
    Signature(codecs.BOM_UTF16_BE, "text in UTF-16", encoding="utf-16"),
    Signature(
        b"PAR1",
        "a Parquet file",
        remedy='convert it to CSV: python -c "import polars; '
        "polars.read_parquet('FILE').write_csv('FILE.csv')\"",
    ),
    Signature(
        b"PK\x03\x04",
        "a ZIP archive or an Excel workbook",
        remedy="unpack it, or save the sheet as CSV",
    ),
    Signature(b"\xd0\xcf\x11\xe0", "an old Excel workbook", remedy="save the sheet as CSV"),
    Signature(
        b"\x28\xb5\x2f\xfd", "compressed with Zstandard", remedy="unpack it first: zstd -d FILE"
    ),
    Signature(b"7z\xbc\xaf", "a 7-Zip archive", remedy="unpack it first"),
    Signature(b"Rar!", "a RAR archive", remedy="unpack it first"),
    Signature(b"\x89HDF", "an HDF5 file", remedy=AS_CSV),
    Signature(b"ARROW1", "an Arrow (Feather) file", remedy=AS_CSV),
    Signature(b"SQLite format", "an SQLite database", remedy=AS_CSV),
)
"""Every format; longer byte-order marks come first, because they begin with shorter ones."""


def detect_format(head: bytes) -> Signature | None:
    """Return the format that the first bytes of a file show, or None if it may be plain text."""
    return next((one for one in SIGNATURES if head.startswith(one.start)), None)
