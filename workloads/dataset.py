"""Prepares a table for SageMaker's built-in XGBoost, and puts it in a bucket.

    python -m workloads.dataset digits data/digits
    python -m workloads.dataset csv measurements.csv data/mine --label quality
    python -m workloads.dataset libsvm measurements.txt data/mine
    python -m workloads.dataset put data/mine s3://BUCKET/datasets/mine/

The first three write `train` and `validation` into the folder, with the ending `.csv` or `.libsvm`:
label first, no header, the same rows every time. The last one uploads them as train/FILE and
validation/FILE; a folder that has directories of these names is taken as it is.
"""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from workloads.arguments import Parser, add_workers
from workloads.datasets.folders import split, write
from workloads.datasets.libsvm import read_libsvm
from workloads.datasets.tables import Row, digits, read_csv
from workloads.faults import UsageError, run
from workloads.summary import say, summary


def prepare(read: Callable[[], Sequence[Row]], folder: Path, validation: float, kind: str) -> None:
    """Write the two files of a table.

    Args:
        read: gives the rows.
        folder: where the files go.
        validation: the part of the rows that is kept for validation, between 0 and 1.
        kind: csv or libsvm.

    Raises:
        WorkloadError: the table cannot be trained on; nothing is written.
    """
    train, kept = split(read(), validation)
    write(train, folder / f"train.{kind}")
    write(kept, folder / f"validation.{kind}")
    say(f"{folder}: {len(train)} rows to train on, {len(kept)} to validate with")
    summary("dataset", files=2, rows=len(train) + len(kept))


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
    progress.finish(location=str(location.folder()))


def fraction(text: str) -> float:
    """A part between 0 and 1, for argparse."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def parser() -> Parser:
    """The command line."""
    top = Parser("dataset", __doc__)
    commands = top.add_subparsers(dest="command", required=True)
    shipped = commands.add_parser("digits", help="scikit-learn's handwritten digits")
    table = commands.add_parser("csv", help="a CSV file of your own")
    table.add_argument("file", type=Path)
    table.add_argument("--label", required=True, help="its column: a name, or a number from 0")
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


def work(given: Namespace) -> None:
    """Do what the command line says.

    Raises:
        WorkloadError: it cannot be done.
    """
    match given.command:
        case "digits":
            prepare(digits, given.folder, given.validation, "csv")
        case "csv":
            read = partial(read_csv, given.file, given.label)
            prepare(read, given.folder, given.validation, "csv")
        case "libsvm":
            read = partial(read_libsvm, given.file)
            prepare(read, given.folder, given.validation, "libsvm")
        case "put":
            upload(given.folder, given.location, given.workers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    return run(partial(work, parser().parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
