"""The AWS CLI's own `s3 sync`, by which a copy of a dataset would be kept up to date.

What it leaves undone is why a dataset's content is part of where it lies.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.accounts import VARIABLES

CLI = Path(sys.executable).with_name("aws")


@pytest.fixture
def sync(cloud, tmp_path):
    """Brings what is under a prefix into a folder."""
    if not CLI.exists():
        pytest.skip("the AWS CLI is not installed")
    variables = {
        **VARIABLES,
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }

    def run(*options: str) -> dict[str, str]:
        folder = tmp_path / "copy"
        command = [CLI, "s3", "sync", "s3://data/digits/", folder, "--endpoint-url", cloud.url]
        subprocess.run([*command, *options], env=variables, check=True, capture_output=True)
        return {file.name: file.read_text() for file in folder.iterdir()}

    return run


@pytest.fixture
def put(aws):
    aws.bucket("data")

    def call(name: str, text: str) -> None:
        aws.s3.put_object(Bucket="data", Key=f"digits/{name}", Body=text.encode())

    return call


@pytest.mark.parametrize("options", [(), ("--delete",), ("--size-only",)])
def test_a_file_of_equal_size_with_other_labels_is_never_copied(sync, put, options):
    put("train.csv", "1,2\n")
    assert sync(*options) == {"train.csv": "1,2\n"}
    put("train.csv", "0,2\n")
    assert sync(*options) == {"train.csv": "1,2\n"}, "the old labels"


def test_a_file_that_was_renamed_stays_under_its_old_name_too(aws, sync, put):
    put("train.csv", "1,2\n")
    sync()
    aws.s3.delete_object(Bucket="data", Key="digits/train.csv")
    put("training.csv", "1,2\n")
    assert sync() == {"train.csv": "1,2\n", "training.csv": "1,2\n"}


def test_an_update_that_deletes_at_its_end_shows_a_copy_both_files(sync, put):
    """Pulumi deletes what it replaced after everything that waits for the new."""
    put("train.csv", "1,2\n")
    put("training.csv", "1,2\n")
    assert sync("--delete") == {"train.csv": "1,2\n", "training.csv": "1,2\n"}
