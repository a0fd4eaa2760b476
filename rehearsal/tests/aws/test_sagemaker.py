"""SageMaker's training jobs: checked, accepted, and never said to be done by themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from rehearsal.aws import training_jobs
from rehearsal.clients.training_status import StatusFeed, StatusRefusedError
from tests.accounts import OWN, environment_of
from tests.patience import PATIENCE

IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture
def storage(aws):
    """An EFS and an FSx file system in one VPC, with what a job needs to reach them."""
    vpc = aws.vpc()
    subnet, group = aws.subnet(vpc), aws.lustre_group(vpc)
    lustre = aws.fsx.create_file_system(
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        LustreConfiguration={"DeploymentType": "PERSISTENT_1", "PerUnitStorageThroughput": 50},
    )["FileSystem"]
    return {
        "vpc": {"Subnets": [subnet], "SecurityGroupIds": [group]},
        "FSxLustre": lustre["FileSystemId"],
        "EFS": aws.efs_file_system(),
        "mount": lustre["LustreConfiguration"]["MountName"],
    }


@pytest.fixture
def create(aws, storage):
    role, bucket = aws.role("training", "sagemaker.amazonaws.com"), aws.bucket("data")

    def call(
        name: str = "digits", type_: str = "FSxLustre", path: str = "", **settings: Any
    ) -> str:
        path = path or (f"/{storage['mount']}/digits/train" if type_ == "FSxLustre" else "/digits")
        source = {
            "FileSystemId": storage[type_],
            "FileSystemType": type_,
            "FileSystemAccessMode": "ro",
            "DirectoryPath": path,
        }
        request = {
            "TrainingJobName": name,
            "RoleArn": role,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "InputDataConfig": [
                {"ChannelName": "train", "DataSource": {"FileSystemDataSource": source}}
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models/"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "VpcConfig": storage["vpc"],
            **settings,
        }
        if request["VpcConfig"] is None:
            del request["VpcConfig"]
        return aws.sagemaker.create_training_job(**request)["TrainingJobArn"]

    return call


@pytest.fixture
def advance(cloud):
    def call(name: str, **change: Any) -> requests.Response:
        url = f"{cloud.url}/rehearsal/sagemaker/training-jobs/{name}"
        return requests.post(url, json=change, headers=OWN.admin_headers, timeout=PATIENCE)

    return call


def status(aws, name: str = "digits") -> tuple[str, str]:
    job = aws.sagemaker.describe_training_job(TrainingJobName=name)
    return job["TrainingJobStatus"], job["SecondaryStatus"]


@pytest.mark.parametrize("type_", ["FSxLustre", "EFS"])
def test_a_job_that_reads_a_file_system_is_accepted_and_waits(aws, create, type_):
    create(type_=type_)
    job = aws.sagemaker.describe_training_job(TrainingJobName="digits")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("InProgress", "Pending")
    assert "ModelArtifacts" not in job
    assert "waits" in job["SecondaryStatusTransitions"][-1]["StatusMessage"]


def test_a_name_is_used_once_even_by_a_job_that_is_over(aws, create, refused):
    create()
    refused("ResourceInUse", create, "digits")
    aws.sagemaker.stop_training_job(TrainingJobName="digits")
    assert status(aws) == ("Stopped", "Stopped")
    refused("ResourceInUse", create, "digits")


@pytest.mark.parametrize(
    ("settings", "naming"),
    [
        ({"RoleArn": "arn:aws:iam::123456789012:role/missing"}, "missing"),
        ({"VpcConfig": None}, "VpcConfig"),
        (
            {"VpcConfig": {"Subnets": ["subnet-0000000a"], "SecurityGroupIds": ["sg-0000000a"]}},
            "subnet-0000000a",
        ),
        ({"OutputDataConfig": {"S3OutputPath": "s3://missing/models/"}}, "missing"),
        (
            {
                "AlgorithmSpecification": {
                    "TrainingImage": IMAGE.replace("us-west-2", "us-east-1"),
                    "TrainingInputMode": "File",
                }
            },
            "us-east-1",
        ),
        (
            {
                "ResourceConfig": {
                    "InstanceType": "ml.m5.enormous",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 30,
                }
            },
            "ml.m5.enormous",
        ),
        ({"name": "not_a_name"}, "not_a_name"),
        ({"HyperParameters": {f"p{n}": "1" for n in range(101)}}, "HyperParameters"),
        ({"HyperParameters": {"n" * 257: "1"}}, "HyperParameters"),
        ({"HyperParameters": {"long": "1" * 2501}}, "HyperParameters"),
    ],
)
def test_a_job_that_aws_refuses_is_not_there(aws, create, refused, settings, naming):
    refused("ValidationException", create, naming, **settings)
    assert aws.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_file_system_of_the_other_kind_is_refused(aws, create, storage, refused):
    storage["EFS"] = storage["FSxLustre"]
    refused("ValidationException", create, "does not exist", type_="EFS")


def test_a_stopped_job_is_not_stopped_again_but_can_be_deleted(aws, create, refused):
    create()
    job = {"TrainingJobName": "digits"}
    refused("ResourceInUse", aws.sagemaker.delete_training_job, **job)
    aws.sagemaker.stop_training_job(**job)
    assert status(aws) == ("Stopped", "Stopped")
    refused("ValidationException", aws.sagemaker.stop_training_job, "Stopped", **job)
    aws.sagemaker.delete_training_job(**job)
    refused("ValidationException", aws.sagemaker.describe_training_job, **job)
    refused("ResourceInUse", create, "must be unique")


def test_a_runner_moves_a_job_to_its_end(aws, create, advance):
    create()
    moved = advance("digits", TrainingJobStatus="InProgress", SecondaryStatus="Training")
    assert moved.status_code == 200
    assert status(aws) == ("InProgress", "Training")
    aws.s3.put_object(Bucket="data", Key="models/model.tar.gz", Body=b"model")
    artifacts = {"S3ModelArtifacts": "s3://data/models/model.tar.gz"}
    advance(
        "digits",
        TrainingJobStatus="Completed",
        SecondaryStatus="Completed",
        ModelArtifacts=artifacts,
    )
    job = aws.sagemaker.describe_training_job(TrainingJobName="digits")
    assert job["TrainingJobStatus"] == "Completed"
    assert job["ModelArtifacts"] == artifacts
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]


def test_no_job_is_completed_without_a_model(aws, create, advance):
    create()
    done = {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed"}
    artifacts = {"S3ModelArtifacts": "s3://data/models/none.tar.gz"}
    assert advance("digits", **done).status_code == 409
    assert advance("digits", **done, ModelArtifacts=artifacts).status_code == 409
    assert status(aws) == ("InProgress", "Pending")


def test_a_job_that_is_over_or_not_there_is_not_moved(aws, create, advance):
    create()
    failed = {"TrainingJobStatus": "Failed", "SecondaryStatus": "Failed", "FailureReason": "why"}
    assert advance("digits", **failed).status_code == 200
    assert advance("digits", **failed).status_code == 409
    assert advance("other", **failed).status_code == 404
    assert advance("digits").status_code == 409
    job = aws.sagemaker.describe_training_job(TrainingJobName="digits")
    assert job["FailureReason"] == "why"


@pytest.fixture
def moves(cloud, tmp_path):
    return StatusFeed(environment_of(cloud, tmp_path))


def names(moved):
    return [(job.name, job.secondary) for job in moved]


def test_moves_are_told_once_each_and_all_jobs_to_whoever_asks_first(
    aws, create, moves, cloud, tmp_path
):
    create("one")
    create("two")
    assert names(moves.next(0)) == [("one", "Pending"), ("two", "Pending")]
    assert names(moves.next(0)) == []
    moves.advance("two", "InProgress", "Training", "")
    assert names(moves.next(0)) == [("two", "Training")]
    another = StatusFeed(environment_of(cloud, tmp_path))
    assert names(another.next(0)) == [("one", "Pending"), ("two", "Training")]


def test_whoever_waits_hears_of_a_move_at_once_and_holds_nobody_up(aws, create, moves):
    create()
    moves.next(0)
    with ThreadPoolExecutor() as pool:
        heard = pool.submit(moves.next, 20.0)
        aws.sagemaker.stop_training_job(TrainingJobName="digits")
        assert names(heard.result(timeout=PATIENCE)) == [("digits", "Stopping")]


def test_moves_seen_of_an_earlier_cloud_count_for_nothing(aws, create, moves):
    create()
    moves._seen = training_jobs.STATUS_CHANGES.began - 1
    assert names(moves.next(0)) == [("digits", "Pending")]


def test_an_attended_job_stops_when_its_runner_says_so(aws, create, moves):
    create()
    moves.advance("digits", "InProgress", "Training", "")
    aws.sagemaker.stop_training_job(TrainingJobName="digits")
    assert status(aws) == ("Stopping", "Stopping"), "however often it is looked at"
    with pytest.raises(StatusRefusedError, match="is Stopping"):
        moves.advance("digits", "InProgress", "Uploading", "")
    moves.advance("digits", "Stopped", "MaxRuntimeExceeded", "")
    assert status(aws) == ("Stopped", "MaxRuntimeExceeded")


def test_the_metrics_and_times_of_a_job_are_described(aws, create, moves):
    create()
    moves.advance("digits", "InProgress", "Downloading", "")
    metric = {"MetricName": "train:merror", "Value": 0.25, "Timestamp": 1_700_000_000.0}
    told = {"FinalMetricDataList": [metric], "TrainingTimeInSeconds": 12}
    moves.advance("digits", "Failed", "Failed", "", FailureReason="why", **told)
    job = aws.sagemaker.describe_training_job(TrainingJobName="digits")
    assert job["FinalMetricDataList"][0]["MetricName"] == "train:merror"
    assert job["FinalMetricDataList"][0]["Timestamp"].timestamp() == 1_700_000_000
    assert job["TrainingTimeInSeconds"] == 12
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]


def test_a_prefix_without_objects_is_refused_in_sagemakers_words(aws, create, refused):
    bucket = "data"
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/datasets/none/"}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    naming = f'No S3 objects found under S3 URL "s3://{bucket}/datasets/none/"'
    refused("ValidationException", create, naming, InputDataConfig=[channel])
    aws.s3.put_object(Bucket=bucket, Key="datasets/none/a.csv", Body=b"1,2")
    create(InputDataConfig=[channel])


def test_tags_are_listed_and_added(aws, create):
    arn = create(Tags=[{"Key": "a", "Value": "1"}])
    aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    tags = aws.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a": "1", "b": "2"}


def test_jobs_are_listed_by_status_and_name(aws, create):
    create("digits-1")
    create("digits-2")
    create("other")
    aws.sagemaker.stop_training_job(TrainingJobName="digits-2")
    status(aws, "digits-2")
    found = aws.sagemaker.list_training_jobs(NameContains="digits", StatusEquals="InProgress")
    assert [one["TrainingJobName"] for one in found["TrainingJobSummaries"]] == ["digits-1"]
