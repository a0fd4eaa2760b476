"""IAM that is slow to be true: a new role or policy that other services do not see yet.

IAM itself shows a change at once. Only changes that are made while a fault applies are slow. A
policy that is detached is gone at once here, where AWS may be slow as well.
Source: IAM User Guide, "Troubleshoot IAM", changes are not always immediately visible.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from rehearsal.aws import clock
from rehearsal.faults import active

NEW_ROLE = "CreateRole"
NEW_POLICIES = {"AttachRolePolicy": "PolicyArn", "PutRolePolicy": "PolicyName"}
"""Calls that give a role a policy, with the parameter that identifies it."""

_effective_at: dict[tuple[str, str], float] = {}


def note(call: str, body: bytes) -> None:
    """Note a call of IAM that makes a role or gives it a policy, if a fault applies to it."""
    if call != NEW_ROLE and call not in NEW_POLICIES:
        return
    params: Mapping[str, str] = dict(parse_qsl(body.decode()))
    role, policy = params.get("RoleName", ""), params.get(NEW_POLICIES.get(call, ""), "")
    if fault := active.applied("slow-iam", name=role):
        _effective_at[role, policy] = clock.now() + fault.seconds


def is_effective(role: str, policy: str = "") -> bool:
    """Return whether other services see a role, or its policy of this name or ARN."""
    due = _effective_at.get((role, policy))
    if due is None:
        return True
    if clock.now() < due:
        return False
    _effective_at.pop((role, policy), None)
    return True
