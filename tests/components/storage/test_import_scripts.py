"""The scripts of the pods that wait for an import, run by bash on a folder."""

import os
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from components.storage.content_pods import SCRIPTS

CONTENT = "7,0\n3,1\n"
FILES = f"{sha256(CONTENT.encode()).hexdigest()}\t{len(CONTENT)}\ttrain/train.csv\n"


class Ended(NamedTuple):
    code: int
    said: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a script, with a `sleep` that imports the given content instead of waiting."""

    def script(name: str, *, imports: str | None = None, patience: int = 1000) -> Ended:
        sleep = tmp_path / "bin/sleep"
        sleep.parent.mkdir(exist_ok=True)
        target = tmp_path / "digits/train"
        work = f"mkdir -p {target}; printf '{imports}' >{target}/train.csv" if imports else "true"
        sleep.write_text(f"#!/bin/bash\n{work}\n")
        sleep.chmod(0o755)
        ended = subprocess.run(
            [
                "bash",
                "-c",
                "".join((SCRIPTS / f"{one}.sh").read_text() for one in ("contents", name)),
            ],
            env={
                "PATH": f"{sleep.parent}:{os.environ['PATH']}",
                "STORAGE": str(tmp_path),
                "DIRECTORY": "digits",
                "SOURCE": "s3://data/datasets/digits",
                "FILE_SYSTEM": "fs-1",
                "FILES": FILES,
                "PATIENCE": str(patience),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout + ended.stderr)

    return script


def put(root: Path, content: str, name: str = "train.csv") -> None:
    (root / "digits/train").mkdir(parents=True, exist_ok=True)
    (root / "digits/train" / name).write_text(content)


def test_what_is_imported_late_is_waited_for(run: Run) -> None:
    ended = run("await_import", imports=CONTENT.replace("\n", "\\n"))
    assert ended.code == 0
    assert "waiting for FSx to import s3://data/datasets/digits: train/train.csv is missing" in (
        ended.said
    )


def test_what_is_never_imported_ends_the_wait_with_what_is_missing_and_why(run: Run) -> None:
    ended = run("await_import", patience=0)
    assert ended.code == 66
    for word in ("train/train.csv is missing", "AutoImportPolicy", "fs-1", "MISCONFIGURED", "lags"):
        assert word in ended.said


def test_a_file_of_another_size_is_not_taken_for_the_one_that_is_waited_for(
    run: Run, tmp_path: Path
) -> None:
    put(tmp_path, "7,0\n")
    assert "has 4 bytes instead of 8" in run("await_import", patience=0).said


def test_the_check_reads_what_names_and_sizes_do_not_tell(run: Run, tmp_path: Path) -> None:
    put(tmp_path, "3,0\n7,1\n")
    assert run("await_import").code == 0
    ended = run("check")
    assert ended.code == 65
    assert "train/train.csv has another SHA-256" in ended.said
    put(tmp_path, CONTENT)
    assert run("check").code == 0


def test_a_file_that_nobody_was_told_of_is_named(run: Run, tmp_path: Path) -> None:
    put(tmp_path, CONTENT)
    put(tmp_path, "9,9\n", "more.csv")
    assert "train/more.csv is not one of its files" in run("check").said
