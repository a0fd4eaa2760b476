import re
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.training.job import TrainingJob
from components.training.submission import ANSWERED, accepted
from tests.components.training.test_specification import SOURCE, arguments
from tests.mocks import Deployment, deploy


def job(changes: dict[str, Any] | None = None, **algorithm: Any) -> Deployment:
    args: Any = {**arguments(**algorithm), **(changes or {})}
    return deploy(lambda: TrainingJob("digits", args, after=[]))


def name(made: Deployment) -> Any:
    return made.one(":TrainingJob", "digits-job").inputs["metadata"]["name"]


def test_object_and_job_bear_the_same_name() -> None:
    inputs = job().one(":TrainingJob", "digits-job").inputs
    assert inputs["metadata"]["name"].startswith("dev-digits-")
    assert inputs["spec"]["trainingJobName"] == inputs["metadata"]["name"] == name(job())


ANOTHER_MODEL: dict[str, dict[str, Any]] = {
    "image": {"changes": {"image": "another"}},
    "data": {"changes": {"dataset_digest": "ea0d648f77b2"}},
    "run": {"changes": {"run": 2}},
    "bucket": {"changes": {"output_path": "s3://other/models/digits"}},
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
    "subnets": {"changes": {"source": replace(SOURCE, subnet_ids=["subnet-1", "subnet-2"])}},
    "security group": {"changes": {"source": replace(SOURCE, security_group_id="sg-2")}},
    "file system": {"changes": {"source": replace(SOURCE, file_system_id="fs-2")}},
    "tags": {"changes": {"tags": {"Project": "p", "Team": "a"}}},
    "role": {"changes": {"role_arn": "arn:aws:iam::123456789012:role/other"}},
    "checkpoints": {"changes": {"checkpoint_path": "s3://data/checkpoints/digits"}},
    "volume": {"volume_size_gib": 60},
    "limit": {"max_runtime_seconds": 7200},
    "spot": {"spot": True, "max_wait_seconds": 7200},
}


@pytest.mark.parametrize("change", SAME_MODEL.values(), ids=SAME_MODEL)
def test_what_makes_the_same_model_trains_no_completed_job_again(change: dict[str, Any]) -> None:
    assert name(job(**change)) == name(job())


def test_a_job_that_keeps_its_name_is_left_as_sagemaker_took_it() -> None:
    made = job().one(":TrainingJob", "digits-job")
    assert list(made.options.ignoreChanges) == ["spec"]


def test_the_wait_ends_when_sagemaker_has_answered() -> None:
    made = job().one(":TrainingJob", "digits-job")
    assert made.inputs["metadata"]["annotations"] == {"pulumi.com/waitFor": ANSWERED}
    assert made.options.customTimeouts.create == "5m"


def test_the_wait_can_be_read_by_the_real_providers_library() -> None:
    assert ANSWERED.count("{") == ANSWERED.count("}") == 1, "the provider takes what is between"
    assert "=" not in ANSWERED.removeprefix("jsonpath=").replace("==", ""), "it splits there"
    tests = re.findall(r"\[\?([^\[\]]*)\]", ANSWERED)
    assert all(test.count("&&") < 2 for test in tests), "theory/jsonpath 0.9.0 reads no third"
    assert all("search" not in test or "@.message &&" in test for test in tests), "it would panic"


REFUSED = {"type": "ACK.Recoverable", "status": "True", "message": "ResourceLimitExceeded: none"}


def test_a_job_that_sagemaker_refuses_fails_the_update_with_its_reason() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        accepted("digits", "dev-digits-1", {"conditions": [REFUSED]})
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
    assert accepted("digits", "dev-digits-1", status) == "dev-digits-1"
