from typing import Any

from components.training.job import TrainingJob
from tests.components.training.test_specification import arguments
from tests.mocks import Deployment, deploy


def job(**algorithm: Any) -> Deployment:
    return deploy(lambda: TrainingJob("digits", arguments(**algorithm), after=[]))


def test_object_and_job_bear_the_name_that_the_specification_decides() -> None:
    inputs = job().one(":TrainingJob", "digits-job").inputs
    name = inputs["metadata"]["name"]
    assert name.startswith("dev-digits-")
    assert inputs["spec"]["trainingJobName"] == name
    assert job().one(":TrainingJob", "digits-job").inputs["metadata"]["name"] == name
    changed = job(instance_count=3).one(":TrainingJob", "digits-job").inputs["metadata"]["name"]
    assert changed != name


def test_a_job_that_sagemaker_refuses_fails_the_update_in_minutes() -> None:
    made = job().one(":TrainingJob", "digits-job")
    assert made.inputs["metadata"]["annotations"] == {
        "pulumi.com/waitFor": "jsonpath={.status.ackResourceMetadata.arn}"
    }
    assert made.options.customTimeouts.create == "5m"
