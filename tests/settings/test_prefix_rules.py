"""Data in S3 is refused before anything is created, when no job could read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.data_source_spec import S3Prefix
from components.kubeconfig import Credentials
from components.prefix_listing import MAX_OBJECTS, PrefixListing
from components.spec.errors import NOT_SET, ConfigError, format_path
from settings.loading import check
from settings.prefixes import Found, PrefixQuery, Unreadable, read_prefixes, s3_client
from settings.prefixes import refusal as refusal_of
from settings.stack import Settings
from tests.settings.configs import A_FILE, ACCOUNT, REGION, Case, assert_refused, changed

IMAGES: dict[str, Any] = {"uri": "s3://team-data/images/"}
JOB = "training.jobs.digits"
OWN_IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/my-training:2.1"
KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

CASES = {
    "a dataset of files and of a prefix": Case(
        {"datasets.both": {"files": {"train": A_FILE}, **IMAGES}},
        "datasets.both.files",
        "must have one of files, uri",
        {"files": {"train": A_FILE}, "uri": IMAGES["uri"]},
        "where it lies in S3",
    ),
    "a dataset of nothing": Case(
        {"datasets.none": {}}, "datasets.none.files", "one of files, uri", NOT_SET, "name its files"
    ),
    "a model of nothing": Case(
        {"models.none": {}}, "models.none.files", "one of files, uri", NOT_SET, "name its files"
    ),
    "a uri of another scheme": Case(
        {"datasets.web": {"uri": "https://example.com/a"}},
        "datasets.web.uri",
        "s3://BUCKET/PREFIX/",
        "https://example.com/a",
        "s3://my-data-bucket/images/",
    ),
    "a prefix in a directory bucket": Case(
        {"datasets.fast": {"uri": "s3://fast--usw2-az1--x-s3/a/"}},
        "datasets.fast.uri",
        "lists in no order",
        "s3://fast--usw2-az1--x-s3/a/",
        "general purpose bucket",
    ),
    "a prefix with an empty part": Case(
        {"datasets.gap": {"uri": "s3://team-data/a//b/"}},
        "datasets.gap.uri",
        "one slash between two parts",
        "s3://team-data/a//b/",
        "without //",
    ),
    "a prefix longer than any key": Case(
        {"datasets.long": {"uri": f"s3://team-data/{'a' * 1100}/"}},
        "datasets.long.uri",
        "1024 bytes",
        f"s3://team-data/{'a' * 1100}/",
        "shorten",
    ),
    "a manifest of files": Case(
        {"datasets.digits.manifest": "m.json"},
        "datasets.digits.manifest",
        "there is no uri",
        "m.json",
        "remove manifest",
    ),
    "a manifest by its address": Case(
        {"datasets.images": {**IMAGES, "manifest": "s3://team-data/m.json"}},
        "datasets.images.manifest",
        "must be the key of an object",
        "s3://team-data/m.json",
        "manifest.json",
    ),
    "a key of files": Case(
        {"datasets.digits.kmsKeyArn": KEY},
        "datasets.digits.kmsKeyArn",
        "there is no uri",
        KEY,
        "remove it",
    ),
    "folders of files": Case(
        {"datasets.digits.channels": {"train": "a/"}},
        "datasets.digits.channels",
        "folders below uri",
        {"train": "a/"},
        "under files",
    ),
    "a folder above the prefix": Case(
        {"datasets.images": {**IMAGES, "channels": {"train": "../others/"}}},
        "datasets.images.channels.train",
        "a folder below uri",
        "../others/",
        "without .",
    ),
    "a channel with a slash": Case(
        {"datasets.images": {**IMAGES, "channels": {"train/a": "a/"}}},
        'datasets.images.channels["train/a"]',
        "a channel of SageMaker",
        "train/a",
        "rename",
    ),
    "more channels than a job has": Case(
        {"datasets.images": {**IMAGES, "channels": {f"c{one}": f"{one}/" for one in range(21)}}},
        "datasets.images.channels",
        "at most 20 channels",
        21,
        "one channel",
    ),
    "files that stay off the storage": Case(
        {"datasets.digits.storage": False},
        "datasets.digits.storage",
        "only with uri",
        False,
        "remove it",
    ),
    "a dataset in both sections": Case(
        {"bucket.datasets": {"digits": {"train": A_FILE, "validation": A_FILE}}},
        "bucket.datasets.digits",
        "must be declared once",
        "digits",
        "remove it here",
    ),
    "XGBoost on a prefix without channels": Case(
        {"datasets.images": IMAGES, f"{JOB}.dataset": "images"},
        f"{JOB}.dataset",
        "reads the channel train",
        ["training"],
        "an image of your own",
    ),
    "XGBoost on a channel that it does not know": Case(
        {
            "datasets.images": {**IMAGES, "channels": {"train": "a/", "test": "b/"}},
            f"{JOB}.dataset": "images",
        },
        f"{JOB}.dataset",
        "reads the channel train",
        ["train", "test"],
        "an image of your own",
    ),
    "new data beside a prefix": Case(
        {
            "datasets.images": {**IMAGES, "channels": {"train": "a/"}},
            f"{JOB}.dataset": "images",
            "training.onNewData": {"job": "digits"},
        },
        "training.onNewData.job",
        "a dataset of files",
        "digits",
        "has `files`",
    ),
    "workers on a dataset without train": Case(
        {
            "datasets.images": IMAGES,
            "patterns": {
                "distributedDataset": {
                    "dataset": "images",
                    "hyperParameters": {"objective": "reg:squarederror", "num_round": "1"},
                }
            },
        },
        "patterns.distributedDataset.dataset",
        "must have the channel train",
        ["training"],
        "name a channel of images train",
    ),
    "workers on a dataset off the storage": Case(
        {
            "datasets.images": {**IMAGES, "channels": {"train": "a/"}, "storage": False},
            "patterns": {
                "distributedDataset": {
                    "dataset": "images",
                    "hyperParameters": {"objective": "reg:squarederror", "num_round": "1"},
                }
            },
        },
        "patterns.distributedDataset.dataset",
        "must be on the shared storage",
        "images",
        "storage: false",
    ),
    "a server of a model that is not declared": Case(
        {
            "models.own": {"files": A_FILE},
            "patterns": {"modelRepository": {"models": {"ranking": {"model": "nothing"}}}},
        },
        "patterns.modelRepository.models.ranking.model",
        "must be one of models",
        "nothing",
        "choose from own",
    ),
    "a rule that deletes the model's files": Case(
        {
            "models.own": {"files": A_FILE},
            "bucket.lifecycle": [{"prefix": "model-files/", "expirationDays": 9}],
        },
        "bucket.lifecycle[0].expirationDays",
        "no later update would bring back",
        9,
        "such as models/",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


def of_listing(found: Found, **dataset: Any) -> tuple[Settings, list[ConfigError]]:
    """Settings and errors of a prefix that S3 answers with what is found."""
    config = changed({"datasets.images": {**IMAGES, **dataset}})
    return check(
        "eks-ml-storage",
        "test",
        REGION,
        config,
        lambda *_: ACCOUNT,
        read_prefixes=lambda queries, *_: dict.fromkeys(queries, found),
    )


FULL = PrefixListing("1a2b3c4d5e6f", 2, 3, {"train": 2}, region=REGION)


@pytest.mark.parametrize(
    ("found", "key", "rule", "remedy"),
    [
        (PrefixListing("", region=REGION), "uri", "must have objects", "aws s3 ls"),
        (
            PrefixListing("", MAX_OBJECTS + 1, is_complete=False, region=REGION),
            "uri",
            "has more",
            "manifest",
        ),
        (
            PrefixListing("1a2b3c4d5e6f", 1, region="eu-west-1"),
            "uri",
            "in the stack's Region, and its bucket is in eu-west-1",
            "aws s3 sync",
        ),
        (
            PrefixListing("1a2b3c4d5e6f", 1, archived="images/a", region=REGION),
            "uri",
            "only after a restore",
            "restore-object",
        ),
        (
            PrefixListing("1a2b3c4d5e6f", 1, no_file=("images//a", "an empty part")),
            "uri",
            "keys that files can have: an empty part",
            "rename",
        ),
        (Unreadable("there is no bucket team-data", "create it"), "uri", "no bucket", "create"),
    ],
)
def test_a_prefix_that_no_job_could_read_is_refused(
    found: Found, key: str, rule: str, remedy: str
) -> None:
    _, [error] = of_listing(found)
    assert format_path(error.path) == f"datasets.images.{key}"
    assert rule in error.rule
    assert remedy in error.remedy


def test_a_channel_without_objects_is_refused() -> None:
    _, [error] = of_listing(FULL, channels={"train": "train/", "test": "test/"})
    assert format_path(error.path) == "datasets.images.channels.test"
    assert "a folder with objects" in error.rule


def test_the_content_of_a_prefix_and_its_folders_decide_the_dataset() -> None:
    def digest(found: PrefixListing, **dataset: Any) -> str:
        settings, errors = of_listing(found, **dataset)
        assert errors == []
        return settings.prefix_datasets["images"].digest

    once = digest(FULL, channels={"train": "train/"})
    assert once == digest(FULL, channels={"train": "train"})
    assert once != digest(FULL, channels={"test": "train/"})
    other = PrefixListing("2a2b3c4d5e6f", 2, 3, {"train": 2}, region=REGION)
    assert once != digest(other, channels={"train": "train/"})


def test_an_image_of_ones_own_reads_any_channels() -> None:
    _, errors = of_listing(FULL)
    config = changed({"datasets.images": IMAGES, JOB: {"dataset": "images", "image": OWN_IMAGE}})
    _, more = check("eks-ml-storage", "test", REGION, config, lambda *_: ACCOUNT)
    assert [*errors, *more] == []


@pytest.mark.parametrize(
    ("code", "operation", "manifest", "rule", "remedy"),
    [
        ("NoSuchBucket", "ListObjectsV2", None, "there is no bucket team-data", "create it"),
        ("404", "HeadBucket", "m.json", "there is no bucket team-data", "create it"),
        ("404", "HeadObject", "m.json", "there is no object m.json", "write the manifest"),
        ("403", "HeadBucket", None, "need s3:ListBucket on the bucket", "policy too"),
        ("AccessDenied", "ListObjectsV2", "m.json", "s3:ListBucket and s3:GetObject", "grant"),
        ("SlowDown", "ListObjectsV2", None, "must list it", "SlowDown"),
    ],
)
def test_an_error_of_s3_says_what_to_do(
    code: str, operation: str, manifest: str | None, rule: str, remedy: str
) -> None:
    error = Exception(code)
    vars(error)["operation_name"] = operation
    found = refusal_of(PrefixQuery(S3Prefix("team-data", "images/"), manifest), code, error)
    assert rule in found.rule
    assert remedy in found.remedy


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 with the bucket team-data in the stack's Region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name=REGION)
        place = {"LocationConstraint": REGION}
        client.create_bucket(Bucket="team-data", CreateBucketConfiguration=place)
        yield client


def read(query: PrefixQuery, credentials: Credentials | None = None) -> Found:
    found: Mapping[Any, Found] = read_prefixes(
        {("datasets", "x"): query}, REGION, credentials or Credentials()
    )
    return found["datasets", "x"]


def test_a_prefix_is_read_with_the_stacks_own_credentials(s3: Any) -> None:
    s3.put_object(Bucket="team-data", Key="images/train/a", Body=b"1")
    query = PrefixQuery(S3Prefix("team-data", "images/"), None, ("train",))
    keys = {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "own", "AWS_SESSION_TOKEN": "t"}
    client = s3_client(REGION, Credentials(environment=keys))
    signer = client._request_signer._credentials
    assert (signer.access_key, signer.token) == ("own", "t")
    role = Credentials(role_arn="arn:aws:iam::123456789012:role/deploys")
    for credentials in (Credentials(), Credentials(environment=keys), role):
        found = read(query, credentials)
        assert isinstance(found, PrefixListing)
        assert (found.objects, found.in_folders, found.region) == (1, {"train": 1}, REGION)


@pytest.mark.parametrize(
    ("bucket", "manifest", "rule"),
    [("nobodys", None, "there is no bucket"), ("team-data", "m.json", "there is no object m.json")],
)
def test_what_is_not_there_is_said(s3: Any, bucket: str, manifest: str | None, rule: str) -> None:
    found = read(PrefixQuery(S3Prefix(bucket, "images/"), manifest))
    assert isinstance(found, Unreadable)
    assert rule in found.rule


def test_a_profile_that_does_not_exist_is_an_error_of_each_prefix(
    s3: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    found = read(PrefixQuery(S3Prefix("team-data", "images/")), Credentials(profile="nobody"))
    assert isinstance(found, Unreadable)
    assert "nobody" in found.remedy
