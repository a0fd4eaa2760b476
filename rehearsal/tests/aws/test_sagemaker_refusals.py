"""Training jobs that SageMaker refuses, and a stack config before it."""

from __future__ import annotations

import pytest
from moto.s3.models import s3_backends

REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
DAY = 86_400


@pytest.fixture
def create(aws):
    role, bucket = aws.role("training", "sagemaker.amazonaws.com"), aws.bucket()
    aws.s3.put_object(Bucket=bucket, Key="digits/train.csv", Body=b"1,2\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/digits/"}

    def call(**settings):
        request = {
            "TrainingJobName": "dev-digits-0123abcd",
            "RoleArn": role,
            "AlgorithmSpecification": {
                "TrainingImage": f"{REGISTRY}/trainer:1",
                "TrainingInputMode": "File",
            },
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models/"},
            "ResourceConfig": RESOURCES,
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        }
        return aws.sagemaker.create_training_job(**(request | settings))

    return call


@pytest.mark.parametrize("stack", ["my_stack", "prod.eu", "-dev-", "x" * 50])
def test_a_stacks_name_that_is_none_for_a_job_fails_the_first_job(create, refused, stack):
    name = f"{stack}-digits-0123abcd"
    refused("ValidationException", create, "TrainingJobName", TrainingJobName=name)


@pytest.mark.parametrize("type_", ["ml.m99.large", "ml.ml.m5.large", "m5.large", "ml.m5"])
def test_an_instance_type_that_there_is_not_is_refused(create, refused, type_):
    resources = {**RESOURCES, "InstanceType": type_}
    refused("ValidationException", create, type_, ResourceConfig=resources)


@pytest.mark.parametrize("given", [{"lines": "1\n2"}, {"long": "x" * 2501}, {"n" * 257: "1"}])
def test_a_hyperparameter_of_another_size_or_with_lines_is_refused(create, refused, given):
    refused("ValidationException", create, "HyperParameters", HyperParameters=given)


def test_a_hundred_hyperparameters_are_taken_and_one_more_is_refused(create, refused):
    given = {f"p{number}": "1" for number in range(101)}
    naming = "less than or equal to 100"
    refused("ValidationException", create, naming, HyperParameters=given)
    given.popitem()
    create(HyperParameters=given)


@pytest.mark.parametrize(
    ("spot", "stopping", "naming"),
    [
        (True, {}, "MaxWaitTimeInSeconds is required"),
        (False, {"MaxWaitTimeInSeconds": 7200}, "only supported when EnableManagedSpotTraining"),
        (True, {"MaxWaitTimeInSeconds": 60}, "greater than or equal to MaxRuntimeInSeconds"),
        (False, {"MaxRuntimeInSeconds": 31 * DAY}, "2419200"),
    ],
)
def test_limits_in_time_that_do_not_go_together_are_refused(
    create, refused, spot, stopping, naming
):
    condition = {"MaxRuntimeInSeconds": 3600, **stopping}
    job = {"EnableManagedSpotTraining": spot, "StoppingCondition": condition}
    refused("ValidationException", create, naming, **job)


def test_spot_training_with_a_limit_on_waiting_is_taken(create):
    condition = {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600}
    create(EnableManagedSpotTraining=True, StoppingCondition=condition)


@pytest.mark.parametrize("size", [0, None])
def test_an_instance_without_disks_of_its_own_needs_a_volume(create, refused, size):
    resources = {**RESOURCES, "VolumeSizeInGB": size}
    if size is None:
        del resources["VolumeSizeInGB"]
    refused("ValidationException", create, "VolumeSizeInGB", ResourceConfig=resources)


def test_an_instance_with_disks_of_its_own_needs_none(create):
    create(ResourceConfig={"InstanceType": "ml.g5.xlarge", "InstanceCount": 1})


@pytest.mark.parametrize(
    "image",
    ["docker.io/library/python:3.12", f"{REGISTRY}/x:1".replace("us-west-2", "eu-west-1")],
)
def test_an_image_elsewhere_than_in_the_regions_registry_is_refused(create, refused, image):
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    refused("ValidationException", create, image, AlgorithmSpecification=algorithm)


def test_checkpoints_go_to_a_bucket_that_is_there(create, refused):
    checkpoints = {"S3Uri": "s3://missing/checkpoints/"}
    refused("ValidationException", create, "missing", CheckpointConfig=checkpoints)


@pytest.mark.parametrize("where", ["OutputDataConfig", "ResourceConfig"])
def test_a_key_of_another_region_encrypts_no_model_and_no_volume(create, refused, where):
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    given = {
        "OutputDataConfig": {"S3OutputPath": "s3://data/models/", "KmsKeyId": key},
        "ResourceConfig": {**RESOURCES, "VolumeKmsKeyId": key},
    }
    refused("ValidationException", create, "eu-west-1", **{where: given[where]})


def test_a_tag_of_awss_own_is_refused(create, refused):
    refused("ValidationException", create, "aws:", Tags=[{"Key": "aws:mine", "Value": "x"}])


def test_a_name_that_exists_already_is_refused(create, refused):
    create()
    refused("ResourceInUse", create, "must be unique")


GROUPS = [{"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": "a"}]


@pytest.mark.parametrize(
    ("resources", "naming"),
    [
        ({**RESOURCES, "InstanceGroups": GROUPS}, "not both"),
        ({"VolumeSizeInGB": 30}, "InstanceType"),
        ({**RESOURCES, "VolumeSizeInGB": 16_385}, "16384"),
    ],
)
def test_resources_that_no_job_has_are_refused(create, refused, resources, naming):
    refused("ValidationException", create, naming, ResourceConfig=resources)


def test_a_channel_is_given_once(create, refused):
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://data/digits/"}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    refused("ValidationException", create, "unique", InputDataConfig=[channel, channel])


def test_a_bucket_of_another_region_is_refused(create, refused):
    s3_backends["123456789012"]["aws"].create_bucket("elsewhere", "eu-west-1")
    output = {"S3OutputPath": "s3://elsewhere/models/"}
    refused("ValidationException", create, "eu-west-1", OutputDataConfig=output)
