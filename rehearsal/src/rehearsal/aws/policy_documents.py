"""Rules for policies of resources, which S3, SQS, KMS and EFS check as they store one.

Source: IAM User Guide, "IAM JSON policy element reference": a principal that does not exist is
refused when a policy names it. Roles linked to services are believed to exist.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rehearsal.aws import identity

VERSIONS = ("2012-10-17", "2008-10-17")
OF_THIS_ACCOUNT = re.compile(r"arn:[\w-]+:iam::\d{12}:(role|user)/(?!aws-service-role/).+")
Fault = str


def fault(document: str, account_id: str, service: str) -> Fault | None:
    """Return the first fault of a resource's policy in S3's words; None if there is none.

    Args:
        document: JSON text of the policy.
        account_id: The account of the resource, whose roles and users are known.
        service: Prefix of the actions that the policy may name, such as "s3".
    """
    try:
        policy = json.loads(document)
    except ValueError:
        return "Policies must be valid JSON and the first byte must be '{'"
    if not isinstance(policy, dict):
        return "Policies must be valid JSON and the first byte must be '{'"
    if policy.get("Version", VERSIONS[1]) not in VERSIONS:
        return f"The policy must contain a valid version string: {', '.join(VERSIONS)}"
    if not as_list(policy.get("Statement")):
        return "Missing required field Statement"
    return next(_faults(policy, lambda arn: _exists(account_id, arn), service), None)


def principals(statement: Mapping[str, Any]) -> list[str]:
    """Return the AWS principals that a statement names."""
    named = statement.get("Principal", statement.get("NotPrincipal", {}))
    return as_list(named.get("AWS") if isinstance(named, dict) else named)


def as_list(value: Any) -> list[Any]:
    """Return the items of a policy's element, which may be one without a list."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _faults(
    policy: Mapping[str, Any], exists: Callable[[str], bool], service: str
) -> Iterator[Fault]:
    for statement in as_list(policy["Statement"]):
        if statement.get("Effect") not in {"Allow", "Deny"}:
            yield f"Invalid effect: {statement.get('Effect')}"
        if not statement.keys() & {"Principal", "NotPrincipal"}:
            yield "Missing required field Principal"
        for arn in principals(statement):
            if not exists(arn):
                yield f"Invalid principal in policy: {arn}"
        actions = as_list(statement.get("Action", statement.get("NotAction")))
        if not actions:
            yield "Missing required field Action"
        for action in actions:
            if action != "*" and not action.lower().startswith(f"{service}:"):
                yield f"Policy has invalid action: {action}"


def _exists(account_id: str, arn: str) -> bool:
    believed = not OF_THIS_ACCOUNT.fullmatch(arn)
    return believed or identity.principal_exists(account_id, arn)
