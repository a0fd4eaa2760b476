"""Prepares a table for SageMaker's built-in XGBoost, and uploads it to S3.

    python -m workloads.dataset digits data/digits
    python -m workloads.dataset csv measurements.csv data/mine --label quality --drop id
    python -m workloads.dataset libsvm measurements.txt data/mine
    python -m workloads.dataset put data/mine s3://BUCKET/datasets/mine/

The first three write the files `train` and `validation` with the suffix `.csv` or `.libsvm` into
the folder: label first, no header, the same rows in each run. The last one uploads them as
train/FILE and validation/FILE, or the contents of subfolders with these names.

Files may be compressed with gzip, bzip2 or xz. Separator and header are detected and reported.
Empty cells and texts such as NA, NaN and null are missing values. A column of texts must be left
out with --drop or encoded with --categories, which numbers its sorted texts from 0 and writes the
codes to `categories.json`. Invalid files are refused with all kinds of problems in one report.
"""

from __future__ import annotations

import argparse
import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from workloads.arguments import Parser, add_workers_option
from workloads.datasets.digits import digits
from workloads.datasets.libsvm_table import read_libsvm_table
from workloads.datasets.shuffling import Rows, split
from workloads.errors import UsageError, run
from workloads.files import atomic_write
from workloads.summary import print_summary, say

CATEGORIES_FILE = "categories.json"
"""Name of the file with the codes of each categorical column."""


def write_split(rows: Rows, folder: Path, fraction: float, file_format: str) -> None:
    """Write the training and validation files of a table.

    Args:
        rows: Rows of the table.
        folder: Target folder.
        fraction: Fraction of the rows for validation, between 0 and 1.
        file_format: csv or libsvm, which is the suffix of the files.

    Raises:
        BadDataError: The table has fewer than two rows. No file is written.
    """
    train_count, validation_count = split(
        rows, fraction, folder / f"train.{file_format}", folder / f"validation.{file_format}"
    )
    say(f"{folder}: {train_count} rows for training, {validation_count} for validation")
    print_summary("dataset", files=2, rows=rows.count)


def prepare_csv(args: Namespace) -> None:
    """Write the training and validation files of a CSV file, and the codes of its categories.

    Raises:
        WorkloadError: The table cannot be used for training. No file is written.
    """
    try:
        from workloads.datasets.csv_table import CsvOptions, read_csv_table  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "reading CSV files needs polars: install requirements-rehearsal.txt"
        ) from error

    options = CsvOptions(
        label=args.label,
        drop=args.drop,
        categories=args.categories,
        missing=args.missing,
        separator=args.separator,
        encoding=args.encoding,
        header=args.header,
    )
    table = read_csv_table(args.file, options)
    for note in table.notes():
        say(f"{args.file}: {note}")
    write_split(Rows(table.rows, table.count, table.size), args.folder, args.validation, "csv")
    write_categories(table.named_categories(), args.folder)


def write_categories(categories: Mapping[str, Mapping[str, int]], folder: Path) -> None:
    """Write the codes of the categories beside the data, or remove those of an earlier table."""
    if not categories:
        (folder / CATEGORIES_FILE).unlink(missing_ok=True)
        return
    with atomic_write(folder / CATEGORIES_FILE) as stream:
        stream.write(json.dumps(categories, indent=2, ensure_ascii=False).encode() + b"\n")
    say(f"{folder / CATEGORIES_FILE}: the codes of {', '.join(categories)}")


def upload(folder: Path, target: str, workers: int) -> None:
    """Upload a folder's channels, and warn of other objects that a job would read with them.

    Raises:
        WorkloadError: The folder has no channels, or S3 denies access or does not answer.
    """
    # The import of boto3 takes a third of a second, and the other subcommands do not need it.
    from workloads.datasets.uploads import unrelated_keys, upload_channels  # noqa: PLC0415
    from workloads.objects import Location, s3_client  # noqa: PLC0415

    try:
        location = Location.parse(target)
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error)) from error
    client = s3_client(workers)
    progress = upload_channels(client, folder, location, workers=workers)
    if more := unrelated_keys(client, folder, location):
        say(f"{location} also has {', '.join(more[:3])}, which a job would read too")
    progress.finish(location=str(location.as_folder()))


def parse_fraction(text: str) -> float:
    """Parse a fraction between 0 and 1, for argparse.

    Raises:
        ArgumentTypeError: The number is outside of this range.
    """
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def parse_separator(text: str) -> str:
    """Parse a one-character separator, or the word tab or space, for argparse.

    Raises:
        ArgumentTypeError: The text is not a separator.
    """
    character = {"tab": "\t", "\\t": "\t", "space": " "}.get(text, text)
    if (
        len(character) != 1
        or not character.isascii()
        or character.isalnum()
        or character in '"\n\r'
    ):
        raise argparse.ArgumentTypeError(f"{text!r} is not one character, tab or space")
    return character


def build_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("dataset", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    digits_parser = commands.add_parser("digits", help="scikit-learn's handwritten digits")
    csv_parser = commands.add_parser("csv", help="your own CSV file")
    add_csv_options(csv_parser)
    libsvm_parser = commands.add_parser("libsvm", help="your own libsvm file")
    libsvm_parser.add_argument("file", type=Path, help="libsvm file to prepare")
    for subparser in (digits_parser, csv_parser, libsvm_parser):
        subparser.add_argument("folder", type=Path, help="target folder of train and validation")
        subparser.add_argument(
            "--validation",
            type=parse_fraction,
            default=0.2,
            metavar="FRACTION",
            help="fraction of the rows for validation, between 0 and 1 (%(default)s)",
        )
    put_parser = commands.add_parser("put", help="upload a folder's train and validation")
    put_parser.add_argument("folder", type=Path, help="folder that has train and validation")
    put_parser.add_argument("location", help="s3://BUCKET/PREFIX/ to upload to")
    add_workers_option(put_parser)
    return parser


def add_csv_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a CSV file."""
    add = parser.add_argument
    add("file", type=Path, help="CSV file to prepare")
    add("--label", required=True, help="label column: a name, or a number from 0")
    for name, metavar, help_text in (
        ("--drop", "COLUMN", "column to leave out; may be repeated"),
        ("--categories", "COLUMN", "column of texts to encode as numbers; may be repeated"),
        ("--missing", "TEXT", "text for a missing value, besides NA, NaN, null; may be repeated"),
    ):
        add(name, action="append", default=[], metavar=metavar, help=help_text)
    add("--separator", type=parse_separator, help="cell separator: a character, tab or space")
    add("--encoding", help="encoding, such as latin-1, cp1252 or utf-16 (default: utf-8)")
    add(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="the first line is or is not a header (default: detected)",
    )


def execute(args: Namespace) -> None:
    """Run the subcommand that the arguments name.

    Raises:
        WorkloadError: The data cannot be used, or S3 denies access or does not answer.
    """
    match args.command:
        case "digits":
            lines = digits()
            rows = Rows(lambda: lines, len(lines), sum(map(len, lines)))
            write_split(rows, args.folder, args.validation, "csv")
        case "csv":
            prepare_csv(args)
        case "libsvm":
            table = read_libsvm_table(args.file)
            rows = Rows(table.rows, table.count, table.size)
            write_split(rows, args.folder, args.validation, "libsvm")
        case "put":
            upload(args.folder, args.location, args.workers)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return run(partial(execute, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
