"""Prepares a table for SageMaker's built-in XGBoost, and puts it in a bucket.

    python -m workloads.dataset digits data/digits
    python -m workloads.dataset csv measurements.csv data/mine --label quality --drop id
    python -m workloads.dataset libsvm measurements.txt data/mine
    python -m workloads.dataset put data/mine s3://BUCKET/datasets/mine/

The first three write `train` and `validation` into the folder, with the ending `.csv` or `.libsvm`:
label first, no header, the same rows every time. The last one uploads them as train/FILE and
validation/FILE; a folder that has directories of these names is taken as it is.

A file may be compressed with gzip, bzip2 or xz. A table's separator and header are found out, and
said; empty cells and NA, NaN, null and the like are missing values. A column of texts is left out
with --drop, or its texts, sorted, are numbered from 0 with --categories; `categories.json` in the
folder has the numbers. A file with faults is refused as a whole, with every kind of fault.
"""

from __future__ import annotations

import argparse
import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from workloads.arguments import Parser, add_workers
from workloads.datasets.digits import digits
from workloads.datasets.libsvm import read_libsvm
from workloads.datasets.shuffling import Rows, split
from workloads.faults import UsageError, run
from workloads.files import whole_file
from workloads.summary import say, summary

CATEGORIES = "categories.json"
"""Name of the file that has the number of each text, by column."""


def prepare(rows: Rows, folder: Path, validation: float, kind: str) -> None:
    """Write the two files of a table.

    Args:
        rows: of the table.
        folder: where the files go.
        validation: the part of the rows that is kept for validation, between 0 and 1.
        kind: csv or libsvm.

    Raises:
        BadDataError: there are too few rows; nothing is written.
    """
    train, kept = split(rows, validation, folder / f"train.{kind}", folder / f"validation.{kind}")
    say(f"{folder}: {train} rows to train on, {kept} to validate with")
    summary("dataset", files=2, rows=rows.count)


def prepare_csv(given: Namespace) -> None:
    """Write the two files of a CSV file, and the numbers of its categories.

    Raises:
        WorkloadError: the table cannot be trained on; nothing is written.
    """
    try:
        from workloads.datasets.tables import Options, read_table  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "tables are read by polars: install what requirements-rehearsal.txt says"
        ) from error

    options = Options(
        label=given.label,
        drop=given.drop,
        categories=given.categories,
        missing=given.missing,
        separator=given.separator,
        encoding=given.encoding,
        header=given.header,
    )
    table = read_table(given.file, options)
    for note in table.notes():
        say(f"{given.file}: {note}")
    prepare(Rows(table.rows, table.count, table.size), given.folder, given.validation, "csv")
    write_categories(table.named_categories(), given.folder)


def write_categories(categories: Mapping[str, Mapping[str, int]], folder: Path) -> None:
    """Write the numbers of the texts beside the data; remove those of a table before it."""
    if not categories:
        (folder / CATEGORIES).unlink(missing_ok=True)
        return
    with whole_file(folder / CATEGORIES) as stream:
        stream.write(json.dumps(categories, indent=2, ensure_ascii=False).encode() + b"\n")
    say(f"{folder / CATEGORIES}: the numbers of {', '.join(categories)}")


def upload(folder: Path, text: str, workers: int) -> None:
    """Put a folder's files in a bucket, and warn of others that a job would read with them.

    Raises:
        WorkloadError: the folder is not one to train on, or S3 refuses or does not answer.
    """
    # boto3 takes a third of a second to load, and preparing a table needs none of it.
    from workloads.datasets.uploads import others, put  # noqa: PLC0415
    from workloads.objects import Location, s3_client  # noqa: PLC0415

    try:
        location = Location.parse(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error)) from error
    client = s3_client(workers)
    progress = put(client, folder, location, workers=workers)
    if more := others(client, folder, location):
        say(f"{location} also has {', '.join(more[:3])}, which a job would read too")
    progress.finish(location=str(location.as_folder()))


def fraction(text: str) -> float:
    """A part between 0 and 1, for argparse."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def separator(text: str) -> str:
    """One character that stands between two cells, for argparse; a tab may be written as tab."""
    character = {"tab": "\t", "\\t": "\t", "space": " "}.get(text, text)
    if (
        len(character) != 1
        or not character.isascii()
        or character.isalnum()
        or character in '"\n\r'
    ):
        raise argparse.ArgumentTypeError(f"{text!r} is not one character, tab or space")
    return character


def parser() -> Parser:
    """The command line."""
    top = Parser("dataset", __doc__)
    commands = top.add_subparsers(dest="command", required=True)
    shipped = commands.add_parser("digits", help="scikit-learn's handwritten digits")
    table = commands.add_parser("csv", help="a CSV file of your own")
    add_csv(table)
    sparse = commands.add_parser("libsvm", help="a libsvm file of your own")
    sparse.add_argument("file", type=Path)
    for one in (shipped, table, sparse):
        one.add_argument("folder", type=Path, help="where train and validation go")
        one.add_argument("--validation", type=fraction, default=0.2, help="its part of the rows")
    up = commands.add_parser("put", help="upload a folder's train and validation")
    up.add_argument("folder", type=Path)
    up.add_argument("location", help="s3://BUCKET/PREFIX/")
    add_workers(up)
    return top


def add_csv(table: argparse.ArgumentParser) -> None:
    """Let the user say what is in a CSV file."""
    add = table.add_argument
    add("file", type=Path)
    add("--label", required=True, help="its column: a name, or a number from 0")
    for name, sort, words in (
        ("--drop", "COLUMN", "a column to leave out; may be given several times"),
        ("--categories", "COLUMN", "a column of texts to number; may be given several times"),
        (
            "--missing",
            "TEXT",
            "stands for a missing value, beside NA, NaN, null; several times",
        ),
    ):
        add(name, action="append", default=[], metavar=sort, help=words)
    add("--separator", type=separator, help="between two cells: a character, tab or space")
    add("--encoding", help="the file's encoding, as latin-1, cp1252, utf-16 (default: utf-8)")
    add(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="the first line names the columns, or does not (default: found out)",
    )


def work(given: Namespace) -> None:
    """Do what the command line says.

    Raises:
        WorkloadError: it cannot be done.
    """
    match given.command:
        case "digits":
            lines = digits()
            rows = Rows(lambda: lines, len(lines), sum(map(len, lines)))
            prepare(rows, given.folder, given.validation, "csv")
        case "csv":
            prepare_csv(given)
        case "libsvm":
            table = read_libsvm(given.file)
            rows = Rows(table.rows, table.count, table.size)
            prepare(rows, given.folder, given.validation, "libsvm")
        case "put":
            upload(given.folder, given.location, given.workers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    return run(partial(work, parser().parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
