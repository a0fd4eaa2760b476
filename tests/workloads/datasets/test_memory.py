"""Tests that a table four times as long needs no more memory."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from workloads.datasets import blocks, shuffling
from workloads import dataset
blocks.BLOCK_SIZE, shuffling.PART_SIZE = 256 * 1024, 1024 * 1024
status = dataset.main(sys.argv[1:])
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
sys.exit(status)
"""
"""Program with smaller blocks than usual, so that small tables have many of them."""
LINES = {
    "csv": ",".join(["1.23456"] * 50) + "\n",
    "libsvm": "1 " + " ".join(f"{index}:1.5" for index in range(50)) + "\n",
}
ROWS = 6_000


def peak(folder: Path, kind: str, rows: int) -> float:
    """Return the peak of the resident memory of a run, in MB."""
    source = folder / f"{rows}.{kind}"
    source.write_text(LINES[kind] * rows)
    options = ["--label", "0", "--no-header"] if kind == "csv" else []
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind, source, folder / "out", *options],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[-1]) * 1024 / 1e6


@pytest.mark.parametrize("kind", ["csv", "libsvm"])
def test_a_table_of_four_times_the_rows_takes_no_more_memory(tmp_path: Path, kind: str) -> None:
    small, large = peak(tmp_path, kind, ROWS), peak(tmp_path, kind, 4 * ROWS)
    added = 3 * ROWS * len(LINES[kind]) / 1e6
    assert large - small < added / 2, f"{added:.0f} MB more of data took {large - small:.0f} MB"
