"""Who calls, and what of IAM other services look up."""

from __future__ import annotations

import json

from moto.iam.models import IAMBackend, Role, iam_backends
from moto.sts.models import sts_backends

from .authorization.policy import Decision, Request, decide

CALLER = "user/rehearsal"


def iam(account_id: str) -> IAMBackend:
    """The account's IAM."""
    return iam_backends[account_id]["aws"]


def caller_arn(account_id: str, access_key: str) -> str:
    """The ARN of whoever has this access key: an assumed role, a user, or else the rehearsal's."""
    if assumed := sts_backends[account_id]["aws"].get_assumed_role_from_access_key(access_key):
        return str(assumed.arn)
    for user in iam(account_id).users.values():
        if any(key.access_key_id == access_key for key in user.access_keys):
            return str(user.arn)
    return f"arn:aws:iam::{account_id}:{CALLER}"


def find_role(account_id: str, arn: str) -> Role | None:
    """The role with that ARN, if there is one."""
    return next((role for role in iam(account_id).roles.values() if role.arn == arn), None)


def principal_exists(account_id: str, arn: str) -> bool:
    """Whether a role or user of the account has that ARN; of other accounts all are believed."""
    if f":{account_id}:" not in arn:
        return True
    users = (user.arn for user in iam(account_id).users.values())
    known = {f"arn:aws:iam::{account_id}:{CALLER}", f"arn:aws:iam::{account_id}:root", *users}
    return arn in known or find_role(account_id, arn) is not None


def trusts(role: Role, service: str) -> bool:
    """Whether a role's trust policy lets a service assume it, for something of the role's account.

    A service says in which account it acts; EC2 does not.
    """
    context = {} if service == "ec2.amazonaws.com" else {"aws:SourceAccount": role.account_id}
    trust = json.loads(role.assume_role_policy_document)
    request = Request("sts:AssumeRole", "*", context, service)
    return decide([trust], request) is Decision.ALLOWED
