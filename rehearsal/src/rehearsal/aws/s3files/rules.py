"""AWS's rules for the bucket of a file system and for the role by which S3 Files reaches it.

Sources: S3 Files API Reference, CreateFileSystem; S3 User Guide, "Prerequisites for S3 Files" and
"Synchronization of S3 Files". The words about a role are those that terraform-provider-aws waits
for; the other words are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.s3.models import FakeBucket, s3_backends

from rehearsal.aws import identity
from rehearsal.aws.authorization import callers, verdicts
from rehearsal.aws.authorization.verdicts import RequiredPermission
from rehearsal.aws.policy import Decision, Request, decide
from rehearsal.aws.s3files.models import invalid

SERVICE = "elasticfilesystem.amazonaws.com"
WARNED_OBJECTS = 12_000_000
"""Objects under a prefix of which AWS warns: the rename of a directory may take hours."""
NO_TRUST = "Access denied: S3 Files does not have permissions to assume the provided role."
NO_RIGHT = (
    "Access denied: The provided role does not have permission to call {call} on the provided "
    "bucket."
)
CALLS = {"s3:GetObject": "s3:HeadObject", "s3:ListBucket": "s3:ListObjectsV2"}
"""Name of the call in AWS's message, where it is not that of the permission."""


def bucket_of(account_id: str, arn: str) -> FakeBucket | None:
    """Return the bucket with an ARN, or None."""
    return s3_backends[account_id]["aws"].buckets.get(arn.rpartition(":")[2])


def check_bucket(account_id: str, region: str, given: dict[str, Any]) -> None:
    """Check the bucket and the prefix of a new file system.

    Raises:
        Refusal: ValidationException.
    """
    arn, prefix = given["bucket"], given.get("prefix", "")
    bucket = bucket_of(account_id, arn)
    if bucket is None:
        raise invalid(f"The bucket {arn} does not exist, or belongs to another account.")
    if bucket.region_name != region:
        raise invalid(
            f"The bucket {bucket.name} is in {bucket.region_name}: it must be in the Region of "
            f"the file system, {region}."
        )
    if bucket.versioning_status != "Enabled":
        raise invalid(f"The bucket {bucket.name} must have versioning enabled.")
    if prefix.startswith("/") or "//" in prefix:
        raise invalid(f"The prefix '{prefix}' has an empty directory name.")
    if not given.get("acceptBucketWarning") and _has_too_many(bucket, prefix):
        raise invalid(
            f"The bucket {bucket.name} has {WARNED_OBJECTS} objects or more under the prefix "
            f"'{prefix}', where the rename of a directory may take hours. Set acceptBucketWarning "
            "to create the file system."
        )


def _has_too_many(bucket: FakeBucket, prefix: str) -> bool:
    known = sum(1 for key in bucket.keys if key.startswith(prefix))
    return known >= WARNED_OBJECTS


def denial(account_id: str, description: dict[str, Any], arn: str) -> str | None:
    """Return AWS's message if the role of a file system lacks what S3 Files needs, or None.

    Args:
        account_id: The account of the file system.
        description: Its description.
        arn: Its ARN.
    """
    role = identity.find_role(account_id, description["roleArn"])
    if role is None or not _trusts(json.loads(role.assume_role_policy_document), account_id, arn):
        return NO_TRUST
    caller = callers.of_role(role, "s3files")
    for permission in _required(account_id, description):
        if verdicts.denial_reason(caller, permission):
            return NO_RIGHT.format(call=CALLS.get(permission.action, permission.action))
    return None


def _trusts(trust: dict[str, Any], account_id: str, arn: str) -> bool:
    context = {"aws:SourceAccount": account_id, "aws:SourceArn": arn}
    request = Request("sts:AssumeRole", "*", context, SERVICE)
    return decide([trust], request) is Decision.ALLOWED


def _required(account_id: str, description: dict[str, Any]) -> Iterator[RequiredPermission]:
    arn, objects = description["bucket"], f"{description['bucket']}/{description['prefix']}x"
    bucket = bucket_of(account_id, arn)
    policy = json.loads(bucket.policy) if bucket and bucket.policy else None
    owner = {"aws:ResourceAccount": account_id}
    for action, resource in (
        ("s3:ListBucket", arn),
        ("s3:ListBucketVersions", arn),
        ("s3:GetObject", objects),
        ("s3:PutObject", objects),
        ("s3:DeleteObject", objects),
    ):
        yield RequiredPermission(action, resource, owner, policy)
    region = description["fileSystemArn"].split(":")[3]
    rule = f"arn:aws:events:{region}:{account_id}:rule/DO-NOT-DELETE-S3-Files-{account_id}"
    yield RequiredPermission("events:PutRule", rule, {"events:ManagedBy": SERVICE})
    if key := _key(bucket):
        through = {"kms:ViaService": f"s3.{region}.amazonaws.com"}
        for action in ("kms:GenerateDataKey", "kms:Decrypt"):
            yield RequiredPermission(action, key, through)


def _key(bucket: FakeBucket | None) -> str | None:
    """Return the ARN of the customer's key that encrypts a bucket; None for S3's own."""
    rule: dict[str, Any] = (bucket.encryption if bucket else None) or {}
    default = rule.get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    key = str(default.get("KMSMasterKeyID") or "")
    return key if key.startswith("arn:") else None
