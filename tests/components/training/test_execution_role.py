"""Permissions of SageMaker while it runs a job, judged as IAM does."""

import json
from fnmatch import fnmatchcase

import pulumi
import pytest

from components.training.execution_role import CHECKPOINTS, ExecutionRole
from tests.mocks import deploy

BUCKET = "arn:aws:s3:::data"


def allowed(action: str, resource: str, *input_prefixes: str) -> bool:
    """Return whether some statement of the role allows an action on a resource."""

    def program() -> None:
        arn = pulumi.Output.from_input(BUCKET)
        ExecutionRole("jobs", {"bucket_arn": arn, "input_prefixes": input_prefixes})

    role = deploy(program)
    policy = json.loads(role.one(":RolePolicy").inputs["policy"])
    return any(
        action in each["Action"] and any(fnmatchcase(resource, one) for one in each["Resource"])
        for each in policy["Statement"]
    )


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_a_job_keeps_its_newest_checkpoints_only(action: str) -> None:
    assert allowed(action, f"{BUCKET}/{CHECKPOINTS}/digits/0123/xgboost-checkpoint.7")


@pytest.mark.parametrize("key", ["models/digits/model.tar.gz", "datasets/digits/train/a.csv"])
def test_a_job_deletes_neither_models_nor_data(key: str) -> None:
    assert not allowed("s3:DeleteObject", f"{BUCKET}/{key}")


def test_a_job_reads_the_script_that_it_runs() -> None:
    assert allowed("s3:GetObject", f"{BUCKET}/code/0123/sourcedir.tar.gz")


def test_a_job_reads_the_data_in_the_bucket_only_where_it_is_told_to() -> None:
    key = f"{BUCKET}/datasets/digits/train/a.csv"
    assert not allowed("s3:GetObject", key), "it mounts a file system"
    assert allowed("s3:GetObject", key, "datasets/")
    assert not allowed("s3:PutObject", key, "datasets/")
    assert not allowed("s3:GetObject", f"{BUCKET}/private/a", "datasets/")
