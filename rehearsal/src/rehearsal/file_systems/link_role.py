"""S3 as the service-linked role of one FSx file system uses it.

The role may read and write every bucket that is linked, but a customer's KMS key only if the key's
policy or a grant names the role.
Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/s3-server-side-encryption-support.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients.aws import Cloud, code_of

ROLE = "aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/AWSServiceRoleForFSxS3Access_"
UNKNOWN = {"NotFoundException", "ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket"}


class LinkStorage:
    """A client of S3 that refuses what a link's role may not do with a customer's key."""

    def __init__(self, s3: Any, kms: Any, system_id: str) -> None:
        self._s3 = s3
        self._kms = kms
        self._role = f":role/{ROLE}{system_id}"
        self._permitted: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, cloud: Cloud, region: str, system_id: str) -> LinkStorage:
        """Return the S3 of a file system's links."""
        return cls(cloud.client("s3", region), cloud.client("kms", region), system_id)

    def get_object(self, **asked: Any) -> dict[str, Any]:
        """Read an object.

        Raises:
            PermissionError: The role may not decrypt with the object's key.
        """
        answer: dict[str, Any] = self._s3.get_object(**asked)
        self._require("Decrypt", answer.get("SSEKMSKeyId"), asked)
        return answer

    def put_object(self, **asked: Any) -> dict[str, Any]:
        """Write an object, which the bucket's default key encrypts.

        Raises:
            PermissionError: The role may not encrypt with that key.
        """
        self._require("GenerateDataKey", self._default_key(asked["Bucket"]), asked)
        answer: dict[str, Any] = self._s3.put_object(**asked)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def _default_key(self, bucket: str) -> str | None:
        try:
            found = self._s3.get_bucket_encryption(Bucket=bucket)
        except ClientError as error:
            if code_of(error) not in UNKNOWN:
                raise
            return None
        (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
        key: str | None = rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
        return key

    def _require(self, operation: str, key: str | None, asked: Mapping[str, Any]) -> None:
        """Raise an error unless the role may do the operation with the key, if it is an ARN."""
        if key is None or not key.startswith("arn:") or (operation, key) in self._permitted:
            return
        if not (self._is_granted(operation, key) or self._is_in_the_policy(operation, key)):
            raise PermissionError(
                f"s3://{asked['Bucket']}/{asked['Key']}: AccessDenied: the role {self._role[6:]} "
                f"is not authorized to perform: kms:{operation} on resource: {key}. Let the role "
                "use the key, by a grant or the key's policy"
            )
        self._permitted.add((operation, key))

    def _is_granted(self, operation: str, key: str) -> bool:
        try:
            grants = self._kms.list_grants(KeyId=key)["Grants"]
        except ClientError as error:
            if code_of(error) not in UNKNOWN:
                raise
            return False
        return any(
            grant["GranteePrincipal"].endswith(self._role) and operation in grant["Operations"]
            for grant in grants
        )

    def _is_in_the_policy(self, operation: str, key: str) -> bool:
        """Return whether a statement without conditions allows it to the role by its ARN."""
        try:
            policy = json.loads(self._kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        except ClientError as error:
            if code_of(error) not in UNKNOWN:
                raise
            return False
        return any(
            one["Effect"] == "Allow"
            and not one.get("Condition")
            and any(arn.endswith(self._role) for arn in _principals(one.get("Principal", {})))
            and {"kms:*", f"kms:{operation}", f"kms:{operation}*"} & {*_list(one["Action"])}
            for one in policy["Statement"]
        )


def _principals(principal: Any) -> list[str]:
    return _list(principal.get("AWS", [])) if isinstance(principal, dict) else []


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
