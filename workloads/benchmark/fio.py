"""The four usual cases of fio, the flexible I/O tester, run one after another on one file.

Each case is one process of fio, which drops what the page cache has of the file before it begins.
The sequential write comes first, because its file is what the others work on.
Source: https://fio.readthedocs.io/en/latest/fio_doc.html (options, and fields of the JSON output)
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workloads.errors import MissingInputError, WorkloadError

PROGRAM = "fio"
REMEDY = (
    "fio is not installed. The workload image has it: build it anew with `make image`; in an image "
    "of your own, install the package fio; for a rehearsal, `apt-get install fio` on this machine"
)


@dataclass(frozen=True)
class Case:
    """A case of fio."""

    name: str
    """Name of the case, in the field's words."""
    mode: str
    """Value of fio's option rw."""
    block_size: str
    """Size of one request."""
    direction: Literal["read", "write"]
    """Part of fio's output that has the figures."""

    @property
    def is_random(self) -> bool:
        """True if the requests are at random places of the file."""
        return self.mode.startswith("rand")


CASES = (
    Case("sequential write", "write", "1M", "write"),
    Case("sequential read", "read", "1M", "read"),
    Case("random read 4k", "randread", "4k", "read"),
    Case("random write 4k", "randwrite", "4k", "write"),
)


@dataclass(frozen=True)
class Measured:
    """Figures of a case."""

    bytes_per_second: float
    """Bytes a second, from the first request to the last byte on the storage."""
    iops: float
    """Requests a second."""
    latency_ms: float
    """Mean time of a request, in milliseconds."""
    bytes: int
    """Bytes that were read or written."""


def require() -> str:
    """Return fio's version.

    Raises:
        MissingInputError: fio is not installed.
    """
    if shutil.which(PROGRAM) is None:
        raise MissingInputError(REMEDY)
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def measure(case: Case, file: Path, size_mib: int, seconds: int) -> Measured:
    """Run a case on a file.

    Args:
        case: The case.
        file: File that is written, or that an earlier case wrote.
        size_mib: Size of the file, in MiB.
        seconds: Maximum time of a case at random places, in seconds. Sequential cases take the
            whole file.

    Raises:
        WorkloadError: fio failed; its own words are in the text.
    """
    direct = case.is_random
    done = _run(command(case, file, size_mib, seconds, direct=direct))
    if done.returncode and direct and "direct" in f"{done.stdout}{done.stderr}":
        direct = False  # as on tmpfs
        done = _run(command(case, file, size_mib, seconds, direct=False))
    if done.returncode:
        said = " ".join((done.stderr.strip() or done.stdout.strip()).split())
        raise WorkloadError(f"fio: {case.name}: {said[-500:]}")
    return figures(case, json.loads(done.stdout[done.stdout.index("{") :]))


def _run(line: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, capture_output=True, text=True, check=False)


def command(case: Case, file: Path, size_mib: int, seconds: int, *, direct: bool) -> Sequence[str]:
    """Return the command line of a case.

    A new file is written from its beginning to its end and neither laid out nor pre-allocated, so
    that it can be written to Mountpoint for Amazon S3 too. Requests at random places go past the
    page cache (O_DIRECT); where the file system has no such way, each write waits for its bytes.
    """
    timed = [f"--runtime={seconds}", "--time_based"] if case.is_random else []
    if direct:
        timed.append("--direct=1")
    elif case.mode == "randwrite":
        timed.append("--fdatasync=1")
    return (
        PROGRAM,
        "--output-format=json",
        f"--name={case.mode}",
        f"--filename={file}",
        f"--rw={case.mode}",
        f"--bs={case.block_size}",
        f"--size={size_mib}M",
        "--ioengine=psync",
        "--fallocate=none",
        "--create_on_open=1",
        "--refill_buffers",  # contents that compression does not shrink
        *(["--end_fsync=1"] if case.direction == "write" else []),
        *timed,
    )


def figures(case: Case, output: dict[str, Any]) -> Measured:
    """Return the figures in fio's JSON output.

    A write counts until its bytes are on the storage: fio's own rate ends before the last fsync.
    """
    job = output["jobs"][0]
    found = job[case.direction]
    seconds = max(float(job.get("job_runtime", 0)), float(found["runtime"])) / 1000
    return Measured(
        found["io_bytes"] / max(seconds, 1e-6),
        found["total_ios"] / max(seconds, 1e-6),
        found["clat_ns"]["mean"] / 1e6,
        found["io_bytes"],
    )
