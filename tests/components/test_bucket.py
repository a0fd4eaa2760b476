import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from components.bucket import Bucket
from components.bucket_spec import BucketSpec
from components.datasets import data_files, digest, manifest
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
    place = f"datasets/digits/{digest(data_files(channels))}"
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
        return digest(data_files({**channels, **changes}))

    before = digest_of()
    assert digest(data_files(dict(reversed(channels.items())))) == before
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
