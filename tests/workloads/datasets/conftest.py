"""Fixture that runs the command on a short file and reads its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from workloads import dataset


@dataclass(frozen=True)
class Outcome:
    """Exit status, output and folder of one run."""

    status: int
    out: str
    err: str
    folder: Path

    @property
    def rows(self) -> list[str]:
        """Lines of both files, sorted."""
        files = self.folder.glob("[tv]*.*")
        return sorted(line for file in files for line in file.read_text().splitlines())


Prepare = Callable[..., Outcome]


@pytest.fixture
def prepare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Prepare:
    """Return a function that runs `csv` (or another subcommand) on a text or bytes with options."""

    def run(content: str | bytes, *options: str, command: str = "csv") -> Outcome:
        source, folder = tmp_path / "in.csv", tmp_path / "out"
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        capsys.readouterr()
        status = dataset.main([command, str(source), str(folder), *options])
        said = capsys.readouterr()
        return Outcome(status, said.out, said.err, folder)

    return run
