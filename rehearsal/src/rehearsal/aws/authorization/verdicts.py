"""Combine a caller's policies and the resource's own policy into one decision.

A denial in any of them takes precedence. Otherwise the role's policies or the resource's must allow
the call, and a permissions boundary and a session policy must allow it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearsal.aws.authorization.callers import Caller
from rehearsal.aws.policy import Context, Decision, Document, Request, decide


@dataclass(frozen=True)
class RequiredPermission:
    """Permission that a call requires: an action on a resource.

    Attributes:
        action: Name in policies, such as s3:GetObject.
        resource: ARN, or * for an action without a resource.
        context: Condition keys of the call, without those of its caller.
        resource_policy: Policy of the resource.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    resource_policy: Document | None = None


def denial_reason(caller: Caller, permission: RequiredPermission) -> str | None:
    """Return the reason of a denial in AWS's words; None if the caller has the permission."""
    request = Request(
        permission.action,
        permission.resource,
        {**caller.context, **permission.context},
        principals=frozenset({caller.role_arn, caller.arn}),
        accounts=frozenset({caller.account, f"arn:aws:iam::{caller.account}:root"}),
    )
    kinds = {
        "identity-based policy": caller.documents,
        "resource-based policy": _documents(permission.resource_policy),
        "permissions boundary": _documents(caller.boundary),
        "session policy": _documents(caller.session_policy),
    }
    said = {kind: decide(held, request) for kind, held in kinds.items() if held}
    for kind, decision in said.items():
        if decision is Decision.EXPLICIT_DENY:
            article = "an" if kind[0] in "aeiou" else "a"
            return f"with an explicit deny in {article} {kind}"
    return _missing(permission.action, said)


def _missing(action: str, said: dict[str, Decision]) -> str | None:
    """Return the reason of a denial because no policy allows an action, or None."""
    allowing = {kind for kind, decision in said.items() if decision is Decision.ALLOWED}
    if not allowing & {"identity-based policy", "resource-based policy"}:
        return f"because no identity-based policy allows the {action} action"
    for kind in ("permissions boundary", "session policy"):
        if kind in said and kind not in allowing:
            return f"because no {kind} allows the {action} action"
    return None


def _documents(document: Document | None) -> tuple[Document, ...]:
    return (document,) if document else ()
