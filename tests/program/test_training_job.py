"""ACK's TrainingJob is SageMaker's CreateTrainingJob in other letters, and checked as such."""

from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from tests.mocks import Deployment
from tests.program.conftest import Deploy, prefix


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


def assert_taken(deployment: Deployment, model: Shape) -> Any:
    """The request that SageMaker gets, which it would take."""
    request = to_sagemaker(spec(deployment), model)
    report = ParamValidator().validate(request, model)
    assert not report.has_errors(), report.generate_report()
    return request


HYPER_PARAMETERS = {
    "dev": {"objective": "multi:softmax", "num_class": "10", "num_round": "50"},
    "prod": {"objective": "multi:softmax", "num_class": "10", "num_round": "100", "eta": "0.2"},
}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_sagemaker_is_asked_to_train_on_the_channels_with_the_hyperparameters_of_the_stack(
    name: str, deployed: Deploy, model: Shape
) -> None:
    deployment = deployed(name)
    request = assert_taken(deployment, model)
    assert request["HyperParameters"] == HYPER_PARAMETERS[name]
    content = prefix(deployment)
    linked = f"/{deployment.exports['mountName']}/{content.removeprefix('datasets/')}"
    root = {"dev": f"/shared/{content}", "prod": linked}[name]
    assert request["InputDataConfig"] == [
        {
            "ChannelName": channel,
            "ContentType": "text/csv",
            "InputMode": "File",
            "DataSource": {
                "FileSystemDataSource": {
                    "FileSystemId": deployment.exports["fileSystemId"],
                    "FileSystemType": {"dev": "EFS", "prod": "FSxLustre"}[name],
                    "FileSystemAccessMode": "ro",
                    "DirectoryPath": f"{root}/{channel}",
                }
            },
        }
        for channel in ("train", "validation")
    ]
    bucket = deployment.exports["bucket"]
    assert request["OutputDataConfig"] == {"S3OutputPath": f"s3://{bucket}/models/digits"}
    assert "CheckpointConfig" not in request


def test_a_script_is_trained_with_as_sagemakers_sdk_would(deployed: Deploy, model: Shape) -> None:
    deployment = deployed("prod", {"training.jobs.digits.script": True})
    request = assert_taken(deployment, model)
    code = deployment.one(":BucketObjectv2", "training-script-code")
    own = {key: f'"{value}"' for key, value in HYPER_PARAMETERS["prod"].items()}
    assert request["HyperParameters"] == {
        **own,
        "sagemaker_container_log_level": "20",
        "sagemaker_program": '"train.py"',
        "sagemaker_region": '"us-west-2"',
        "sagemaker_submit_directory": f'"s3://{deployment.exports["bucket"]}/{code.inputs["key"]}"',
    }
    assert (
        request["AlgorithmSpecification"]["TrainingImage"]
        == (spec(deployed("prod"))["algorithmSpecification"]["trainingImage"])
    ), "the same image runs it"
    job = deployment.one("v1alpha1:TrainingJob", "training-digits-job")
    assert code in deployment.waits_for(job), "the script is there before the job"


def test_without_a_script_there_is_none_in_the_bucket(stack: Deployment) -> None:
    assert not [each for each in stack.of_type(":BucketObjectv2") if "script" in each.name]


def test_checkpoints_are_in_a_place_that_no_other_specification_has(
    deployed: Deploy, model: Shape
) -> None:
    def place(**changes: Any) -> Any:
        settings = {f"training.jobs.digits.{key}": value for key, value in changes.items()}
        deployment = deployed("dev", {"training.jobs.digits.checkpoints": True, **settings})
        uri = assert_taken(deployment, model)["CheckpointConfig"]["S3Uri"]
        assert uri.startswith(f"s3://{deployment.exports['bucket']}/checkpoints/digits/")
        assert uri.endswith("/")
        return uri

    places = [place(), place(run=2), place(hyperParameters={"num_round": "7"})]
    assert len(set(places)) == 3, "a job goes on from whatever it finds"
    assert place(maxRuntimeSeconds=7200) == places[0], "what it finds is its own"


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
        f"/shared/{prefix(dev)}/train",
        f"/shared/{prefix(dev)}/validation",
    ]
    root = f"/{prod.exports['mountName']}/{prefix(prod).removeprefix('datasets/')}"
    assert directories(prod) == [f"{root}/train", f"{root}/validation"]


def test_a_tag_of_the_job_tells_the_content_of_its_dataset(stack: Deployment) -> None:
    tags = {each["key"]: each["value"] for each in spec(stack)["tags"]}
    assert set(tags) == {"Project", "Stack", "Name", "DatasetDigest", "Run"}


GROWTH: dict[str, dict[str, Any]] = {
    "a zone": {"network.zones": ["us-west-2a", "us-west-2b", "us-west-2c"]},
    "a tag": {"tags": {"Team": "a"}},
    "a node group": {"nodeGroups.more": {"instanceTypes": ["m6i.large"]}},
    "another back end": {"storage.backend": "fsx"},
    "a longer limit": {"training.jobs.digits.maxRuntimeSeconds": 7200},
}


@pytest.mark.parametrize("changes", GROWTH.values(), ids=GROWTH)
def test_a_stack_that_grows_trains_no_completed_job_again(
    changes: dict[str, Any], deployed: Deploy, dev: Deployment
) -> None:
    grown = deployed("dev", changes)
    assert grown.exports["trainingJobs"] == dev.exports["trainingJobs"]


def test_the_same_job_can_be_run_again_under_a_name_that_sagemaker_has_not_seen(
    deployed: Deploy, dev: Deployment
) -> None:
    again = deployed("dev", {"training.jobs.digits.run": 2})
    first, second = spec(dev), spec(again)
    assert first["trainingJobName"] != second["trainingJobName"]
    assert {key for key in first if first[key] != second[key]} == {"trainingJobName", "tags"}
    assert {"key": "Run", "value": "2"} in second["tags"]
