import json
import re
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spec.errors import SpecError
from components.storage.data_source import FileSystemDataSource, S3DataSource
from components.training.submission import WAIT_CONDITION, require_accepted
from components.training.training_job import (
    TrainingJob,
    TrainingJobArgs,
    job_name,
)
from components.training.training_job_spec import TrainingJobSpec
from tests.mocks import Deployment, deploy

LEAST = {"num_round": "50"}
IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/xgboost:1.7-1"

SOURCE = FileSystemDataSource(
    file_system_id="fs-1",
    file_system_type="EFS",
    channels={"train": "/shared/d/train", "validation": "/shared/d/validation"},
    subnet_ids=["subnet-1"],
    security_group_id="sg-1",
)
IN_S3 = S3DataSource(
    channels={"train": "s3://data/d/train/", "validation": "s3://data/d/validation/"},
    subnet_ids=["subnet-1"],
    security_group_id="sg-1",
)


def spec(**changes: Any) -> TrainingJobSpec:
    given: dict[str, Any] = {
        "image": IMAGE,
        "instance_count": 2,
        "hyper_parameters": {"num_round": "50"},
    }
    return TrainingJobSpec(**{**given, **changes})


def arguments(**changes: Any) -> TrainingJobArgs:
    """All arguments of a job, whose settings are changed."""
    return {
        "spec": spec(**changes),
        "source": SOURCE,
        "bucket_name": "data",
        "role_arn": "arn:aws:iam::123456789012:role/r",
        "namespace": "training",
        "name": "digits",
        "dataset_digest": "3f9a1c52e0b7",
        "namespace_uid": "0c1d",
        "tags": {"Project": "p"},
    }


def job(changes: dict[str, Any] | None = None, **settings: Any) -> Deployment:
    args: Any = {**arguments(**settings), **(changes or {})}
    return deploy(lambda: TrainingJob("training-digits", args))


def inputs(made: Deployment) -> Any:
    """Inputs of the TrainingJob object."""
    return made.one("v1alpha1:TrainingJob").inputs


def name(made: Deployment) -> Any:
    return inputs(made)["metadata"]["name"]


def test_object_and_job_have_the_same_name() -> None:
    found = inputs(job())
    assert found["metadata"]["name"].startswith("test-digits-")
    assert found["spec"]["trainingJobName"] == found["metadata"]["name"] == name(job())


def test_without_optional_arguments_a_job_is_named_after_its_component() -> None:
    given = arguments(image=None, checkpoints=True, hyper_parameters=LEAST)
    args: TrainingJobArgs = {
        "spec": given["spec"],
        "source": given["source"],
        "bucket_name": "mine",
        "role_arn": given["role_arn"],
        "namespace": "default",
    }
    made = inputs(deploy(lambda: TrainingJob("letters", args)))
    assert made["metadata"]["name"].startswith("test-letters-")
    assert made["metadata"]["namespace"] == "default"
    spec = made["spec"]
    assert spec["outputDataConfig"] == {"s3OutputPath": "s3://mine/models/letters"}
    assert spec["checkpointConfig"]["s3URI"].startswith("s3://mine/checkpoints/letters/")
    assert "sagemaker-xgboost:3.2-0" in spec["algorithmSpecification"]["trainingImage"]
    tags = {each["key"]: each["value"] for each in spec["tags"]}
    assert tags == {
        "Project": "eks-ml-storage",
        "Stack": "test",
        "Name": "letters",
        "Run": "1",
    }, "by the first two the controller may stop it"


def test_a_job_with_a_script_uploads_it_and_waits_for_it() -> None:
    made = job(image=None, script=True)
    archive = made.one(":BucketObjectv2")
    submitted = made.one("v1alpha1:TrainingJob")
    assert archive in made.waits_for(submitted)
    address = submitted.inputs["spec"]["hyperParameters"]["sagemaker_submit_directory"]
    assert json.loads(address) == f"s3://data/{archive.inputs['key']}"


