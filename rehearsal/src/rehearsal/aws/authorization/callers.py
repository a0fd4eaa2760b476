"""Find the session that signed a request, and its policies.

Everything is read from the account's IAM and STS at each request, so that a change applies to the
next one; only parsed documents are cached, by their text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from moto.iam.models import ManagedPolicy, Role
from moto.sts.models import sts_backends

from rehearsal.aws import identity, slow_iam
from rehearsal.aws.policy import Document
from rehearsal.aws.sts import STS, Session


@dataclass(frozen=True)
class Caller:
    """Session of a role, with the policies that apply to it.

    `boundary` and `session_policy` only limit what the role's own `documents` allow.
    """

    arn: str
    role_arn: str
    account: str
    documents: tuple[Document, ...]
    boundary: Document | None
    session_policy: Document | None
    tags: Mapping[str, str]

    @property
    def context(self) -> dict[str, str | list[str]]:
        """Condition keys that describe the caller."""
        keys: dict[str, str | list[str]] = {
            "aws:PrincipalArn": self.role_arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalType": "AssumedRole",
            "aws:PrincipalIsAWSService": "false",
            # The request comes over loopback, but represents one that goes to AWS over TLS.
            "aws:SecureTransport": "true",
        }
        return keys | {f"aws:PrincipalTag/{tag}": value for tag, value in self.tags.items()}


def secrets_of(account_id: str, access_key: str) -> tuple[str, str | None] | None:
    """Return the secret key and the session token of an access key that the account has made."""
    if session := _sts(account_id).get_assumed_role_from_access_key(access_key):
        return session.secret_access_key, session.session_token
    for user in identity.iam(account_id).users.values():
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                return key.secret_access_key, None
    return None


def find(account_id: str, access_key: str) -> Caller | None:
    """Return the present caller with an access key; None if it is not that of a session."""
    session = _sts(account_id).get_assumed_role_from_access_key(access_key)
    return _caller(session) if session else None


def of_role(role: Role, session: str) -> Caller:
    """Return the caller that an AWS service is which has taken on a role.

    Args:
        role: The role.
        session: Name that the service gives its session.
    """
    account = role.account_id
    return Caller(
        arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{session}",
        role_arn=role.arn,
        account=account,
        documents=tuple(_documents(role)),
        boundary=_boundary(role),
        session_policy=None,
        tags={},
    )


def _sts(account_id: str) -> STS:
    return cast(STS, sts_backends[account_id]["aws"])


def _caller(session: Session) -> Caller:
    role = identity.iam(session.account_id).roles.get(session.role_id)
    return Caller(
        arn=session.arn,
        role_arn=session.role_arn,
        account=session.account_id,
        documents=tuple(_documents(role)) if role else (),
        boundary=_boundary(role) if role else None,
        session_policy=parsed(session.policy) if session.policy else None,
        tags=session.tags,
    )


def _documents(role: Role) -> list[Document]:
    attached = {arn: _default_version(policy) for arn, policy in role.managed_policies.items()}
    return [
        parsed(text)
        for name, text in (*role.policies.items(), *attached.items())
        if slow_iam.is_effective(role.name, name)
    ]


def _boundary(role: Role) -> Document | None:
    arn = role.permissions_boundary_arn
    policy = identity.iam(role.account_id).managed_policies.get(arn) if arn else None
    return parsed(_default_version(policy)) if policy else None


def _default_version(policy: ManagedPolicy) -> str:
    default = policy.default_version_id
    return next(one.document for one in policy.versions if one.version_id == default)


@lru_cache(4096)
def parsed(text: str | bytes) -> Document:
    """Return a policy document, parsed from its text."""
    document: dict[str, Any] = json.loads(text)
    return document
