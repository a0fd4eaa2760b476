"""What a caller's policies and the resource's own say together of a call.

A denial in any of them holds. Otherwise the role's policies or the resource's have to allow it;
a permissions boundary and a session policy have to allow it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearsal.cloud.authorization.callers import Caller
from rehearsal.cloud.authorization.policy import Context, Decision, Document, Request, decide


@dataclass(frozen=True)
class Need:
    """What a call takes: an action on a resource.

    Attributes:
        action: As policies name it, s3:GetObject.
        resource: The ARN, or * for an action that is on none.
        context: Condition keys of the call, beside those of its caller.
        resource_policy: The resource's own policy.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    resource_policy: Document | None = None


def objection(caller: Caller, need: Need) -> str | None:
    """Why the caller may not, in AWS's words; None if it may."""
    request = Request(
        need.action,
        need.resource,
        {**caller.context, **need.context},
        principals=frozenset({caller.role_arn, caller.arn}),
        accounts=frozenset({caller.account, f"arn:aws:iam::{caller.account}:root"}),
    )
    kinds = {
        "identity-based policy": caller.documents,
        "resource-based policy": _documents(need.resource_policy),
        "permissions boundary": _documents(caller.boundary),
        "session policy": _documents(caller.session_policy),
    }
    said = {kind: decide(held, request) for kind, held in kinds.items() if held}
    for kind, decision in said.items():
        if decision is Decision.EXPLICIT_DENY:
            article = "an" if kind[0] in "aeiou" else "a"
            return f"with an explicit deny in {article} {kind}"
    return _missing(need.action, said)


def _missing(action: str, said: dict[str, Decision]) -> str | None:
    """The kind of policy that would have to allow an action, and does not."""
    allowing = {kind for kind, decision in said.items() if decision is Decision.ALLOWED}
    if not allowing & {"identity-based policy", "resource-based policy"}:
        return f"because no identity-based policy allows the {action} action"
    for kind in ("permissions boundary", "session policy"):
        if kind in said and kind not in allowing:
            return f"because no {kind} allows the {action} action"
    return None


def _documents(document: Document | None) -> tuple[Document, ...]:
    return (document,) if document else ()
