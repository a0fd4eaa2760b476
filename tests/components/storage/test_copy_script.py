"""The script of the copying pods, run by bash on folders, with an `aws` that copies files."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from components.datasets import DataFile, data_files, manifest
from components.storage.content_pods import SCRIPTS

AWS = """#!/bin/bash
case "$*" in *{broken}*) echo "fatal error: (403)" >&2; exit 1;; esac
cp "${{@: -2:1}}" "${{@: -1}}"
"""
DIRECTORY = "datasets/digits/3f9a1c52e0b7"


class Ended(NamedTuple):
    code: int
    said: str


class Place:
    """A bucket and a file system, both of them folders, and the files that belong there."""

    def __init__(self, root: Path) -> None:
        self.bucket, self.storage, self.programs = (root / one for one in ("s3", "fs", "bin"))
        for folder in (self.bucket / "train", self.storage, self.programs):
            folder.mkdir(parents=True)
        self.put("train", "train.csv", "7,0\n3,1\n")
        self.put("validation", "my $set.csv", "1,1\n")
        self.files = self._files()
        self.broken_at("nothing")

    def put(self, channel: str, name: str, content: str) -> None:
        (self.bucket / channel).mkdir(exist_ok=True)
        (self.bucket / channel / name).write_text(content)

    def broken_at(self, name: str) -> None:
        """Let the copy of a file fail."""
        aws = self.programs / "aws"
        aws.write_text(AWS.format(broken=name))
        aws.chmod(0o755)

    @property
    def target(self) -> Path:
        return self.storage / DIRECTORY

    def copy(self, pod: str = "copy-1") -> Ended:
        script = "".join((SCRIPTS / f"{each}.sh").read_text() for each in ("contents", "copy"))
        ended = subprocess.run(
            ["bash", "-c", script],
            env={
                "PATH": f"{self.programs}:/usr/bin:/bin",
                "HOSTNAME": pod,
                "STORAGE": str(self.storage),
                "DIRECTORY": DIRECTORY,
                "SOURCE": str(self.bucket),
                "FILES": manifest(self.files),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout + ended.stderr)

    def is_as_it_should_be(self) -> bool:
        """Return whether every file is there with its content, and nothing else."""
        there = {str(one.relative_to(self.storage)) for one in self.storage.rglob("*.csv*")}
        return there == {f"{DIRECTORY}/{file.name}" for file in self.files} and all(
            (self.target / file.name).read_bytes() == Path(file.path).read_bytes()
            for file in self.files
        )

    def _files(self) -> list[DataFile]:
        train, validation = self.bucket / "train/train.csv", self.bucket / "validation/my $set.csv"
        own = self.bucket.parent / "own"
        own.mkdir()
        copies = {"train": own / "train.csv", "validation": own / "my $set.csv"}
        copies["train"].write_text(train.read_text())
        copies["validation"].write_text(validation.read_text())
        return data_files({channel: str(path) for channel, path in copies.items()})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_files_are_copied_and_a_second_copy_finds_them(place: Place) -> None:
    assert place.copy().code == 0
    assert place.is_as_it_should_be()
    inode = place.target.stat().st_ino
    assert "already" in place.copy().said
    assert place.target.stat().st_ino == inode, "nothing is touched"
    modes = {one.stat().st_mode & 0o005 for one in place.target.rglob("*.csv")}
    assert modes == {0o004}, "SageMaker reads as somebody else"


def test_labels_of_equal_size_that_were_tampered_with_are_put_right(place: Place) -> None:
    place.copy()
    (place.target / "train/train.csv").write_text("3,0\n7,1\n")
    assert place.copy().code == 0
    assert place.is_as_it_should_be()


@pytest.mark.parametrize("name", ["train/more.csv", "train/train.csv.6bD3fA2c", "other/.x.csv"])
def test_a_file_too_many_would_be_read_and_goes(place: Place, name: str) -> None:
    place.copy()
    (place.target / name).parent.mkdir(exist_ok=True)
    (place.target / name).write_text("9,9\n")
    assert place.copy().code == 0
    assert place.is_as_it_should_be()


def test_a_copy_that_broke_off_leaves_nothing_that_a_job_would_read(place: Place) -> None:
    place.broken_at("validation")
    ended = place.copy("copy-1")
    assert ended.code == 1, "another try may mend it"
    assert "403" in ended.said
    assert not place.target.exists()
    place.broken_at("nothing")
    assert place.copy("copy-2").code == 0
    there = sorted(str(one.relative_to(place.target)) for one in place.target.rglob("*.csv"))
    assert there == ["train/train.csv", "validation/my $set.csv"]


def test_an_object_of_equal_size_and_other_content_is_refused_with_a_sentence(
    place: Place,
) -> None:
    place.put("train", "train.csv", "3,0\n7,1\n")
    ended = place.copy()
    assert ended.code == 65
    assert "train/train.csv has another SHA-256" in ended.said
    assert "run pulumi up" in ended.said
    assert not [*place.storage.rglob("*.csv")]


def test_an_object_that_is_cut_off_is_refused_by_its_size(place: Place) -> None:
    place.put("train", "train.csv", "7,0\n")
    assert "train/train.csv has 4 bytes instead of 8" in place.copy().said
