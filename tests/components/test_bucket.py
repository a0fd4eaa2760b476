from pathlib import Path
from typing import Any

import pytest

from components.bucket import Bucket
from components.dataset import digest
from tests.mocks import Deployment, deploy, names


def bucket(**changes: Any) -> Deployment:
    given: dict[str, Any] = {
        "existing": None,
        "name": None,
        "versioning": True,
        "force_destroy": False,
        "lifecycle": [],
        "datasets": {},
        "protect": False,
    }
    return deploy(lambda: Bucket("data", {**given, **changes}))  # type: ignore[typeddict-item]


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


def test_a_dataset_is_in_the_bucket_by_channel(channels: dict[str, str]) -> None:
    made = bucket(datasets={"digits": channels})
    assert {each.inputs["key"] for each in made.of_type(":BucketObjectv2")} == {
        "datasets/digits/train/train.csv",
        "datasets/digits/validation/validation.csv",
    }
    assert names(made.of_type(":BucketObjectv2")) == ["data-digits-train", "data-digits-validation"]


@pytest.mark.parametrize("protect", [True, False])
def test_only_the_bucket_itself_is_protected(protect: bool, channels: dict[str, str]) -> None:
    made = bucket(protect=protect, datasets={"digits": channels})
    protected = {each.name for each in made.resources if each.options.protect}
    assert protected == ({"data-bucket"} if protect else set())


def test_the_digest_tells_contents_apart_and_nothing_else(channels: dict[str, str]) -> None:
    before = digest(channels)
    assert digest(dict(reversed(channels.items()))) == before
    Path(channels["train"]).write_text("2,5\n")
    assert digest(channels) != before
