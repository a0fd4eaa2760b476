"""Rows of a CSV file as blocks of texts with line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TextIO

import polars as pl

from workloads.datasets.layout import Layout, Row, csv_reader, pluralize, strip_lines
from workloads.datasets.problems import Problems
from workloads.errors import BadDataError
from workloads.text_files import find_undecodable

BLOCK_SIZE = 4 * 1024 * 1024
"""Characters in a block; one block needs about ten times as many bytes of memory."""


@dataclass(frozen=True)
class Block:
    """Consecutive rows of a file."""

    frame: pl.DataFrame
    """Columns of texts, named by their index ("0", "1", ...); empty cells are null or ""."""
    lines: Sequence[int]
    """Line of the file, from 1, on which each row begins."""


class Record(NamedTuple):
    """Text of a line without quotes, or the cells of one or more lines with quotes."""

    line: int
    width: int
    content: str | Row
    """Text or cells; all records of a block have the same type."""


def read_blocks(stream: TextIO, layout: Layout, problems: Problems) -> Iterator[Block]:
    """Yield the rows after the header in blocks; report and skip rows of another width.

    Raises:
        BadDataError: A quoted cell is not closed.
    """
    line = 1
    while lines := stream.readlines(BLOCK_SIZE):
        lines = replace_undecodable(lines, line, problems)
        if any('"' in text for text in lines):
            records, line_count = split_quoted(lines, stream, line, layout, problems)
        else:
            records, line_count = split_plain(lines, line, layout), len(lines)
        line += line_count
        rows = [record for record in records if record.line > layout.header_line]
        check_widths(rows, layout, problems)
        rows = [record for record in rows if record.width == layout.width]
        if rows:
            yield Block(to_frame(rows, layout), [record.line for record in rows])


def split_plain(lines: Sequence[str], line: int, layout: Layout) -> list[Record]:
    """Return lines without quotes as records, without the blank ones."""
    separator = layout.separator
    texts = (text.rstrip("\n") for text in lines)
    if separator == " ":
        texts = (" ".join(text.split()) for text in texts)
    return [
        Record(number, text.count(separator) + 1, text)
        for number, text in enumerate(texts, start=line)
        if text.strip()
    ]


def split_quoted(
    lines: Sequence[str], stream: TextIO, line: int, layout: Layout, problems: Problems
) -> tuple[list[Record], int]:
    """Split lines with quotes into cells; a cell may continue on the following lines.

    Returns:
        The records and the number of lines read, which exceeds the given ones if the last cell
        continues.

    Raises:
        BadDataError: A quoted cell is not closed.
    """
    cells = csv_reader(strip_lines(chain(lines, stream), layout.separator), layout.separator)
    records = []
    while (lines_read := cells.line_num) < len(lines):
        try:
            row = next(cells)
        except StopIteration:
            break
        except csv.Error as error:
            raise BadDataError(
                f"{problems.source}: line {line + lines_read} cannot be split into cells "
                f"({error}). A quote may be unclosed; write a quote in a quoted text twice"
            ) from error
        if row:
            records.append(Record(line + lines_read, len(row), row))
    return records, cells.line_num


def to_frame(rows: Sequence[Record], layout: Layout) -> pl.DataFrame:
    """Convert records to columns of texts."""
    schema = {str(index): pl.String for index in range(layout.width)}
    lines = [row.content for row in rows if isinstance(row.content, str)]
    if not lines:
        columns = list(zip(*(row.content for row in rows), strict=True))
        return pl.DataFrame(columns, schema=schema, orient="col")
    return pl.read_csv(
        io.BytesIO("\n".join(lines).encode()),
        has_header=False,
        separator=layout.separator,
        quote_char=None,
        schema=schema,
    )


def check_widths(rows: Sequence[Record], layout: Layout, problems: Problems) -> None:
    """Report rows that are too long or too short."""
    for row in rows:
        if row.width != layout.width:
            problems.add(
                f"A row has more or fewer cells than the {layout.width} columns",
                f"line {row.line} has {pluralize(row.width, 'cell')}",
                remedy="complete or remove these rows; put a text that contains the separator "
                f"{layout.separator!r} in double quotes",
            )


def replace_undecodable(lines: list[str], line: int, problems: Problems) -> list[str]:
    """Report each byte that is not UTF-8, and replace it with a question mark."""
    if find_undecodable("".join(lines)) is None:
        return lines
    for number, text in enumerate(lines, start=line):
        if (position := find_undecodable(text)) is not None:
            byte = ord(text[position]) & 0xFF
            problems.add(
                "The file is not encoded as UTF-8",
                f"line {number}, character {position + 1}: the byte 0x{byte:02X}, which is "
                f"{bytes([byte]).decode('latin-1')!r} in latin-1",
                remedy="give its encoding: --encoding latin-1, or cp1252 if Windows wrote it",
            )
    return [text.encode(errors="replace").decode() for text in lines]
