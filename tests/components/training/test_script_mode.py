import ast
import gzip
import io
import json
import subprocess
import sys
import tarfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.training.script_mode import (
    MODULE,
    PROGRAM,
    PROGRAM_TEXT,
    TrainingScript,
    archive,
    script_parameters,
    source_files,
)
from tests.mocks import ROOT, deploy

SAGEMAKERS_PYTHON = (3, 10)
"""Of the XGBoost images. Source: their Dockerfiles."""

FILES = st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.py", fullmatch=True), st.binary())


@pytest.fixture
def package(tmp_path: Path) -> Path:
    files = {
        "jobs/__init__.py": '"""Jobs."""',
        "jobs/train.py": "import json\nfrom jobs import rows\nfrom jobs.deep.faults import Fault\n",
        "jobs/rows.py": "import jobs.shapes\n",
        "jobs/shapes.py": "import numpy\n",
        "jobs/deep/__init__.py": "",
        "jobs/deep/faults.py": "from jobs import train\nclass Fault(Exception): ...\n",
        "jobs/download.py": "import boto3\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive that a stack puts in the bucket, unpacked as the image does."""
    folder = tmp_path_factory.mktemp("code")
    with tarfile.open(fileobj=io.BytesIO(b64decode(script().inputs["contentBase64"]))) as packed:
        packed.extractall(folder, filter="data")
    return folder


def script() -> Any:
    def program() -> None:
        made = TrainingScript("script", {"bucket_name": pulumi.Output.from_input("data")})
        pulumi.export("uri", made.uri)

    made = deploy(program)
    object_ = made.one(":BucketObjectv2")
    assert made.exports["uri"] == f"s3://data/{object_.inputs['key']}"
    return object_


def parameters(own: dict[str, pulumi.Input[str]]) -> dict[str, str]:
    def program() -> None:
        code = pulumi.Output.from_input("s3://data/code/1/sourcedir.tar.gz")
        pulumi.export("given", script_parameters(own, code, "us-west-2"))

    given: dict[str, str] = deploy(program).exports["given"]
    return given


def test_a_module_comes_with_what_it_imports_of_its_package_and_no_more(package: Path) -> None:
    assert set(source_files(package, "jobs.train")) == {
        "jobs/__init__.py",
        "jobs/train.py",
        "jobs/rows.py",
        "jobs/shapes.py",
        "jobs/deep/__init__.py",
        "jobs/deep/faults.py",
    }


def test_a_module_that_training_does_not_need_does_not_make_another_archive(package: Path) -> None:
    before = archive(source_files(package, "jobs.train"))
    (package / "jobs" / "download.py").write_text("import requests\n")
    assert archive(source_files(package, "jobs.train")) == before
    (package / "jobs" / "shapes.py").write_text("import scipy\n")
    assert archive(source_files(package, "jobs.train")) != before


@settings(max_examples=30)
@given(FILES)
def test_an_archive_is_the_same_bytes_of_the_same_files(files: dict[str, bytes]) -> None:
    packed = archive(files)
    assert archive(dict(reversed(files.items()))) == packed
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as tar:
        found = {each.name: tar.extractfile(each) for each in tar}
        assert {name: stream and stream.read() for name, stream in found.items()} == files


def test_the_archives_address_tells_its_content() -> None:
    object_ = script()
    assert object_.inputs["key"] == script().inputs["key"]
    _, digest, name = object_.inputs["key"].split("/")
    assert len(digest) == 12
    assert name == "sourcedir.tar.gz"


def test_the_program_is_at_the_root_where_the_image_runs_it_by_its_module(unpacked: Path) -> None:
    assert (unpacked / PROGRAM).read_text() == PROGRAM_TEXT
    assert "/" not in PROGRAM


def test_the_archive_has_all_that_the_script_needs_to_say_how_it_is_used(unpacked: Path) -> None:
    command = [sys.executable, "-m", PROGRAM.removesuffix(".py"), "--help"]
    said = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "--train" in said.stdout
    assert f"import {MODULE}" not in said.stderr


def test_the_archive_is_written_in_the_python_of_sagemakers_image(unpacked: Path) -> None:
    sources = [*unpacked.rglob("*.py")]
    assert len(sources) > 2
    for source in sources:
        ast.parse(source.read_text(), feature_version=SAGEMAKERS_PYTHON)
        assert "StrEnum" not in source.read_text(), "Python 3.11 has it first"


def test_the_image_learns_of_the_script_by_hyperparameters_as_the_sdk_writes_them() -> None:
    found = parameters({"num_round": "50", "objective": "multi:softmax"})
    assert found == {
        "num_round": '"50"',
        "objective": '"multi:softmax"',
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": '"s3://data/code/1/sourcedir.tar.gz"',
        "sagemaker_container_log_level": "20",
        "sagemaker_region": '"us-west-2"',
    }
    assert json.loads(found["num_round"]) == "50"


def test_the_packed_script_is_that_of_this_project(unpacked: Path) -> None:
    assert (unpacked / "workloads" / "train.py").read_bytes() == (
        ROOT / "workloads" / "train.py"
    ).read_bytes()
