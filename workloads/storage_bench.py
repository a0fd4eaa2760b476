"""Measures a mounted storage, and prints its figures beside those that AWS promises.

    python -m workloads.storage_bench /mnt/storage --storage efs --size-mib 1024 --seconds 30

It writes below the directory `storage-bench`, in a folder of its own that it deletes at the end.
The cases are fio's usual four (sequential write and read of 1 MiB, random read and write of 4 KiB),
and the load of a model's file by several readers. On a storage that takes new files only, the
random write is left out. The figures are those of one pod: several pods together may get more.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from workloads.arguments import Parser, positive_int
from workloads.benchmark import fio, model_file
from workloads.errors import MissingInputError, run
from workloads.summary import megabytes_per_second, print_summary, say

FOLDER = "storage-bench"
MODEL_LOAD = "model load"
LEFT_OUT = "left out: the storage takes new files only"
COLUMNS = ("case", "measured here", "AWS's figure")


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    case: str
    measured: str
    promised: str


def bench(given: argparse.Namespace, folder: Path) -> None:
    """Measure all cases in a folder, and print table and summary."""
    version, begun = fio.require(), time.monotonic()
    say(f"storage_bench: {given.storage} by {version}, {given.size_mib} MiB, one pod")
    promised: Mapping[str, str] = json.loads(given.promised)
    rows, cases, moved = [], {}, 0
    for case in fio.CASES:
        if case.mode == "randwrite" and given.new_files_only:
            rows.append(Row(case.name, LEFT_OUT, promised.get(case.name, "")))
            continue
        found = fio.measure(case, folder / "fio", given.size_mib, given.seconds)
        rows.append(Row(case.name, text(found), promised.get(case.name, "")))
        say(f"storage_bench: {case.name}: {rows[-1].measured}")
        cases[case.name] = {name: round(value, 2) for name, value in asdict(found).items()}
        moved += found.bytes
    size = model_file.write(folder / "model.safetensors", given.model_mib)
    seconds = model_file.load(folder / "model.safetensors", given.readers)
    loaded = f"{size / 2**20:.0f} MiB in {seconds:.2f} s by {given.readers} readers"
    rows.append(
        Row(
            MODEL_LOAD,
            f"{loaded}: {megabytes_per_second(size, seconds)} MB/s",
            promised.get(MODEL_LOAD, ""),
        )
    )
    cases[MODEL_LOAD] = {"bytes": size, "seconds": round(seconds, 3), "readers": given.readers}
    for line in table(rows):
        say(line)
    print_summary(
        "storage_bench",
        files=2,
        bytes=moved + size,
        seconds=round(time.monotonic() - begun, 3),
        storage=given.storage,
        engine=version,
        cases=cases,
        table={
            "title": f"Storage bench: {given.storage}",
            "columns": COLUMNS,
            "rows": [[row.case, row.measured, row.promised] for row in rows],
        },
    )


def text(found: fio.Measured) -> str:
    """Return the figures of a case in words."""
    rate = f"{found.bytes_per_second / 1e6:.1f} MB/s"
    return f"{rate}, {found.iops:.0f} IOPS, {found.latency_ms:.3f} ms a request"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table with aligned columns."""
    cells = [COLUMNS, *((row.case, row.measured, row.promised) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


@contextmanager
def own_folder(directory: Path) -> Iterator[Path]:
    """Make a folder that no other pod uses, and delete it at the end.

    A storage that does not delete keeps the files: Mountpoint without allowDelete, which has no
    directories to remove either.

    Raises:
        MissingInputError: The directory does not exist.
    """
    if not directory.is_dir():
        raise MissingInputError(f"{directory} is not a directory. Check that the volume is mounted")
    folder = directory / FOLDER / f"{socket.gethostname()}-{time.time_ns()}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        for file in folder.iterdir():
            with suppress(OSError):
                file.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()  # unless another pod measures
        if folder.exists():
            say(f"storage_bench: {folder} stays: the storage deletes nothing")


def parser() -> Parser:
    """Return the parser of the command line."""
    made = Parser("storage_bench", __doc__)
    made.add_argument("directory", type=Path, help="directory of the mounted storage")
    made.add_argument("--storage", required=True, help="name of the storage, for the table")
    made.add_argument("--size-mib", type=positive_int, default=1024, help="MiB that fio works on")
    made.add_argument("--model-mib", type=positive_int, default=1024, help="MiB of the model")
    made.add_argument("--seconds", type=positive_int, default=30, help="seconds of a random case")
    made.add_argument("--readers", type=positive_int, default=8, help="readers of the model")
    made.add_argument("--new-files-only", action="store_true", help="leave out the random write")
    made.add_argument("--promised", default="{}", help="AWS's figure of each case, as JSON")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status."""
    given = parser().parse_args(arguments)

    def work() -> None:
        fio.require()
        with own_folder(given.directory) as folder:
            bench(given, folder)

    return run(work)


if __name__ == "__main__":
    sys.exit(main())
