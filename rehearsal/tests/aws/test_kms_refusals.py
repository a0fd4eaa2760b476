"""Keys, aliases and grants that KMS refuses."""

from __future__ import annotations

import pytest

from tests.aws.policies import NOBODY, policy

MALFORMED = "MalformedPolicyDocumentException"
ROOT = {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.fixture
def key(aws) -> str:
    return aws.kms.create_key()["KeyMetadata"]["KeyId"]


@pytest.mark.parametrize(
    ("document", "naming"),
    [
        (policy("kms:*", Principal=NOBODY), "one or more invalid principals"),
        (policy("s3:*", Principal=ROOT), "invalid action"),
        (policy("kms:*"), "Missing required field Principal"),
        (policy("kms:Decrypt", Principal=ROOT), "update the key policy in the future"),
        (policy("kms:*", Principal={"Service": "s3.amazonaws.com"}), "in the future"),
    ],
)
def test_a_key_policy_that_kms_refuses_is_refused(aws, refused, key, document, naming):
    refused(MALFORMED, aws.kms.create_key, naming, Policy=document)
    put = {"KeyId": key, "PolicyName": "default", "Policy": document}
    refused(MALFORMED, aws.kms.put_key_policy, naming, **put)


def test_a_key_waits_7_to_30_days_for_its_deletion(aws, refused, key):
    for days in (6, 31):
        arguments = {"KeyId": key, "PendingWindowInDays": days}
        refused("ValidationException", aws.kms.schedule_key_deletion, **arguments)


def test_an_alias_is_not_awss_own_and_its_key_stays(aws, refused, key):
    alias = {"AliasName": "alias/aws/mine", "TargetKeyId": key}
    refused("NotAuthorizedException", aws.kms.create_alias, **alias)
    aws.kms.schedule_key_deletion(KeyId=key)
    alias["AliasName"] = "alias/mine"
    refused("KMSInvalidStateException", aws.kms.create_alias, "pending deletion", **alias)


def test_a_grant_is_for_a_principal_that_exists_and_for_known_operations(aws, refused, key):
    grant = {"KeyId": key, "GranteePrincipal": NOBODY["AWS"], "Operations": ["Decrypt"]}
    refused("InvalidArnException", aws.kms.create_grant, "role/none", **grant)
    grant |= {"GranteePrincipal": ROOT["AWS"], "Operations": ["Explode"]}
    refused("ValidationException", aws.kms.create_grant, "Explode", **grant)


def test_an_asymmetric_key_is_not_rotated(aws, refused):
    made = aws.kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]
    code = "UnsupportedOperationException"
    refused(code, aws.kms.enable_key_rotation, "symmetric", KeyId=made["KeyId"])
