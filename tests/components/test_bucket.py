import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.bucket import Bucket
from components.bucket_spec import BucketSpec
from components.datasets import content_digest, data_files, manifest
from components.spec.errors import SpecError
from tests.mocks import Deployment, deploy, names


def bucket(*, protect: bool = False, **settings: Any) -> Deployment:
    return deploy(lambda: Bucket("data", {"spec": BucketSpec(**settings), "protect": protect}))


@pytest.fixture
def channels(tmp_path: Path) -> dict[str, str]:
    for channel in ("train", "validation"):
        (tmp_path / f"{channel}.csv").write_text(f"1,{len(channel)}\n")
    return {channel: str(tmp_path / f"{channel}.csv") for channel in ("train", "validation")}


def test_versions_are_kept_unless_that_is_switched_off() -> None:
    for versioning, status in ((True, "Enabled"), (False, "Suspended")):
        made = bucket(versioning=versioning).one(":BucketVersioning")
        assert made.inputs["versioningConfiguration"] == {"status": status}


def test_an_existing_bucket_is_left_as_it_is_but_for_its_datasets(channels: dict[str, str]) -> None:
    made = bucket(existing="theirs", datasets={"digits": channels})
    assert {each.type for each in made.resources if each.type.startswith("aws:")} == {
        "aws:s3/bucketObjectv2:BucketObjectv2"
    }
    assert {each.inputs["bucket"] for each in made.of_type(":BucketObjectv2")} == {"theirs"}


def keys(made: Deployment) -> list[str]:
    return sorted(each.inputs["key"] for each in made.of_type(":BucketObjectv2"))


def test_a_dataset_is_in_the_bucket_by_content_and_channel(channels: dict[str, str]) -> None:
    made = bucket(datasets={"digits": channels})
    place = f"datasets/digits/{content_digest(data_files(channels))}"
    assert keys(made) == [f"{place}/train/train.csv", f"{place}/validation/validation.csv"]
    assert names(made.of_type(":BucketObjectv2")) == ["data-digits-train", "data-digits-validation"]


def test_relabelled_at_equal_size_a_dataset_is_in_another_place(channels: dict[str, str]) -> None:
    before = keys(bucket(datasets={"digits": channels}))
    Path(channels["train"]).write_text("2,5\n")
    assert not {*before} & {*keys(bucket(datasets={"digits": channels}))}


def test_a_renamed_file_is_the_only_one_of_its_prefix(channels: dict[str, str]) -> None:
    before = keys(bucket(datasets={"digits": channels}))
    renamed = Path(channels["train"]).rename(Path(channels["train"]).with_name("more.csv"))
    after = keys(bucket(datasets={"digits": {**channels, "train": str(renamed)}}))
    assert [key.partition("/train/")[2] for key in after] == ["more.csv", ""]
    assert not {*before} & {*after}, "no job that reads the new prefix sees the old name"


@pytest.mark.parametrize("protect", [True, False])
def test_only_the_bucket_itself_is_protected(protect: bool, channels: dict[str, str]) -> None:
    made = bucket(protect=protect, datasets={"digits": channels})
    protected = {each.name for each in made.resources if each.options.protect}
    assert protected == ({"data-bucket"} if protect else set())


def test_the_digest_tells_contents_and_names_apart_and_nothing_else(
    channels: dict[str, str],
) -> None:
    def digest_of(**changes: str) -> str:
        return content_digest(data_files({**channels, **changes}))

    before = digest_of()
    assert content_digest(data_files(dict(reversed(channels.items())))) == before
    os.utime(channels["train"])
    assert digest_of() == before
    swapped = {"train": channels["validation"], "validation": channels["train"]}
    assert digest_of(**swapped) != before
    Path(channels["train"]).write_text("2,5\n")
    assert digest_of() != before


def test_a_manifest_tells_checksum_size_and_name_of_each_file(channels: dict[str, str]) -> None:
    lines = manifest(data_files(channels)).splitlines()
    for line, (channel, path) in zip(lines, channels.items(), strict=True):
        content = Path(path).read_bytes()
        assert line.split("\t") == [
            sha256(content).hexdigest(),
            str(len(content)),
            f"{channel}/{channel}.csv",
        ]


KEY = "arn:aws:kms:us-west-2:123456789012:key/k"


def granted(verb: str, key: str | None) -> Any:
    """Statements that a bucket grants under two prefixes."""

    def program() -> None:
        made = Bucket("data", {"spec": BucketSpec(name="mine", kms_key_arn=key)})
        grant = made.grant_read if verb == "read" else made.grant_write
        pulumi.export("statements", grant("datasets/", "models/"))

    return deploy(program).exports["statements"]


def test_a_reader_may_list_and_read_the_prefixes_that_it_is_granted() -> None:
    listing, reading = granted("read", None)
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["datasets/*", "models/*"]}}
    assert reading["Action"] == ["s3:GetObject"]
    assert reading["Resource"] == ["arn:aws:s3:::mine/datasets/*", "arn:aws:s3:::mine/models/*"]


def test_a_writer_may_put_and_delete_but_not_read() -> None:
    (writing,) = granted("write", None)
    assert writing["Action"] == ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    assert writing["Resource"] == ["arn:aws:s3:::mine/datasets/*", "arn:aws:s3:::mine/models/*"]


@pytest.mark.parametrize("verb", ["read", "write"])
def test_a_grant_covers_the_use_of_the_buckets_key(verb: str) -> None:
    keyed = [each for each in granted(verb, KEY) if each["Resource"] == [KEY]]
    assert {action for each in keyed for action in each["Action"]} >= {
        "kms:Decrypt",
        "kms:GenerateDataKey*",
    }
    assert not [each for each in granted(verb, None) if "kms:Decrypt" in each["Action"]]


def test_a_wrong_spec_is_refused_with_all_of_its_errors_in_the_words_of_the_stack_file() -> None:
    with pytest.raises(SpecError) as caught:
        BucketSpec(
            name="My_Bucket",
            kms_key_arn="alias/mine",
            lifecycle=[{"prefix": "models/"}],
            datasets={"Digits": {"train": "no.csv", "validation": "none.csv"}},
        )
    text = str(caught.value)
    assert text.startswith("BucketSpec has 6 errors.")
    for part in (
        "BucketSpec.name\n     rule:   must be a bucket name",
        "BucketSpec.kms_key_arn\n     rule:   must be the ARN of a KMS key",
        "BucketSpec.datasets.Digits\n     rule:   must be at most 40 lower-case letters",
        "BucketSpec.lifecycle[0]\n     rule:   must have transitions",
        "BucketSpec.datasets.Digits.train\n     rule:   the file must exist",
        "BucketSpec.datasets.Digits.validation\n     rule:   the file must exist",
    ):
        assert part in text
