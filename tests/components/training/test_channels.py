"""Channels and options of a job reach SageMaker as set, and a name tells the model only."""

from typing import Any

import pulumi
import pytest

from components.storage.base import LoadedDataset
from components.storage.data_source import FileSystemDataSource
from components.training.channel_spec import ChannelSpec, dataset_channel
from components.training.channels import named_channels
from components.training.training_job import TrainingJob
from components.training.training_job_spec import TrainingJobSpec
from tests.mocks import Deployment, deploy

IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/my-training:2.1"
KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FROM_S3 = {"dataset": "images", "source": "s3"}


class Files:
    """A file system that only gives the sources of directories and datasets."""

    def dataset_source(self, dataset: LoadedDataset, group: Any) -> FileSystemDataSource:
        return self.data_source({**dataset.channels}, group)

    def data_source(self, directories: dict[str, str], group: Any) -> FileSystemDataSource:
        paths = {name: pulumi.Output.from_input(f"/{path}") for name, path in directories.items()}
        return FileSystemDataSource(paths, ["subnet-1"], group, "fs-1", "EFS")


def images(digest: str = "1a2b3c4d5e6f") -> LoadedDataset:
    return LoadedDataset(
        name="images",
        digest=digest,
        channels={"train": "datasets/images/1/a", "test": "datasets/images/1/b"},
        loading_jobs=(),
        uris={"train": "s3://theirs/a/", "test": "s3://theirs/b/"},
    )


def job(
    channels: dict[str, Any] | None = None, dataset: LoadedDataset | None = None, **settings: Any
) -> Deployment:
    spec = TrainingJobSpec(image=IMAGE, **settings)

    def program() -> None:
        files: Any = Files()
        named = {key: ChannelSpec(**it) for key, it in (channels or {"train": FROM_S3}).items()}
        TrainingJob(
            "vision",
            {
                "spec": spec,
                "source": files.data_source({}, "sg-1"),
                "inputs": named_channels(named, {"images": dataset or images()}, files, "sg-1"),
                "bucket_name": "ours",
                "role_arn": "arn:aws:iam::123456789012:role/job",
                "namespace": "training",
            },
        )

    return deploy(program)


def request(made: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = made.one("TrainingJob", "vision-job").inputs["spec"]
    return found


def test_channels_of_s3_and_of_the_storage_stand_beside_each_other() -> None:
    channels = {
        "train": {**FROM_S3, "input_mode": "FastFile", "content_type": "application/x-image"},
        "test": {"dataset": "images"},
    }
    train, test = request(job(channels))["inputDataConfig"]
    assert train == {
        "channelName": "train",
        "contentType": "application/x-image",
        "inputMode": "FastFile",
        "dataSource": {
            "s3DataSource": {
                "s3DataType": "S3Prefix",
                "s3URI": "s3://theirs/a/",
                "s3DataDistributionType": "FullyReplicated",
            }
        },
    }
    assert test["inputMode"] == "File"
    assert "contentType" not in test, "an image of one's own is told no format by default"
    assert test["dataSource"]["fileSystemDataSource"]["directoryPath"] == "/datasets/images/1/b"


def test_options_of_pipes_and_of_the_order_are_handed_on() -> None:
    pipe = {"input_mode": "Pipe", "compression": "Gzip", "record_wrapper": "RecordIO"}
    [channel] = request(job({"train": {**FROM_S3, **pipe, "shuffle_seed": 0}}))["inputDataConfig"]
    assert channel["compressionType"] == "Gzip"
    assert channel["recordWrapperType"] == "RecordIO"
    assert channel["shuffleConfig"] == {"seed": 0}


def test_options_are_at_their_places_in_the_request() -> None:
    made = request(
        job(
            environment={"LEVEL": "info"},
            network_isolation=True,
            encrypt_traffic=True,
            volume_kms_key_arn=KEY,
            output_kms_key_arn=KEY,
            keep_alive_seconds=600,
            max_retries=3,
            max_pending_seconds=7200,
        )
    )
    assert made["environment"] == {"LEVEL": "info"}
    assert made["enableNetworkIsolation"] is True
    assert made["enableInterContainerTrafficEncryption"] is True
    assert made["resourceConfig"]["volumeKMSKeyID"] == KEY
    assert made["outputDataConfig"]["kmsKeyID"] == KEY
    assert made["resourceConfig"]["keepAlivePeriodInSeconds"] == 600
    assert made["retryStrategy"] == {"maximumRetryAttempts": 3}
    assert made["stoppingCondition"]["maxPendingTimeInSeconds"] == 7200


def test_options_that_are_not_set_are_not_sent() -> None:
    made = request(job())
    assert not {"environment", "enableNetworkIsolation", "retryStrategy"} & {*made}
    assert {*made["resourceConfig"]} == {"instanceType", "instanceCount", "volumeSizeInGB"}


def name(made: Deployment) -> str:
    return str(request(made)["trainingJobName"])


@pytest.mark.parametrize(
    "changed",
    [
        {"network_isolation": True},
        {"encrypt_traffic": True},
        {"volume_kms_key_arn": KEY},
        {"output_kms_key_arn": KEY},
        {"keep_alive_seconds": 60},
        {"max_retries": 2},
        {"max_pending_seconds": 3600},
        {"channels": {"train": {**FROM_S3, "input_mode": "FastFile"}}},
        {"channels": {"train": {"dataset": "images"}}},
    ],
)
def test_how_a_job_is_run_trains_nothing_again(changed: dict[str, Any]) -> None:
    assert name(job(**changed)) == name(job())


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": {"SEED": "2"}},
        {"dataset": images("2a2b3c4d5e6f")},
        {"channels": {"train": {**FROM_S3, "channel": "test"}}},
        {"channels": {"train": {**FROM_S3, "content_type": "image/png"}}},
        {"channels": {"train": {**FROM_S3, "distribution": "ShardedByS3Key"}}},
        {"channels": {"train": {**FROM_S3, "shuffle_seed": 3}}},
        {"channels": {"train": FROM_S3, "test": FROM_S3}},
    ],
)
def test_what_decides_the_model_trains_again(changed: dict[str, Any]) -> None:
    assert name(job(**changed)) != name(job())


@pytest.mark.parametrize(
    ("job_channel", "own", "known", "found"),
    [
        ("train", None, ["train", "test"], "train"),
        ("train", "test", ["train", "test"], "test"),
        ("train", None, ["training"], "training"),
        ("train", None, ["a", "b"], ""),
        ("train", "c", ["a", "b"], ""),
    ],
)
def test_a_channel_reads_the_one_of_its_name_or_the_only_one(
    job_channel: str, own: str | None, known: list[str], found: str
) -> None:
    assert dataset_channel(job_channel, ChannelSpec(dataset="x", channel=own), known) == found
