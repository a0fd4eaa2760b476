from __future__ import annotations

import json
from typing import Any

from tests.pulumi.providers.aws.stack import Stack, exercise

KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"


def test_a_key_is_made_rotated_described_tagged_and_scheduled_for_deletion(
    stack: Stack, aws: Any
) -> None:
    inputs: dict[str, Any] = {"description": "secrets", "deletionWindowInDays": 7}
    key = stack.create(KEY, "key", **inputs)
    inputs |= {"description": "more secrets", "enableKeyRotation": True, "tags": {"a": "b"}}
    stack.update(key, **inputs)
    assert aws("kms").get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"]
    assert key["tagsAll"] == {"a": "b"}
    exercise(stack, key, **inputs)
    assert aws("kms").describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_key_policy_that_means_the_same_is_no_change(stack: Stack) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
        "Action": ["kms:*"],
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    key = stack.create(KEY, "key", policy=json.dumps(policy))
    spelt = {"Statement": statement | {"Action": "kms:*", "Resource": ["*"]}}
    assert not stack.diff(key, policy=json.dumps(policy | spelt)).changes
    assert not stack.diff(key, policy=policy).changes
    assert stack.diff(key, policy=policy | {"Version": "2008-10-17"}).changed == ["policy"]


def test_an_alias_is_named_by_pulumi_and_follows_its_key(stack: Stack) -> None:
    first, second = stack.create(KEY, "one"), stack.create(KEY, "two")
    alias = stack.create(ALIAS, "secrets", targetKeyId=first.id)
    assert alias.id.startswith("alias/secrets-")
    stack.update(alias, targetKeyId=second.id)
    assert alias["targetKeyArn"] == second["arn"]
    exercise(stack, alias, targetKeyId=second.id)


def test_another_usage_makes_another_key_and_another_name_another_alias(stack: Stack) -> None:
    key = stack.create(KEY, "key")
    assert stack.diff(key, keyUsage="SIGN_VERIFY").replaces == ["keyUsage"]
    alias = stack.create(ALIAS, "secrets", name="alias/x", targetKeyId=key.id)
    renamed = stack.diff(alias, name="alias/y", targetKeyId=key.id)
    assert renamed.detailed == {"name": "update-replace"}
    assert not renamed.delete_before_replace
