"""Channels and options of training jobs are refused when SageMaker would refuse them."""

from __future__ import annotations

from typing import Any

import pytest

from components.prefix_listing import PrefixListing
from components.spec.errors import NOT_SET, format_path
from settings.loading import check
from settings.rules import warnings
from tests.settings.configs import ACCOUNT, REGION, Case, assert_refused, changed, checked, keys

IMAGES: dict[str, Any] = {"uri": "s3://team-data/images/", "channels": {"train": "a/"}}
OWN_IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/my-training:2.1"
KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ELSEWHERE = KEY.replace("us-west-2", "eu-west-1")
JOB = "training.jobs.vision"
TRAIN = f"{JOB}.channels.train"


def vision(channel: dict[str, Any], **job: Any) -> dict[str, Any]:
    """A job on a prefix with an image of one's own, and a channel with some options."""
    channels = {"train": {"dataset": "images", **channel}}
    return {"datasets.images": IMAGES, JOB: {"image": OWN_IMAGE, "channels": channels, **job}}


def options(**job: Any) -> dict[str, Any]:
    return vision({"source": "s3"}, **job)


CASES = {
    "FastFile from a file system": Case(
        vision({"inputMode": "FastFile"}),
        f"{TRAIN}.inputMode",
        "a file system is read in File mode only",
        "FastFile",
        "source: s3",
    ),
    "shards of a file system": Case(
        vision({"distribution": "ShardedByS3Key"}),
        f"{TRAIN}.distribution",
        "every instance sees all files",
        "ShardedByS3Key",
        "source: s3",
    ),
    "a shuffled file system": Case(
        vision({"shuffleSeed": 1}), f"{TRAIN}.shuffleSeed", "no order to shuffle", 1, "source: s3"
    ),
    "compressed files": Case(
        vision({"source": "s3", "compression": "Gzip"}),
        f"{TRAIN}.compression",
        "an option of Pipe mode",
        "Gzip",
        "inputMode: Pipe",
    ),
    "records of FastFile": Case(
        vision({"source": "s3", "inputMode": "FastFile", "recordWrapper": "RecordIO"}),
        f"{TRAIN}.recordWrapper",
        "an option of Pipe mode",
        "RecordIO",
        "inputMode: Pipe",
    ),
    "a channel that the dataset does not have": Case(
        vision({"source": "s3", "channel": "test"}),
        f"{TRAIN}.channel",
        "must be one of train",
        "test",
        "set train",
    ),
    "a channel of no dataset": Case(
        vision({"dataset": "nothing"}),
        f"{TRAIN}.dataset",
        "must be one of datasets",
        "nothing",
        "choose from digits, images",
    ),
    "a channel of a dataset off the storage": Case(
        {**vision({}), "datasets.images": {**IMAGES, "storage": False}},
        f"{TRAIN}.source",
        "must be s3",
        "storage",
        "source: s3",
    ),
    "a job on a dataset off the storage": Case(
        {
            "datasets.images": {**IMAGES, "storage": False},
            JOB: {"image": OWN_IMAGE, "dataset": "images"},
        },
        f"{JOB}.dataset",
        "must be on the shared storage",
        "images",
        "source: s3",
    ),
    "a job without data": Case(
        {JOB: {"image": OWN_IMAGE}}, f"{JOB}.dataset", "one of the two", NOT_SET, "name a dataset"
    ),
    "XGBoost with FastFile": Case(
        {**vision({"source": "s3", "inputMode": "FastFile"}), f"{JOB}.image": None},
        f"{TRAIN}.inputMode",
        "XGBoost reads files",
        "FastFile",
        "set File",
    ),
    "XGBoost on images": Case(
        {**vision({"source": "s3", "contentType": "image/png"}), f"{JOB}.image": None},
        f"{TRAIN}.contentType",
        "text/csv or text/libsvm",
        "image/png",
        "an image of your own",
    ),
    "XGBoost on another format": Case(
        {"training.jobs.digits.contentType": "application/x-parquet"},
        "training.jobs.digits.contentType",
        "reads text/csv or text/libsvm",
        "application/x-parquet",
        "an image of your own",
    ),
    "a variable with a hyphen": Case(
        options(environment={"MY-LEVEL": "1"}),
        f"{JOB}.environment.MY-LEVEL",
        "must be a variable",
        "MY-LEVEL",
        "rename",
    ),
    "a long variable": Case(
        options(environment={"LONG": "x" * 513}),
        f"{JOB}.environment.LONG",
        "at most 512 characters",
        513,
        "a file of a channel",
    ),
    "too many variables": Case(
        options(environment={f"V{one}": "1" for one in range(101)}),
        f"{JOB}.environment",
        "at most 100 variables",
        101,
        "into one",
    ),
    "a key of a volume on local disks": Case(
        options(volumeKmsKeyArn=KEY, instanceType="ml.g5.xlarge"),
        f"{JOB}.volumeKmsKeyArn",
        "has disks of its own",
        KEY,
        "encrypts them itself",
    ),
    "a key by an alias": Case(
        options(outputKmsKeyArn="alias/mine"),
        f"{JOB}.outputKmsKeyArn",
        "ARN of a KMS key",
        "alias/mine",
        "describe-key",
    ),
    "a key of another Region": Case(
        options(outputKmsKeyArn=ELSEWHERE),
        f"{JOB}.outputKmsKeyArn",
        "a key of the stack's Region",
        ELSEWHERE,
        "name a key of us-west-2",
    ),
    "a warm pool of spot instances": Case(
        options(keepAliveSeconds=60, spot=True, maxWaitSeconds=7200),
        f"{JOB}.keepAliveSeconds",
        "no spot instances",
        60,
        "spot: false",
    ),
    "a warm pool of a day": Case(
        options(keepAliveSeconds=86_400), f"{JOB}.keepAliveSeconds", "21600", 86_400, "within"
    ),
    "a hundred retries": Case(options(maxRetries=100), f"{JOB}.maxRetries", "30", 100, "within"),
    "a minute's wait for capacity": Case(
        options(maxPendingSeconds=60), f"{JOB}.maxPendingSeconds", "1800", 60, "within"
    ),
    "a script without a network": Case(
        {"training.jobs.digits.networkIsolation": True, "training.jobs.digits.script": True},
        "training.jobs.digits.networkIsolation",
        "fetches it from S3 itself",
        True,
        "networkIsolation: false",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    "channel",
    [
        {"source": "s3", "inputMode": "FastFile", "contentType": "application/x-image"},
        {"source": "s3", "inputMode": "Pipe", "compression": "Gzip", "recordWrapper": "RecordIO"},
        {"source": "s3", "distribution": "ShardedByS3Key", "shuffleSeed": 3},
        {},
    ],
)
def test_what_sagemaker_takes_of_an_image_of_ones_own_is_taken(channel: dict[str, Any]) -> None:
    assert keys(vision(channel, contentType="application/x-anything")) == []


def test_a_script_reads_csv_of_s3_as_it_streams() -> None:
    channels = {"train": {"dataset": "digits", "source": "s3", "inputMode": "FastFile"}}
    job = {
        "script": True,
        "channels": channels,
        "hyperParameters": {"objective": "reg:squarederror", "num_round": "5"},
    }
    assert keys({"training.jobs.streamed": job}) == []


def test_more_instances_than_objects_are_refused() -> None:
    config = changed(vision({"source": "s3", "distribution": "ShardedByS3Key"}, instanceCount=3))
    found = PrefixListing("1a2b3c4d5e6f", 2, 3, {"a": 2}, region=REGION)
    _, [error] = check(
        "eks-ml-storage",
        "test",
        REGION,
        config,
        lambda *_: ACCOUNT,
        read_prefixes=lambda queries, *_: dict.fromkeys(queries, found),
    )
    assert format_path(error.path) == f"{TRAIN}.distribution"
    assert "2 objects for 3 instances" in error.rule


def test_a_prefix_that_jobs_stream_is_not_brought_to_the_storage() -> None:
    streamed, _ = checked(vision({"source": "s3"}))
    assert not streamed.is_on_storage("images")
    assert streamed.read_from_s3 == ("images",)
    both = {**vision({"source": "s3"}), "training.jobs.too": {"image": OWN_IMAGE}}
    both["training.jobs.too"]["dataset"] = "images"
    assert checked(both)[0].is_on_storage("images")
    wanted = {**vision({"source": "s3"}), "datasets.images": {**IMAGES, "storage": True}}
    assert checked(wanted)[0].is_on_storage("images")
    assert checked({"datasets.images": IMAGES})[0].is_on_storage("images"), "pods may read it"


@pytest.mark.parametrize(
    ("job", "key"),
    [({"encryptTraffic": True}, "encryptTraffic"), ({"maxPendingSeconds": 1800}, "maxPendingSec")],
)
def test_options_without_an_effect_are_advised_on(job: dict[str, Any], key: str) -> None:
    found = [format_path(one.path) for one in warnings(checked(options(**job))[0])]
    assert [one for one in found if key in one] != []


def test_jobs_read_all_their_datasets_from_s3_beside_s3_files() -> None:
    jobs = {**vision({"source": "storage"}), "storage.backend": "s3files"}
    assert checked(jobs)[0].read_from_s3 == ("digits", "images")
    assert checked(vision({"source": "storage"}))[0].read_from_s3 == ()
