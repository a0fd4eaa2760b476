"""ACK's TrainingJob is SageMaker's CreateTrainingJob in other letters, and checked as such."""

from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from tests.mocks import Deployment
from tests.program.conftest import Deploy


@pytest.fixture(scope="module")
def model() -> Shape:
    """The input of CreateTrainingJob, as the AWS SDK has it."""
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape: Shape = service.operation_model("CreateTrainingJob").input_shape
    return shape


def to_sagemaker(value: Any, shape: Shape, path: str = "spec") -> Any:
    """A value of the object as SageMaker takes it: its names differ in upper and lower case only.

    Raises:
        KeyError: The object has a field that SageMaker has not.
    """
    if isinstance(shape, StructureShape):
        members = {name.lower(): name for name in shape.members}
        names = {key: members[key.lower()] for key in value}
        return {
            names[key]: to_sagemaker(each, shape.members[names[key]], f"{path}.{key}")
            for key, each in value.items()
        }
    if isinstance(shape, ListShape):
        return [to_sagemaker(each, shape.member, f"{path}[]") for each in value]
    if isinstance(shape, MapShape):
        return dict(value)
    return value


def spec(deployment: Deployment) -> Any:
    """The specification of the stack's training job."""
    return deployment.one("v1alpha1:TrainingJob", "training-digits-job").inputs["spec"]


def test_sagemaker_takes_the_specification(stack: Deployment, model: Shape) -> None:
    report = ParamValidator().validate(to_sagemaker(spec(stack), model), model)
    assert not report.has_errors(), report.generate_report()


def test_acronyms_are_in_ack_s_capitals(stack: Deployment) -> None:
    text = str(spec(stack))
    for name in ("roleARN", "fileSystemID", "securityGroupIDs", "volumeSizeInGB"):
        assert f"'{name}'" in text


def test_the_check_sees_what_is_wrong(dev: Deployment, model: Shape) -> None:
    wrong = {**spec(dev), "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": "2"}}
    assert ParamValidator().validate(to_sagemaker(wrong, model), model).has_errors()
    with pytest.raises(KeyError):
        to_sagemaker({**spec(dev), "inputDataConfg": []}, model)


def test_the_image_is_sagemakers_xgboost_of_the_region(stack: Deployment) -> None:
    image = spec(stack)["algorithmSpecification"]["trainingImage"]
    assert image == "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:3.2-0"


def test_the_job_reads_the_back_end_where_the_dataset_is(dev: Deployment, prod: Deployment) -> None:
    def directories(deployment: Deployment) -> list[str]:
        return [
            channel["dataSource"]["fileSystemDataSource"]["directoryPath"]
            for channel in spec(deployment)["inputDataConfig"]
        ]

    assert directories(dev) == [
        "/shared/datasets/digits/train",
        "/shared/datasets/digits/validation",
    ]
    mount_name = prod.exports["mountName"]
    assert directories(prod) == [f"/{mount_name}/digits/train", f"/{mount_name}/digits/validation"]


def test_a_tag_of_the_job_tells_the_content_of_its_dataset(stack: Deployment) -> None:
    tags = {each["key"]: each["value"] for each in spec(stack)["tags"]}
    assert set(tags) == {"Project", "Stack", "Name", "DatasetDigest", "Run"}


def test_the_same_job_can_be_run_again_under_a_name_that_sagemaker_has_not_seen(
    deployed: Deploy, dev: Deployment
) -> None:
    again = deployed("dev", {"training.jobs.digits.run": 2})
    first, second = spec(dev), spec(again)
    assert first["trainingJobName"] != second["trainingJobName"]
    assert {key for key in first if first[key] != second[key]} == {"trainingJobName", "tags"}
    assert {"key": "Run", "value": "2"} in second["tags"]
