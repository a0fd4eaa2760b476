"""Properties of every bucket that a stack makes: the data bucket and the inbox."""

import json

import pytest

from components.bucket_spec import LifecycleRuleSpec, TransitionSpec
from components.private_bucket import lifecycle_rules
from tests.components.test_bucket import bucket
from tests.components.test_inbox import inbox
from tests.mocks import Deployment

KEY = "arn:aws:kms:us-west-2:123456789012:key/k"


@pytest.fixture(params=[bucket, inbox], ids=["data bucket", "inbox"])
def made(request: pytest.FixtureRequest) -> Deployment:
    deployment: Deployment = request.param()
    return deployment


def test_it_is_private_and_encrypted(made: Deployment) -> None:
    block = made.one(":BucketPublicAccessBlock").inputs
    assert all(block[key] for key in block if key != "bucket")
    assert len([key for key in block if key != "bucket"]) == 4
    (rule,) = made.one(":BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    assert made.one(":BucketOwnershipControls").inputs["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }


def test_a_key_of_the_customers_encrypts_the_data_bucket_at_few_requests() -> None:
    made = bucket(kms_key_arn=KEY)
    (rule,) = made.one(":BucketServerSideEncryptionConfiguration").inputs["rules"]
    default = rule["applyServerSideEncryptionByDefault"]
    assert default == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}
    assert rule["bucketKeyEnabled"] is True


def test_a_request_without_tls_is_refused(made: Deployment) -> None:
    (statement,) = json.loads(made.one(":BucketPolicy").inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    arn = f"arn:aws:s3:::{made.one(':BucketPolicy').inputs['bucket']}"
    assert statement["Resource"] == [arn, f"{arn}/*"]


def test_changes_of_access_do_not_meet(made: Deployment) -> None:
    assert made.one(":BucketPublicAccessBlock") in made.waits_for(made.one(":BucketPolicy"))


def test_rules_for_versions_come_after_versions(made: Deployment) -> None:
    assert made.one(":BucketVersioning") in made.waits_for(
        made.one(":BucketLifecycleConfiguration")
    )


def test_unfinished_uploads_are_cleared_up_whatever_the_rules(made: Deployment) -> None:
    rule = made.one(":BucketLifecycleConfiguration").inputs["rules"][0]
    assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert rule["status"] == "Enabled"


def test_a_lifecycle_rule_has_what_it_was_given_and_no_empty_parts() -> None:
    move = TransitionSpec(days=90, storage_class="STANDARD_IA")
    rule = LifecycleRuleSpec(prefix="models/", transitions=(move,), noncurrent_expiration_days=30)
    assert lifecycle_rules([rule])[1] == {
        "id": "0-models",
        "status": "Enabled",
        "filter": {"prefix": "models/"},
        "transitions": [{"days": 90, "storage_class": "STANDARD_IA"}],
        "noncurrent_version_expiration": {"noncurrent_days": 30},
    }


def test_two_rules_for_one_prefix_have_two_ids() -> None:
    rule = LifecycleRuleSpec(expiration_days=1)
    ids = [each["id"] for each in lifecycle_rules([rule, rule])]
    assert len(set(ids)) == 3
