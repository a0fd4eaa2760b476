"""A user's own statements of the policy of an EFS file system.

Sources: EFS User Guide, "Using IAM to control access to file systems" (actions and condition keys
of clients); EFS API Reference, PutFileSystemPolicy (lockout check); IAM User Guide, "IAM JSON
policy elements" (Sid, Principal and Condition).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.efs_client_policy import MOUNT, PODS, PUT_POLICY, WRITE, Client, denies

SID = re.compile(r"[A-Za-z0-9]{1,100}")
ACTION = re.compile(r"elasticfilesystem:[A-Za-z*?]+")
PRINCIPAL = re.compile(r"\*|\d{12}|arn:aws[\w-]*:(iam|sts)::\d{12}:.+")
CONDITION_KEYS = {
    "aws:securetransport",
    "aws:sourceip",
    "elasticfilesystem:accesspointarn",
    "elasticfilesystem:accessedviamounttarget",
}
"""Condition keys of EFS's clients, in lower case; AWS ignores case in them."""
OPERATORS = re.compile(
    r"(Bool|String(Not)?(Equals|Like|EqualsIgnoreCase)|Arn(Not)?(Equals|Like)|(Not)?IpAddress)"
    r"(IfExists)?|Null"
)

ACTIONS: Path = ("actions",)


class PolicyStatementSpec(Spec):
    """Statement of the file system's policy, in addition to the program's own."""

    sid: str = Field(examples=["AuditReads"])
    """Name of the statement, in letters and digits."""

    effect: Literal["Allow", "Deny"]
    """Allow or Deny. A denial counts for more than all permissions."""

    principals: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """ARNs of roles or users, 12-digit accounts, or * for everybody, clients without IAM
    credentials included: pods, SageMaker and plain NFS mount without."""

    actions: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        examples=[["elasticfilesystem:ClientMount"]]
    )
    """Actions such as elasticfilesystem:ClientMount (reading), ClientWrite and ClientRootAccess."""

    conditions: dict[str, dict[str, str]] = Field(
        default_factory=dict, examples=[{"Bool": {"aws:SecureTransport": "true"}}]
    )
    """Conditions by operator and key, each with one value. EFS knows the keys aws:SecureTransport,
    aws:SourceIp, elasticfilesystem:AccessPointArn and elasticfilesystem:AccessedViaMountTarget."""

    @property
    def statement(self) -> dict[str, Any]:
        """Statement of an IAM policy, without its resource, which is the file system."""
        conditions = {"Condition": self.conditions} if self.conditions else {}
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": {"AWS": [*self.principals]},
            "Action": [*self.actions],
            **conditions,
        }

    def locks_out(self, client: Client, *actions: str) -> bool:
        """Return whether the statement alone denies a client one of the actions."""
        return any(denies([self.statement], client, action) for action in actions)

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a statement, and those by which it would lock out pods."""
        yield from _forms(self)
        yield from _conditions(self)
        yield from _lockout(self)


def _forms(one: PolicyStatementSpec) -> Iterator[ConfigError]:
    if not SID.fullmatch(one.sid):
        rule = "must be 1 to 100 letters and digits"
        yield ConfigError(("sid",), rule, one.sid, "set for instance AuditReads")
    for i, principal in enumerate(one.principals):
        if not PRINCIPAL.fullmatch(principal):
            rule = "must be *, an account of 12 digits, or the ARN of a role or user"
            yield ConfigError(("principals", i), rule, principal, "see `aws iam get-role`")
    for i, action in enumerate(one.actions):
        if not ACTION.fullmatch(action):
            rule = "must be an action of EFS, with its prefix elasticfilesystem:"
            yield ConfigError((*ACTIONS, i), rule, action, f"set for instance {MOUNT}")


def _conditions(one: PolicyStatementSpec) -> Iterator[ConfigError]:
    for operator, keys in one.conditions.items():
        path: Path = ("conditions", operator)
        if not OPERATORS.fullmatch(operator):
            rule = (
                "must be a condition operator of IAM for texts, ARNs, addresses or true and false"
            )
            yield ConfigError(path, rule, operator, "set for instance Bool or StringEquals")
        for key, value in keys.items():
            if key.lower() not in CONDITION_KEYS:
                rule = "EFS enforces no other condition key of clients than its four"
                remedy = (
                    "use aws:SecureTransport, aws:SourceIp, or elasticfilesystem:AccessPointArn"
                )
                yield ConfigError((*path, key), rule, key, remedy)
            elif operator.startswith("Bool") and value.lower() not in {"true", "false"}:
                rule = 'Bool compares with "true" or "false"'
                yield ConfigError((*path, key), rule, value, 'set "true" or "false"')


def _lockout(one: PolicyStatementSpec) -> Iterator[ConfigError]:
    if one.locks_out(PODS, MOUNT, WRITE):
        rule = "denies pods, which have no IAM credentials, to mount or to write by an access point"
        remedy = "narrow it by principals or conditions, or allow what is needed instead"
        yield ConfigError(ACTIONS, rule, list(one.actions), remedy)
    elif denies([one.statement], Client("its author", {"aws:securetransport": "true"}), PUT_POLICY):
        rule = "denies everybody to put another policy, which EFS refuses"
        yield ConfigError(ACTIONS, rule, list(one.actions), "name the actions of clients only")
