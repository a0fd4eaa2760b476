"""AWS KMS: policies, aliases and waiting periods that moto takes and KMS refuses.

Source: KMS API Reference, CreateKey, PutKeyPolicy, CreateAlias, CreateGrant, EnableKeyRotation and
ScheduleKeyDeletion.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.fsx.models import fsx_backends
from moto.kms.exceptions import NotAuthorizedException
from moto.kms.models import Alias, Key, KmsBackend, kms_backends

from rehearsal.aws import identity, policy_documents
from rehearsal.aws.replacement import use_backend
from rehearsal.aws.service import Refusal

AWS_OWNED = "alias/aws/"
DAYS_OF_WAITING = range(7, 31)
LINK_ROLE = re.compile(
    r"arn:[\w-]+:iam::(?P<account>\d{12}):role/aws-service-role/"
    r"s3\.data-source\.lustre\.fsx\.amazonaws\.com/AWSServiceRoleForFSxS3Access_(?P<system>fs-\w+)"
)
CHANGES_THE_POLICY = {"*", "kms:*", "kms:put*", "kms:putkeypolicy"}


def install() -> None:
    """Replace moto's KMS with this one."""
    use_backend(kms_backends, KMS)


class KMS(KmsBackend):
    """KMS of the account in one Region."""

    def create_key(self, policy: str | None, *args: Any, **kwargs: Any) -> Key:
        """Create a key whose policy is valid and lets the account change it."""
        if policy:
            self._check_policy(policy)
        return super().create_key(policy, *args, **kwargs)

    def put_key_policy(self, key_id: str, policy: str) -> None:
        """Set a key's policy, which is valid and lets the account change it."""
        self._check_policy(policy)
        super().put_key_policy(key_id, policy)

    def create_alias(self, target_key_id: str, alias_name: str) -> Alias:
        """Create an alias of a key that is not about to be deleted."""
        if alias_name.startswith(AWS_OWNED):
            raise NotAuthorizedException
        key = self.describe_key(target_key_id)
        if key.key_state == "PendingDeletion":
            raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        return super().create_alias(target_key_id, alias_name)

    def create_grant(
        self, key_id: str, grantee_principal: str, *args: Any, **kwargs: Any
    ) -> tuple[str, str]:
        """Create a grant for a principal that exists."""
        here = policy_documents.OF_THIS_ACCOUNT.fullmatch(grantee_principal)
        missing = here and not identity.principal_exists(self.account_id, grantee_principal)
        if missing or self._is_of_no_link(grantee_principal):
            raise Refusal("InvalidArnException", f"ARN {grantee_principal} is invalid")
        return super().create_grant(key_id, grantee_principal, *args, **kwargs)

    def _is_of_no_link(self, principal: str) -> bool:
        """Return whether a principal is the role of a link of FSx that is not there.

        FSx makes the role with the first link of a file system.
        """
        role = LINK_ROLE.fullmatch(principal)
        if role is None or role["account"] != self.account_id:
            return False
        systems: Any = fsx_backends[self.account_id][self.region_name].file_systems
        system = systems.get(role["system"])
        return system is None or not system.linked

    def enable_key_rotation(self, key_id: str) -> None:
        """Rotate a symmetric key."""
        if self.describe_key(key_id).key_spec != "SYMMETRIC_DEFAULT":
            raise Refusal(
                "UnsupportedOperationException", f"{key_id}: only symmetric keys are rotated"
            )
        super().enable_key_rotation(key_id)

    def schedule_key_deletion(self, key_id: str, pending_window_in_days: int) -> float:
        """Delete a key after 7 to 30 days."""
        if pending_window_in_days not in DAYS_OF_WAITING:
            raise Refusal(
                "ValidationException",
                f"PendingWindowInDays must be between 7 and 30, got {pending_window_in_days}.",
            )
        return super().schedule_key_deletion(key_id, pending_window_in_days)

    def _check_policy(self, policy: str) -> None:
        fault = policy_documents.fault(policy, self.account_id, "kms")
        if fault and "principal" in fault:
            fault = "Policy contains a statement with one or more invalid principals."
        if not fault and not self._is_changeable(policy):
            fault = "The new key policy will not allow you to update the key policy in the future."
        if fault:
            raise Refusal("MalformedPolicyDocumentException", fault)

    def _is_changeable(self, policy: str) -> bool:
        """Return whether a statement lets the account or a caller of it set the next policy."""
        root = f"arn:{self.partition}:iam::{self.account_id}:root"
        caller = f"arn:{self.partition}:iam::{self.account_id}:{identity.CALLER}"
        ours = {"*", self.account_id, root, caller}
        return any(
            one.get("Effect") == "Allow"
            and ours & {*policy_documents.principals(one)}
            and CHANGES_THE_POLICY
            & {action.lower() for action in policy_documents.as_list(one.get("Action"))}
            for one in policy_documents.as_list(json.loads(policy)["Statement"])
        )
