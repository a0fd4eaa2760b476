"""Identify callers, and look up roles for other services."""

from __future__ import annotations

import json

from moto.iam.models import IAMBackend, Role, iam_backends
from moto.sts.models import sts_backends

from rehearsal.aws import slow_iam
from rehearsal.aws.policy import Decision, Request, decide

CALLER = "user/rehearsal"


def iam(account_id: str) -> IAMBackend:
    """Return the account's IAM."""
    return iam_backends[account_id]["aws"]


def caller_arn(account_id: str, access_key: str) -> str:
    """Return the ARN of an access key's owner: an assumed role, a user, or the rehearsal's user."""
    if assumed := sts_backends[account_id]["aws"].get_assumed_role_from_access_key(access_key):
        return str(assumed.arn)
    for user in iam(account_id).users.values():
        if any(key.access_key_id == access_key for key in user.access_keys):
            return str(user.arn)
    return f"arn:aws:iam::{account_id}:{CALLER}"


def find_role(account_id: str, arn: str) -> Role | None:
    """Return the role with an ARN, or None; a role that is not effective yet is not found."""
    found = next((role for role in iam(account_id).roles.values() if role.arn == arn), None)
    return found if found and slow_iam.is_effective(found.name) else None


def principal_exists(account_id: str, arn: str) -> bool:
    """Return whether the account has a role or user with an ARN; True for other accounts."""
    if f":{account_id}:" not in arn:
        return True
    users = (user.arn for user in iam(account_id).users.values())
    known = {f"arn:aws:iam::{account_id}:{CALLER}", f"arn:aws:iam::{account_id}:root", *users}
    return arn in known or find_role(account_id, arn) is not None


def trusts(role: Role, service: str) -> bool:
    """Return whether a role's trust policy lets a service of this account assume it.

    AWS services name the account they act for in aws:SourceAccount; EC2 does not.
    """
    context = {} if service == "ec2.amazonaws.com" else {"aws:SourceAccount": role.account_id}
    trust = json.loads(role.assume_role_policy_document)
    request = Request("sts:AssumeRole", "*", context, service)
    return decide([trust], request) is Decision.ALLOWED