def test_a_script_that_is_uploaded_already_is_used() -> None:
    made = job({"script_uri": "s3://data/code/1/sourcedir.tar.gz"}, image=None, script=True)
    assert made.of_type(":BucketObjectv2") == []
    given = inputs(made)["spec"]["hyperParameters"]["sagemaker_submit_directory"]
    assert json.loads(given) == "s3://data/code/1/sourcedir.tar.gz"


def test_only_the_job_waits_for_what_its_component_depends_on() -> None:
    def program() -> None:
        controller = aws.sqs.Queue("controller")
        opts = pulumi.ResourceOptions(depends_on=[controller])
        TrainingJob("digits", arguments(), opts)

    made = deploy(program)
    assert made.one(":Queue") in made.waits_for(made.one("v1alpha1:TrainingJob"))
    component = made.one("eks-ml-storage:training:TrainingJob")
    assert made.waits_for(component) == []


def test_a_wrong_spec_is_refused_with_all_of_its_errors() -> None:
    with pytest.raises(SpecError) as caught:
        TrainingJobSpec(
            instance_type="m5.large",
            spot=True,
            hyper_parameters={"num_round": "0", "max_dept": "3"},
            volume_size_gib=0,
        )
    text = str(caught.value)
    assert "TrainingJobSpec has 5 errors." in text
    for part in (
        "1. TrainingJobSpec.volume_size_gib",
        "TrainingJobSpec.instance_type\n     rule:   must be a SageMaker instance type",
        "TrainingJobSpec.max_wait_seconds\n     rule:   spot training needs a limit",
        "TrainingJobSpec.hyper_parameters.num_round",
        "remedy: use max_depth",
    ):
        assert part in text


ANOTHER_MODEL: dict[str, dict[str, Any]] = {
    "image": {"image": IMAGE.replace("1.7-1", "1.7-2")},
    "data": {"changes": {"dataset_digest": "ea0d648f77b2"}},
    "run": {"run": 2},
    "bucket": {"changes": {"bucket_name": "other"}},
    "name": {"changes": {"name": "other"}},
    "cluster made again": {"changes": {"namespace_uid": "9f8e"}},
    "hyperparameters": {"hyper_parameters": {"num_round": "60"}},
    "format": {"content_type": "text/libsvm"},
    "instances": {"instance_count": 3},
    "instance type": {"instance_type": "ml.m5.xlarge"},
}


@pytest.mark.parametrize("change", ANOTHER_MODEL.values(), ids=ANOTHER_MODEL)
def test_what_makes_another_model_makes_another_job(change: dict[str, Any]) -> None:
    assert name(job(**change)) != name(job())


SAME_MODEL: dict[str, dict[str, Any]] = {
    "subnets": {"changes": {"source": replace(SOURCE, subnet_ids=[])}},
    "security group": {"changes": {"source": replace(SOURCE, security_group_id="sg-2")}},
    "file system": {"changes": {"source": replace(SOURCE, file_system_id="fs-2")}},
    "tags": {"changes": {"tags": {"Project": "p", "Team": "a"}}},
    "role": {"changes": {"role_arn": "arn:aws:iam::123456789012:role/other"}},
    "checkpoints": {"checkpoints": True},
    "volume": {"volume_size_gib": 60},
    "limit": {"max_runtime_seconds": 7200},
    "spot": {"spot": True, "max_wait_seconds": 7200},
}


@pytest.mark.parametrize("change", SAME_MODEL.values(), ids=SAME_MODEL)
def test_what_makes_the_same_model_trains_no_completed_job_again(change: dict[str, Any]) -> None:
    assert name(job(**change)) == name(job())


def test_a_job_that_keeps_its_name_is_left_as_sagemaker_took_it() -> None:
    made = job().one("v1alpha1:TrainingJob")
    assert list(made.options.ignoreChanges) == ["spec"]


def test_the_wait_ends_when_sagemaker_has_answered() -> None:
    made = job().one("v1alpha1:TrainingJob")
    assert made.inputs["metadata"]["annotations"] == {"pulumi.com/waitFor": WAIT_CONDITION}
    assert made.options.customTimeouts.create == "5m"


