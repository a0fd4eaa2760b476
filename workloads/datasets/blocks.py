"""The rows of a CSV file as blocks of texts with line numbers, some megabytes at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TextIO

import polars as pl

from workloads.datasets.layout import Layout, Row, counted, reader, stripped
from workloads.datasets.problems import Problems
from workloads.faults import BadDataError
from workloads.text_files import undecodable

BLOCK = 4 * 1024 * 1024
"""Characters of a block; reading one takes about ten times as many bytes of memory."""


@dataclass(frozen=True)
class Block:
    """Some rows of a file."""

    frame: pl.DataFrame
    """Columns of texts, named by their index: "0", "1" ...; an empty cell is null or empty."""
    lines: Sequence[int]
    """The line of the file, from 1, on which each row begins."""


class Record(NamedTuple):
    """A line that has no quotes, or the cells of one or more lines that have."""

    line: int
    width: int
    content: str | Row
    """All records of a block are of one kind."""


def read_blocks(stream: TextIO, layout: Layout, problems: Problems) -> Iterator[Block]:
    """Read the rows after the header; rows of another width are noted and left out.

    Raises:
        BadDataError: a quoted cell has no end.
    """
    line = 1
    while lines := stream.readlines(BLOCK):
        lines = decoded(lines, line, problems)
        if any('"' in text for text in lines):
            records, read = quoted_records(lines, stream, line, layout, problems)
        else:
            records, read = plain_records(lines, line, layout), len(lines)
        line += read
        rows = [record for record in records if record.line > layout.header_line]
        note_widths(rows, layout, problems)
        rows = [record for record in rows if record.width == layout.width]
        if rows:
            yield Block(frame_of(rows, layout), [record.line for record in rows])


def plain_records(lines: Sequence[str], line: int, layout: Layout) -> list[Record]:
    """Return lines without quotes as they are, but for blank ones."""
    separator = layout.separator
    texts = (text.rstrip("\n") for text in lines)
    if separator == " ":
        texts = (" ".join(text.split()) for text in texts)
    return [
        Record(number, text.count(separator) + 1, text)
        for number, text in enumerate(texts, start=line)
        if text.strip()
    ]


def quoted_records(
    lines: Sequence[str], stream: TextIO, line: int, layout: Layout, problems: Problems
) -> tuple[list[Record], int]:
    """Split lines, some of them with quotes, into cells; a cell may go on in the next lines.

    Returns:
        The records, and how many lines they are: more than were given, if the last one goes on.

    Raises:
        BadDataError: a quoted cell has no end.
    """
    cells = reader(stripped(chain(lines, stream), layout.separator), layout.separator)
    records = []
    while (read := cells.line_num) < len(lines):
        try:
            row = next(cells)
        except StopIteration:
            break
        except csv.Error as error:
            raise BadDataError(
                f"{problems.source}: line {line + read} cannot be split into cells ({error}): is a "
                "quote never closed? A quote in a quoted text is written twice"
            ) from error
        if row:
            records.append(Record(line + read, len(row), row))
    return records, cells.line_num


def frame_of(rows: Sequence[Record], layout: Layout) -> pl.DataFrame:
    """Turn rows into columns of texts."""
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


def note_widths(rows: Sequence[Record], layout: Layout, problems: Problems) -> None:
    """Take note of rows that are too long or too short."""
    for row in rows:
        if row.width != layout.width:
            problems.add(
                f"A row has more or fewer cells than the {layout.width} columns",
                f"line {row.line} has {counted(row.width, 'cell')}",
                remedy="complete or remove these rows; a text that holds the separator "
                f"{layout.separator!r} must stand in double quotes",
            )


def decoded(lines: list[str], line: int, problems: Problems) -> list[str]:
    """Return lines with a question mark in place of each byte that is not UTF-8, and note it."""
    if undecodable("".join(lines)) is None:
        return lines
    for number, text in enumerate(lines, start=line):
        if (position := undecodable(text)) is not None:
            byte = ord(text[position]) & 0xFF
            problems.add(
                "The file is not encoded as UTF-8",
                f"line {number}, character {position + 1}: the byte 0x{byte:02X}, which is "
                f"{bytes([byte]).decode('latin-1')!r} in latin-1",
                remedy="give its encoding: --encoding latin-1, or cp1252 if Windows wrote it",
            )
    return [text.encode(errors="replace").decode() for text in lines]
