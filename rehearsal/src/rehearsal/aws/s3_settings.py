"""Settings of a bucket that moto takes and S3 refuses.

Source: S3 API Reference and User Guide ("Blocking public access", "Disabling ACLs", "Bucket policy
errors"); the words are those of S3 as its users report them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.s3.exceptions import MalformedXML, S3ClientError
from moto.s3.models import S3Backend

from rehearsal.aws import policy_documents

ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
MOST_TAGS = 50
OF_BUCKETS = ("s3:listbucket", "s3:getbucket", "s3:putbucket", "s3:deletebucket")


class BucketSettings(S3Backend):
    """S3 of the account, as far as the settings of a bucket are concerned."""

    def put_bucket_policy(self, bucket_name: str, policy: bytes) -> None:
        """Set a policy that is valid, about this bucket, and public only if that is allowed."""
        text = policy.decode()
        bucket = self.get_bucket(bucket_name)
        fault = policy_documents.fault(text, self.account_id, "s3")
        if fault := fault or next(filter(None, _faults(str(bucket.arn), text)), None):
            raise S3ClientError("MalformedPolicy", fault)
        blocked = bucket.public_access_block
        if any(map(_is_public, _statements(text))) and blocked and _blocks_policies(blocked):
            raise S3ClientError(
                "AccessDenied",
                f"s3:PutBucketPolicy on {bucket.arn}: public policies are blocked by the "
                "BlockPublicPolicy block public access setting.",
            )
        super().put_bucket_policy(bucket_name, policy)

    def put_bucket_acl(self, bucket_name: str, acl: Any) -> None:
        """Set an access control list, if the bucket has any."""
        enforced = "BucketOwnerEnforced" in str(self.get_bucket(bucket_name).ownership_rule)
        if enforced and acl is not None and len(acl.grants) > 1:
            raise S3ClientError("AccessControlListNotSupported", "The bucket does not allow ACLs")
        super().put_bucket_acl(bucket_name, acl)

    def put_bucket_encryption(self, bucket_name: str, encryption: dict[str, Any]) -> None:
        """Set how new objects are encrypted."""
        rule = encryption.get("Rule") or {}
        chosen = rule.get("ApplyServerSideEncryptionByDefault") or {}
        algorithm = chosen.get("SSEAlgorithm")
        if algorithm not in ALGORITHMS:
            raise MalformedXML
        if algorithm == "AES256" and chosen.get("KMSMasterKeyID"):
            raise S3ClientError(
                "InvalidArgument",
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
                "aws:kms:dsse",
            )
        super().put_bucket_encryption(bucket_name, encryption)

    def put_bucket_tagging(self, bucket_name: str, tags: dict[str, str]) -> None:
        """Set the tags of a bucket, fifty at most."""
        if len(tags) > MOST_TAGS:
            raise S3ClientError(
                "BadRequest", f"Bucket tag count cannot be greater than {MOST_TAGS}"
            )
        super().put_bucket_tagging(bucket_name, tags)

    def put_bucket_versioning(self, bucket_name: str, status: str) -> None:
        """Set versioning, which is Enabled or Suspended."""
        if status not in {"Enabled", "Suspended"}:
            raise MalformedXML
        super().put_bucket_versioning(bucket_name, status)


def _faults(arn: str, text: str) -> list[str]:
    return [_fault(arn, statement) for statement in _statements(text)]


def _fault(arn: str, statement: Mapping[str, Any]) -> str:
    """Return the fault of a statement about something else than the bucket; "" if none."""
    named = policy_documents.as_list(statement.get("Resource", statement.get("NotResource")))
    if not named or not all(one == arn or one.startswith(f"{arn}/") for one in named):
        return "Policy has invalid resource"
    actions = [one.lower() for one in policy_documents.as_list(statement.get("Action"))]
    of_buckets = bool(actions) and all(one.startswith(OF_BUCKETS) for one in actions)
    if of_buckets and arn not in named:
        return "Action does not apply to any resource(s) in statement"
    return ""


def _statements(text: str) -> list[Mapping[str, Any]]:
    return policy_documents.as_list(json.loads(text)["Statement"])


def _is_public(statement: Mapping[str, Any]) -> bool:
    """Return whether everybody is allowed something without a condition."""
    everybody = "*" in policy_documents.principals(statement)
    return statement["Effect"] == "Allow" and everybody and not statement.get("Condition")


def _blocks_policies(block: Any) -> bool:
    return str(block.block_public_policy).lower() == "true"
