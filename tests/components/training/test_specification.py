from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.storage.base import DataSource
from components.training.specification import TrainingJobArgs, job_name, specification

SOURCE = DataSource(
    file_system_id="fs-1",
    file_system_type="EFS",
    channels={"train": "/shared/d/train", "validation": "/shared/d/validation"},
    subnet_ids=["subnet-1"],
    security_group_id="sg-1",
)


def arguments(**algorithm: Any) -> TrainingJobArgs:
    given_algorithm: dict[str, Any] = {
        "content_type": "text/csv",
        "instance_type": "ml.m5.large",
        "instance_count": 2,
        "volume_size_gib": 30,
        "max_runtime_seconds": 3600,
        "spot": False,
        "max_wait_seconds": None,
        "hyper_parameters": {"num_round": "50"},
    }
    args: dict[str, Any] = {
        "namespace": "training",
        "name_prefix": "dev-digits",
        "algorithm": {**given_algorithm, **algorithm},
        "image": "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1",
        "source": SOURCE,
        "role_arn": "arn:aws:iam::123456789012:role/r",
        "output_path": "s3://data/models/digits",
        "checkpoint_path": None,
        "tags": {"Project": "p"},
        "dataset_digest": "3f9a1c52e0b7",
        "run": 1,
        "namespace_uid": "0c1d",
    }
    return args  # type: ignore[return-value] # built by key


def test_each_channel_reads_its_directory_and_writes_nothing() -> None:
    channels = specification(arguments())["inputDataConfig"]
    assert [each["channelName"] for each in channels] == ["train", "validation"]
    source = channels[0]["dataSource"]["fileSystemDataSource"]
    assert source == {
        "fileSystemID": "fs-1",
        "fileSystemType": "EFS",
        "fileSystemAccessMode": "ro",
        "directoryPath": "/shared/d/train",
    }


def test_the_job_runs_in_the_vpc_where_the_file_system_admits_it() -> None:
    assert specification(arguments())["vpcConfig"] == {
        "securityGroupIDs": ["sg-1"],
        "subnets": ["subnet-1"],
    }


def test_only_spare_capacity_is_waited_for() -> None:
    assert specification(arguments())["stoppingCondition"] == {"maxRuntimeInSeconds": 3600}


@pytest.mark.parametrize(("wait", "expected"), [(7200, 7200), (None, 3600)])
def test_spare_capacity_is_waited_for_as_long_as_the_job_may_run(
    wait: int | None, expected: int
) -> None:
    spec = specification(arguments(spot=True, max_wait_seconds=wait))
    assert spec["enableManagedSpotTraining"] is True
    assert spec["stoppingCondition"]["maxWaitTimeInSeconds"] == expected


@given(prefix=st.from_regex(r"[a-z][a-z0-9-]{0,80}", fullmatch=True), text=st.text())
def test_a_name_is_one_that_kubernetes_and_sagemaker_both_take(prefix: str, text: str) -> None:
    name = job_name(prefix, text)
    assert len(name) <= 63
    assert name[-1] != "-"
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(one=st.text(), other=st.text())
def test_another_identity_has_another_name_and_the_same_has_the_same(one: str, other: str) -> None:
    assert (job_name("a", one) == job_name("a", other)) is (one == other)
