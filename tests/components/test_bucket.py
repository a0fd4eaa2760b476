import json
from pathlib import Path
from typing import Any

import pytest

from components.bucket import Bucket, LifecycleRuleArgs, lifecycle_rules
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


def test_a_new_bucket_is_private_encrypted_and_versioned() -> None:
    made = bucket()
    block = made.one(":BucketPublicAccessBlock").inputs
    assert all(block[key] for key in block if key != "bucket")
    assert len([key for key in block if key != "bucket"]) == 4
    (rule,) = made.one(":BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    assert made.one(":BucketOwnershipControls").inputs["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }
    assert made.one(":BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_a_request_without_tls_is_refused() -> None:
    made = bucket()
    (statement,) = json.loads(made.one(":BucketPolicy").inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    arn = f"arn:aws:s3:::{made.one(':BucketPolicy').inputs['bucket']}"
    assert statement["Resource"] == [arn, f"{arn}/*"]


def test_changes_of_access_do_not_meet() -> None:
    made = bucket()
    assert made.one(":BucketPublicAccessBlock") in made.waits_for(made.one(":BucketPolicy"))


def test_rules_for_versions_come_after_versions() -> None:
    made = bucket()
    assert made.one(":BucketVersioning") in made.waits_for(
        made.one(":BucketLifecycleConfiguration")
    )


def test_unfinished_uploads_are_cleared_up_whatever_the_rules() -> None:
    (rule,) = bucket().one(":BucketLifecycleConfiguration").inputs["rules"]
    assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert rule["status"] == "Enabled"


def test_a_lifecycle_rule_has_what_it_was_given_and_no_empty_parts() -> None:
    rule: LifecycleRuleArgs = {
        "prefix": "models/",
        "transitions": [{"days": 90, "storage_class": "STANDARD_IA"}],
        "expiration_days": None,
        "noncurrent_expiration_days": 30,
    }
    assert lifecycle_rules([rule])[1] == {
        "id": "0-models",
        "status": "Enabled",
        "filter": {"prefix": "models/"},
        "transitions": [{"days": 90, "storage_class": "STANDARD_IA"}],
        "noncurrent_version_expiration": {"noncurrent_days": 30},
    }


def test_two_rules_for_one_prefix_have_two_ids() -> None:
    rule: LifecycleRuleArgs = {
        "prefix": "",
        "transitions": [],
        "expiration_days": 1,
        "noncurrent_expiration_days": None,
    }
    ids = [each["id"] for each in lifecycle_rules([rule, rule])]
    assert len(set(ids)) == 3


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
