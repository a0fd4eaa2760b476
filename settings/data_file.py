"""Sample of the first rows of a data file, and problems in them that make a training fail or wrong.

Files are read as SageMaker's XGBoost container reads them: a separator that Python's csv.Sniffer
finds in the first line, the label in the first column, no header. Its parser reads text, fields in
quotes, empty fields and NA as missing values, a label of text as 0, and 1_000 as 1. Seen in runs
of xgboost 1.7.6 and 3.2.0.
Source: https://github.com/aws/sagemaker-xgboost-container (data_utils.py), dmlc-core's parsers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from workloads.signatures import detect_format

CSV, LIBSVM = "text/csv", "text/libsvm"
MAX_BYTES = 1 << 20
"""Bytes that are read of a file, however large it is."""
MAX_ROWS = 1000
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
MISSING = re.compile(r"\s*(na|nan)?\s*", re.IGNORECASE | re.ASCII)
PAIR = re.compile(r"\d+:[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
SEPARATORS = ",;\t |"
PREPARE = "prepare it with `python -m workloads.dataset csv FILE FOLDER --label COLUMN`"


class FileProblem(NamedTuple):
    """Problem of a data file."""

    rule: str
    """Rule that the file breaks, in words that follow "the file"."""
    got: str
    """Value that was found, with its line."""
    remedy: str
    """Change that mends it."""


class FileSample(NamedTuple):
    """First rows of a data file: their problems, or else their labels and columns."""

    problems: list[FileProblem]
    """First problem of each kind."""
    labels: list[float]
    """Label of each row; empty if there are problems."""
    width: int
    """Number of columns of the first row, with the label's; 0 if there are problems or no
    columns."""


def read_sample(file: Path, content_type: str) -> FileSample:
    """Read the first rows of a file, at most 1000 rows in its first MiB.

    Args:
        file: Path of an existing file.
        content_type: Format that the file should have, text/csv or text/libsvm.

    Raises:
        OSError: The file cannot be read.
    """
    with file.open("rb") as stream:
        head = stream.read(MAX_BYTES)
    if problem := _not_text(head):
        return FileSample([problem], [], 0)
    lines = _lines(head)
    found = list((_csv if content_type == CSV else _libsvm)(lines))
    kinds = {problem.rule: problem for problem in reversed(found)}
    labels = [] if found else [_label(line, content_type) for line in lines]
    separator = None if found or content_type != CSV else _separator(lines[0])
    width = len(lines[0].split(separator)) if separator else 0
    return FileSample([*reversed(kinds.values())], labels, width)


def _not_text(head: bytes) -> FileProblem | None:
    if not head.strip():
        return FileProblem("must have rows", "an empty file", "give a file with data, or remove it")
    rule = "must be text in UTF-8, not compressed"
    if found := detect_format(head):
        return FileProblem(rule, found.kind, ", then ".join(filter(None, (found.remedy, PREPARE))))
    try:
        text = _whole(head).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return FileProblem(rule, f"byte {head[error.start]:#04x} at {error.start}", PREPARE)
    return FileProblem(rule, "a NUL character", PREPARE) if "\0" in text else None


def _whole(head: bytes) -> bytes:
    return head[: head.rfind(b"\n") + 1] or head if len(head) == MAX_BYTES else head


def _lines(head: bytes) -> list[str]:
    text = _whole(head).decode("utf-8-sig")
    return [line for line in text.splitlines() if line.strip()][:MAX_ROWS]


def _csv(lines: Sequence[str]) -> Iterator[FileProblem]:
    if _is_libsvm(lines[0]):
        rule = "must have the format of the job's contentType, text/csv"
        yield FileProblem(rule, "libsvm in line 1", "set contentType to text/libsvm")
        return
    separator = _separator(lines[0])
    if separator is None:
        rule = "must have a separator and two columns or more: the label and the features"
        yield FileProblem(rule, lines[0][:50], PREPARE)
        return
    rows = [line.split(separator) for line in lines]
    if _is_header(rows[0]):
        rule = "must have no header: SageMaker takes the first line for data"
        yield FileProblem(rule, f"line 1: {lines[0][:50]}", PREPARE)
        rows = rows[1:]
        first = 2
    else:
        first = 1
    for number, row in enumerate(rows, first):
        yield from _row(number, row, len(rows[0]))


def _row(number: int, row: Sequence[str], width: int) -> Iterator[FileProblem]:
    if len(row) != width:
        rule = "must have as many fields in each row"
        yield FileProblem(rule, f"line {number}: {len(row)} fields, and {width} before", PREPARE)
    if not NUMBER.fullmatch(row[0]):
        rule = "must have the label, a number, in the first column"
        yield FileProblem(rule, f"line {number}: {row[0][:50]!r}", PREPARE)
    for column, field in enumerate(row[1:], 2):
        if not NUMBER.fullmatch(field) and not MISSING.fullmatch(field):
            rule = "must have numbers only: SageMaker takes text, and fields in quotes, for missing"
            yield FileProblem(rule, f"line {number}, column {column}: {field[:50]!r}", PREPARE)
            return


def _libsvm(lines: Sequence[str]) -> Iterator[FileProblem]:
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        parts = words[0].split(":") if words else []
        if words and not (
            len(parts) <= 2
            and all(NUMBER.fullmatch(part) for part in parts)
            and all(PAIR.fullmatch(word) for word in words[1:])
        ):
            rule = "must have the format of the job's contentType, text/libsvm"
            looks_like_csv = number == 1 and _separator(line) in {",", ";", "\t"}
            remedy = "set contentType to text/csv" if looks_like_csv else _CORRECT
            yield FileProblem(rule, f"line {number}: {line[:50]}", remedy)
            return


_CORRECT = "write each line as LABEL INDEX:VALUE INDEX:VALUE ..."


def _separator(line: str) -> str | None:
    try:
        found = csv.Sniffer().sniff(line).delimiter
    except csv.Error:
        return None
    return found if found in SEPARATORS else None


def _is_libsvm(line: str) -> bool:
    words = line.split()
    return len(words) > 1 and all(PAIR.fullmatch(word) for word in words[1:])


def _is_header(row: Sequence[str]) -> bool:
    return not any(NUMBER.fullmatch(field) for field in row)


def _label(line: str, content_type: str) -> float:
    if content_type == LIBSVM:
        words = line.partition("#")[0].split()
        return float(words[0].partition(":")[0]) if words else 0.0
    return float(re.split(r"[,;\t |]", line.strip())[0])
