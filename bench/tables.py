"""Time and memory of `workloads.dataset csv` on a table of random numbers."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

COLUMNS = 50
PROGRAM = """
import sys, time
from pathlib import Path
from workloads import dataset
began = time.monotonic()
status = dataset.main(sys.argv[1:])
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(time.monotonic() - began, time.process_time(), int(peak) / 1024)
sys.exit(status)
"""


@dataclass(frozen=True)
class Run:
    """Measurements of one run of the command."""

    megabytes: float
    """Size of the input file, in MB."""
    seconds: float
    cpu_seconds: float
    peak_mib: float
    """Peak of the resident memory, in MiB."""


def prepare(rows: int) -> Run:
    """Prepare a table of 50 columns: a label of three classes, and random numbers."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "table.csv")
        write(source, rows)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "csv", source, Path(scratch, "out"), "--label", "c0"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        seconds, cpu, peak = map(float, done.stdout.splitlines()[-1].split())
        return Run(source.stat().st_size / 1e6, seconds, cpu, peak)


def write(target: Path, rows: int) -> None:
    """Write a table of random numbers with six digits after the decimal point."""
    numbers = random.Random(0)
    lines = [",".join(f"{numbers.gauss(0, 1):.6f}" for _ in range(1, COLUMNS)) for _ in range(1000)]
    with target.open("w") as stream:
        stream.write(",".join(f"c{index}" for index in range(COLUMNS)) + "\n")
        for row in range(rows):
            stream.write(f"{row % 3},{lines[row % len(lines)]}\n")
