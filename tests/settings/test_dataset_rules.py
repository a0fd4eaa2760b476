"""The files that jobs train on are looked at before anything is created."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from components.data_source_spec import MAX_FILES
from components.spec.errors import ConfigError, format_path
from settings import data_file
from settings.data_file import read_sample
from tests.settings.configs import A_FILE, ANOTHER_FILE, FILES, REMOVED, Case, assert_refused
from tests.settings.configs import errors as found_in

JOB = "training.jobs.digits"
FILE = "datasets.digits.files"
HEADER = str(FILES / "header.csv")
MISSING = "must be a file, or a folder with files"
WIDER = str(FILES / "wider.csv")

CASES = {
    "a dataset's file with a header": Case(
        {f"{FILE}.train": HEADER},
        f"{FILE}.train",
        "no header",
        f"{HEADER}: line 1: label,x,y,z",
        "--label",
    ),
    "one file for both channels": Case(
        {f"{FILE}.validation": A_FILE},
        f"{FILE}.validation",
        "other rows than train",
        A_FILE,
        "split",
    ),
    "other columns to validate with": Case(
        {f"{FILE}.validation": WIDER},
        f"{FILE}.validation",
        "as many columns as train, which has 4",
        f"{WIDER}: 5 columns",
        "prepare both alike",
    ),
    "fewer classes than labels": Case(
        {f"{JOB}.hyperParameters.num_class": "9"},
        f"{JOB}.hyperParameters.num_class",
        "above every label",
        "9",
        'set "10"',
    ),
    "classes for an objective of two": Case(
        {f"{JOB}.hyperParameters": {"objective": "binary:logistic", "num_round": "5"}},
        f"{JOB}.hyperParameters.objective",
        "labels from 0 to 1",
        "binary:logistic",
        "another objective",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


def of_file(content: bytes, folder: Path, **job: Any) -> list[ConfigError]:
    """The errors at a training file of that content, read by a job with those settings."""
    file = folder / "train.data"
    file.write_bytes(content)
    changes = {f"{FILE}.train": str(file), **{f"{JOB}.{key}": job[key] for key in job}}
    return [one for one in found_in(changes) if format_path(one.path) == f"{FILE}.train"]


@pytest.mark.parametrize(
    ("content", "rule", "remedy"),
    [
        (b"", "must have rows", "give a file with data"),
        (b"\n\n \n", "must have rows", "give a file with data"),
        (gzip.compress(b"0,1\n", mtime=0), "UTF-8, not compressed", "prepare it"),
        (b"PAR1\x15\x04\x15", "UTF-8, not compressed", "prepare it"),
        ("0,1,2\n".encode("utf-16"), "UTF-8, not compressed", "prepare it"),
        (b"0,1,\xe9t\xe9\n", "UTF-8, not compressed", "prepare it"),
        (b"0,1,2\x00\n", "UTF-8, not compressed", "prepare it"),
        (b"label,x,y\n0,1,2\n", "no header", "--label"),
        (b"0,1,2\n1,2\n", "as many fields", "prepare it"),
        (b"0,1,2\nspam,2,3\n", "the label, a number, in the first column", "prepare it"),
        (b"0,1,2\n,2,3\n", "the label, a number, in the first column", "prepare it"),
        (b'0,1,2\n1,"2",3\n', "numbers only", "prepare it"),
        (b"0,1,2\n1,red,3\n", "numbers only", "prepare it"),
        (b"0,1,2\n1,1_000,3\n", "numbers only", "prepare it"),
        (b"0\n1\n2\n", "a separator and two columns", "prepare it"),
        (b"0 1:2 3:4\n1 2:3\n", "contentType, text/csv", "set contentType to text/libsvm"),
    ],
)
def test_a_file_that_sagemaker_would_refuse_or_misread_is_refused(
    content: bytes, rule: str, remedy: str, tmp_path: Path
) -> None:
    [error] = of_file(content, tmp_path)
    assert rule in error.rule
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"0,1,2\n1,2,3\n", "set contentType to text/csv"),
        (b"0 1:2\n1 two:3\n", "LABEL INDEX:VALUE"),
    ],
)
def test_a_file_that_is_not_libsvm_is_refused(content: bytes, remedy: str, tmp_path: Path) -> None:
    [error] = of_file(content, tmp_path, contentType="text/libsvm")
    assert "text/libsvm" in error.rule
    assert remedy in error.remedy


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf0,1,2\n1,2,3\n",
        b"0;1;2\n1;2;3\n",
        b"0\t1\t2\n1\t2\t3\n",
        b"0,NA,2\n1,,nan\n",
        b"0,1e-3,-.5\r\n1,2.,3\r\n",
    ],
)
def test_a_table_that_sagemaker_reads_is_taken(content: bytes, tmp_path: Path) -> None:
    assert of_file(content, tmp_path) == []


def test_sparse_rows_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_bytes(b"0 1:2 3:4\n1:0.5 2:3e-1 # weighted\n1\n")
    assert read_sample(file, "text/libsvm").problems == []


def test_all_problems_of_a_file_are_found_at_once(tmp_path: Path) -> None:
    found = of_file(b"name,x\nspam,1\n0,red\n0,1,2\n", tmp_path)
    assert len(found) == 4


def test_an_image_of_ones_own_reads_whatever_it_likes(tmp_path: Path) -> None:
    own = "123456789012.dkr.ecr.us-west-2.amazonaws.com/own:1.0"
    assert of_file(b"PAR1", tmp_path, image=own, hyperParameters=REMOVED) == []


def test_a_large_file_is_looked_at_and_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as stream:
        stream.write(b"0,1\n" * 600_000)
        stream.write(b"broken")
    found = read_sample(file, "text/csv")
    assert found.problems == []
    assert len(found.labels) == data_file.MAX_ROWS


def test_the_same_content_under_another_name_is_no_validation(tmp_path: Path) -> None:
    file = tmp_path / "copy.csv"
    file.write_bytes(Path(A_FILE).read_bytes())
    found = found_in({f"{FILE}.validation": str(file)})
    assert [format_path(one.path) for one in found] == [f"{FILE}.validation"]
    assert found_in({f"{FILE}.validation": ANOTHER_FILE}) == []


@pytest.mark.parametrize("classes", ["\u00b2", "\u0661\u0660", "9" * 5000])
def test_classes_in_other_digits_end_in_no_traceback(classes: str) -> None:
    found_in({f"{JOB}.hyperParameters.num_class": classes})


@pytest.mark.parametrize("file", ["a" * 5000, "a\0b", "", "/dev/zero"])
def test_a_path_that_no_file_can_have_is_a_file_that_is_missing(file: str) -> None:
    [error] = found_in({f"{FILE}.train": file})
    assert (format_path(error.path), error.rule) == (f"{FILE}.train", MISSING)


def test_a_folder_of_a_whole_disk_is_not_walked_to_its_end(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}.csv").touch()
    [error] = found_in({f"{FILE}.train": str(tmp_path)})
    assert format_path(error.path) == FILE
    assert "aws s3 sync" in error.remedy
    assert found_in({f"{FILE}.train": "/"}) != []


def test_digits_of_other_scripts_are_no_numbers_to_xgboost(tmp_path: Path) -> None:
    [error] = of_file("1,٣,2\n0,1,2\n".encode(), tmp_path)
    assert "numbers only" in error.rule
