"""Mapping of an AWS principal to a Kubernetes user through the access entries of a cluster.

https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from rehearsal.kubernetes.bootstrap import ACCESS_POLICY_ROLES, policy_group

_ASSUMED_ROLE = re.compile(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/(.+)")


@dataclass(frozen=True)
class Caller:
    """AWS principal that made a token, as STS's GetCallerIdentity describes it."""

    arn: str
    user_id: str
    account: str

    @property
    def session_name(self) -> str:
        """Session name of an assumed role; empty for a user."""
        assumed = _ASSUMED_ROLE.fullmatch(self.arn)
        return assumed[4] if assumed else ""


@dataclass(frozen=True)
class Grant:
    """Access policy associated with an access entry, and the namespaces it is limited to."""

    policy: str  # its name, the last part of its ARN
    namespaces: tuple[str, ...] = ()  # names or patterns with *; empty for the whole cluster

    @classmethod
    def of(cls, associated: dict[str, Any]) -> Grant:
        """Read one element of EKS's associatedAccessPolicies."""
        scope = associated["accessScope"]
        names = scope.get("namespaces", []) if scope["type"] == "namespace" else []
        return cls(associated["policyArn"].rpartition("/")[2], tuple(names))


def find_principal(caller: Caller, principals: Iterable[str]) -> str | None:
    """Return the principal ARN of the access entry that matches a caller, or None.

    STS leaves the path of an assumed role out of its ARN, so roles are compared by name.
    """
    assumed = _ASSUMED_ROLE.fullmatch(caller.arn)
    if not assumed:
        return caller.arn if caller.arn in principals else None
    partition, account, role, _ = assumed.groups()
    roles = f"arn:{partition}:iam::{account}:role/"
    return next(
        (one for one in principals if one.startswith(roles) and one.rpartition("/")[2] == role),
        None,
    )


def user_info(
    caller: Caller, entry: dict[str, Any], grants: Sequence[Grant], namespaces: Iterable[str]
) -> dict[str, Any]:
    """Return the UserInfo of a TokenReview for a caller.

    Args:
        caller: AWS principal that made the token.
        entry: Access entry of the caller, as EKS describes it.
        grants: Access policies associated with the entry.
        namespaces: Namespaces of the cluster, matched against the patterns of each grant.
    """
    groups = [*entry.get("kubernetesGroups", []), *_policy_groups(grants, list(namespaces))]
    username = entry.get("username") or caller.arn
    return {
        "username": username.replace("{{SessionName}}", caller.session_name.replace("@", "-")),
        "uid": f"aws-iam-authenticator:{caller.account}:{caller.user_id}",
        "groups": list(dict.fromkeys(groups)),
        "extra": {
            "arn": [caller.arn],
            "principalId": [caller.user_id],
            "sessionName": [caller.session_name],
        },
    }


def namespaces_granted(grant: Grant, namespaces: Iterable[str]) -> list[str]:
    """Return the namespaces of the cluster that match the patterns of a grant."""
    return [
        name
        for name in namespaces
        if any(fnmatchcase(name, pattern) for pattern in grant.namespaces)
    ]


def _policy_groups(grants: Iterable[Grant], namespaces: Sequence[str]) -> Iterator[str]:
    for grant in grants:
        if grant.policy not in ACCESS_POLICY_ROLES:
            continue
        if not grant.namespaces:
            yield policy_group(grant.policy)
        for name in namespaces_granted(grant, namespaces):
            yield policy_group(grant.policy, name)
