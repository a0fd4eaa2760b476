"""Amazon S3: the defaults of a new bucket, and bucket policies that have conditions.

Since April 2023 a new bucket is encrypted, blocks public access and has no access control lists (S3
user guide, "Default settings for new S3 buckets").
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import InvalidBucketName, S3ClientError
from moto.s3.models import (
    FakeBucket,
    FakeDeleteMarker,
    FakeKey,
    PublicAccessBlock,
    S3Backend,
    s3_backends,
)
from moto.s3.notifications import S3NotificationEvent, send_event

from rehearsal.aws import keys, s3_events, s3_lifecycle
from rehearsal.aws.authorization import gate, verdicts
from rehearsal.aws.authorization.s3 import objects_deletion
from rehearsal.aws.replacement import use_backend

DEFAULT_ENCRYPTION = {
    "Rule": {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": "false",
    }
}
# Condition keys of every request to the emulated S3. A request comes over plain HTTP on a loopback
# address, but represents a request to AWS over TLS. Therefore a policy that denies requests
# without TLS does not apply to it.
CONDITIONS_OF_A_CALL = {"aws:SecureTransport": "true"}

BUCKET_NAME = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!\d+(\.\d+){3}$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)"
)
"""Source: S3 User Guide, "General purpose bucket naming rules"."""


def install() -> None:
    """Replace moto's S3 with this one."""
    use_backend(s3_backends, S3)
    # moto frees the content of each version that it deletes; a delete marker has no content.
    FakeDeleteMarker.dispose = _nothing  # type: ignore[attr-defined]


def _nothing(_: FakeDeleteMarker) -> None:
    """Do nothing; a delete marker has no content to free."""


class Bucket(FakeBucket):
    """Bucket with a policy whose principals and conditions are evaluated."""

    def get_permission(self, action: str, resource: str) -> Any:
        """Return the decision of the bucket's policy for an action by the account's own principals.

        For a session of a role, IAM has already decided, except for the deletion of several
        objects, for which moto calls this method for each object.
        """
        if caller := gate.CALLER.get():
            need = objects_deletion(self, resource.partition("/")[2])
            deletes = action == "s3:DeleteObject"
            denied = deletes and verdicts.denial_reason(caller, need)
            return PermissionResult.DENIED if denied else PermissionResult.NEUTRAL
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy.decode())
        statements = policy["Statement"]
        policy["Statement"] = [
            {key: value for key, value in statement.items() if key != "Condition"}
            for statement in (statements if isinstance(statements, list) else [statements])
            if self._concerns_caller(statement) and _conditions_hold(statement)
        ]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    def _concerns_caller(self, statement: dict[str, Any]) -> bool:
        """Return whether a statement names everybody or this account, the only possible callers."""
        principal = statement.get("Principal", "*")
        if isinstance(principal, dict):
            principal = principal.get("AWS", [])
        names = [principal] if isinstance(principal, str) else principal
        mine = {"*", self.account_id, f"arn:{self.partition}:iam::{self.account_id}:root"}
        return any(name in mine for name in names)


class S3(S3Backend):
    """S3 of the account."""

    def create_bucket(
        self, bucket_name: str, region_name: str, bucket_namespace: str | None = None
    ) -> FakeBucket:
        """Create a bucket with the defaults of AWS."""
        if not BUCKET_NAME.fullmatch(bucket_name):
            raise InvalidBucketName
        bucket = super().create_bucket(bucket_name, region_name, bucket_namespace)
        # moto creates a bucket of its own class, which has the same attributes.
        bucket.__class__ = Bucket  # type: ignore[type-abstract] # moto's is as abstract
        bucket.encryption = copy.deepcopy(DEFAULT_ENCRYPTION)
        bucket.ownership_rule = "BucketOwnerEnforced"  # type: ignore[assignment] # as moto sets it
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        return bucket

    def delete_bucket_encryption(self, bucket_name: str) -> None:
        """Restore the default encryption of a bucket; a bucket is never unencrypted."""
        self.put_bucket_encryption(bucket_name, copy.deepcopy(DEFAULT_ENCRYPTION))

    def put_bucket_notification_configuration(
        self, bucket_name: str, notification_config: dict[str, Any]
    ) -> None:
        """Set the event notifications of a bucket, once every queue accepts them."""
        s3_events.check(self.account_id, self.get_bucket(bucket_name), notification_config)
        super().put_bucket_notification_configuration(bucket_name, notification_config)

    def put_bucket_lifecycle_configuration(
        self, bucket_name: str, rules: list[dict[str, Any]]
    ) -> None:
        """Set lifecycle rules that S3 accepts."""
        s3_lifecycle.check(rules)
        super().put_bucket_lifecycle_configuration(bucket_name, rules)

    def put_object(self, *args: Any, **kwargs: Any) -> FakeKey:
        """Put an object.

        A part of a multipart upload sends no notification; only its completion does.
        """
        self._check_key(args[0] if args else kwargs["bucket_name"])
        if kwargs.get("multipart"):
            kwargs["disable_notification"] = True
        return super().put_object(*args, **kwargs)

    def _check_key(self, bucket_name: str) -> None:
        """Raise an error if the key that encrypts new objects does not exist.

        S3 looks for the key when an object comes, and not when the key is set.

        Source: S3 User Guide, "Specifying server-side encryption with AWS KMS".
        """
        bucket = self.get_bucket(bucket_name)
        rule = (bucket.encryption or {}).get("Rule") or {}
        named = (rule.get("ApplyServerSideEncryptionByDefault") or {}).get("KMSMasterKeyID")
        if not named:
            return
        try:
            keys.resolve(self.account_id, bucket.region_name, str(named))
        except keys.KeyNotFoundError as error:
            raise S3ClientError("KMS.NotFoundException", str(error)) from error

    def delete_object(
        self, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        """Delete an object, and send a notification of the delete marker that replaces it."""
        answer = super().delete_object(bucket_name, key_name, version_id, bypass)
        bucket = self.get_bucket(bucket_name)
        if bucket.is_versioned and version_id is None:
            made = S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
            send_event(self.account_id, made, bucket, bucket.keys.getlist(key_name)[-1])
        return answer


def _conditions_hold(statement: dict[str, Any]) -> bool:
    """Return whether all conditions of a statement hold, as far as they can be evaluated.

    A condition on a key outside CONDITIONS_OF_A_CALL does not hold. Then a denial does not apply,
    and a permission is not needed, because the account's own principals have it anyway.
    """
    return all(
        operator in {"Bool", "BoolIfExists"}
        and key in CONDITIONS_OF_A_CALL
        and CONDITIONS_OF_A_CALL[key] in _values(value)
        for operator, pairs in statement.get("Condition", {}).items()
        for key, value in pairs.items()
    )


def _values(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() for one in values]