def test_the_wait_can_be_read_by_the_real_providers_library() -> None:
    assert WAIT_CONDITION.count("{") == WAIT_CONDITION.count("}") == 1, (
        "the provider takes what is between"
    )
    assert "=" not in WAIT_CONDITION.removeprefix("jsonpath=").replace("==", ""), "it splits there"
    tests = re.findall(r"\[\?([^\[\]]*)\]", WAIT_CONDITION)
    assert all(test.count("&&") < 2 for test in tests), "theory/jsonpath 0.9.0 reads no third"
    assert all("search" not in test or "@.message &&" in test for test in tests), "it would panic"


REFUSED = {"type": "ACK.Recoverable", "status": "True", "message": "ResourceLimitExceeded: none"}


def test_a_job_that_sagemaker_refuses_fails_the_update_with_its_reason() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        require_accepted("digits", "dev-digits-1", {"conditions": [REFUSED]})
    assert "refused the training job dev-digits-1: ResourceLimitExceeded: none" in str(caught.value)
    assert "training.jobs.digits" in str(caught.value)


@pytest.mark.parametrize(
    "status",
    [
        None,
        {"ackResourceMetadata": {"arn": "arn:x"}},
        {"ackResourceMetadata": {"arn": "arn:x"}, "conditions": [REFUSED]},
        {"conditions": [{**REFUSED, "status": "False"}]},
    ],
)
def test_a_job_that_sagemaker_has_taken_is_accepted(status: dict[str, Any] | None) -> None:
    assert require_accepted("digits", "dev-digits-1", status) == "dev-digits-1"


def test_each_channel_reads_its_directory_and_writes_nothing() -> None:
    channels = inputs(job())["spec"]["inputDataConfig"]
    assert [each["channelName"] for each in channels] == ["train", "validation"]
    source = channels[0]["dataSource"]["fileSystemDataSource"]
    assert source == {
        "fileSystemID": "fs-1",
        "fileSystemType": "EFS",
        "fileSystemAccessMode": "ro",
        "directoryPath": "/shared/d/train",
    }


def test_the_job_runs_in_the_vpc_where_the_file_system_admits_it() -> None:
    assert inputs(job())["spec"]["vpcConfig"] == {
        "securityGroupIDs": ["sg-1"],
        "subnets": ["subnet-1"],
    }


def test_only_spare_capacity_is_waited_for() -> None:
    assert inputs(job())["spec"]["stoppingCondition"] == {"maxRuntimeInSeconds": 3600}


def test_spare_capacity_is_waited_for_as_long_as_is_allowed() -> None:
    spec = inputs(job(spot=True, max_wait_seconds=7200))["spec"]
    assert spec["enableManagedSpotTraining"] is True
    assert spec["stoppingCondition"]["maxWaitTimeInSeconds"] == 7200


@given(prefix=st.from_regex(r"[a-z][a-z0-9-]{0,80}", fullmatch=True), text=st.text())
def test_a_name_is_one_that_kubernetes_and_sagemaker_both_take(prefix: str, text: str) -> None:
    name = job_name(prefix, text)
    assert len(name) <= 63
    assert name[-1] != "-"
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(one=st.text(), other=st.text())
def test_another_identity_has_another_name_and_the_same_has_the_same(one: str, other: str) -> None:
    assert (job_name("a", one) == job_name("a", other)) is (one == other)


def test_a_job_reads_s3_where_sagemaker_does_not_mount_the_storage() -> None:
    mounted, copied = inputs(job())["spec"], inputs(job({"source": IN_S3}))["spec"]
    assert [each["dataSource"] for each in copied["inputDataConfig"]] == [
        {
            "s3DataSource": {
                "s3DataType": "S3Prefix",
                "s3URI": f"s3://data/d/{channel}/",
                "s3DataDistributionType": "FullyReplicated",
            }
        }
        for channel in ("train", "validation")
    ]
    assert {key for key in mounted if mounted[key] != copied[key]} == {"inputDataConfig"}


def test_a_completed_job_is_not_run_again_when_its_data_is_read_another_way() -> None:
    assert name(job()) == name(job({"source": IN_S3}))
