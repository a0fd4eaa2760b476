"""API calls of EFS about lifecycle, backups and the resource policy of a file system."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from rehearsal.aws import policy_documents
from rehearsal.aws.efs import rules
from rehearsal.aws.efs.calls import EFSCalls
from rehearsal.aws.policy import Decision, Request, decide
from rehearsal.aws.service import Refusal

PUT = "elasticfilesystem:PutFileSystemPolicy"


class PolicyCalls(EFSCalls):
    """Calls about the policies of a file system."""

    def put_lifecycle_configuration(self) -> Any:
        """Set when files move to colder storage classes, and back."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        rules.check_lifecycle(file_system, self.given["LifecyclePolicies"])
        return super().put_lifecycle_configuration()

    def put_backup_policy(self) -> ActionResult:
        """Turn automatic backups on or off."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        status = self.given["BackupPolicy"]["Status"]
        file_system._backup = status in {"ENABLED", "ENABLING"}
        changing = "ENABLING" if file_system._backup else "DISABLING"
        return ActionResult({"BackupPolicy": {"Status": changing}})

    def describe_backup_policy(self) -> Any:
        """Describe the backup policy: automatic backups are on or off."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        status = "ENABLED" if file_system._backup else "DISABLED"
        return ActionResult({"BackupPolicy": {"Status": status}})

    def put_file_system_policy(self) -> Any:
        """Set the resource policy of a file system."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        policy = self.given["Policy"]
        fault = policy_documents.fault(policy, self.current_account, "elasticfilesystem")
        fault = fault or _resource_fault(policy, file_system.file_system_arn)
        if fault:
            raise Refusal("InvalidPolicyException", fault)
        if not self.given.get("BypassPolicyLockoutSafetyCheck"):
            self._check_lockout(policy, file_system.file_system_arn)
        return super().put_file_system_policy()

    def _check_lockout(self, policy: str, arn: str) -> None:
        """Refuse a policy by which its author could not put another one.

        Only a denial can do that: the author's own policies allow the call.

        Raises:
            Refusal: InvalidPolicyException.
        """
        root = f"arn:{self.partition}:iam::{self.current_account}:root"
        caller = frozenset({self.current_account, root})
        tls = {"aws:SecureTransport": "true"}
        request = Request(PUT, arn, tls, accounts=caller, principals=caller)
        if decide([json.loads(policy)], request) is Decision.EXPLICIT_DENY:
            raise Refusal(
                "InvalidPolicyException",
                "The new file system policy will not allow you to update the file system policy in "
                "the future.",
            )

    def describe_file_system_policy(self) -> Any:
        """Describe the resource policy of a file system."""
        self.efs.file_system(self.given["FileSystemId"])
        return super().describe_file_system_policy()

    def delete_file_system_policy(self) -> ActionResult:
        """Delete the resource policy of a file system."""
        self.efs.file_system(self.given["FileSystemId"]).file_system_policy = None
        return EmptyResult()


def _resource_fault(policy: str, arn: str) -> str | None:
    """Return the fault of a statement about another resource than the file system."""
    for statement in policy_documents.as_list(json.loads(policy)["Statement"]):
        for resource in policy_documents.as_list(statement.get("Resource")):
            if resource not in {arn, "*"}:
                return f"Policy has invalid resource: {resource}"
    return None
