"""Decisions of an EFS file system policy about clients that mount without IAM credentials.

Pods, SageMaker and plain NFS do: only statements about everybody concern them. Where a condition
depends on what is not known here, such as the id of an access point, the statement neither denies
nor fails to allow.

Sources: EFS User Guide, "Using IAM to control access to file systems"; IAM User Guide, "Policy
evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

Statement = Mapping[str, Any]

MOUNT = "elasticfilesystem:ClientMount"
WRITE = "elasticfilesystem:ClientWrite"
ROOT = "elasticfilesystem:ClientRootAccess"
PUT_POLICY = "elasticfilesystem:PutFileSystemPolicy"

ACCESS_POINT = "elasticfilesystem:accesspointarn"
VIA_MOUNT_TARGET = "elasticfilesystem:accessedviamounttarget"
TLS = "aws:securetransport"


class Client(NamedTuple):
    """A client without IAM credentials."""

    name: str
    """Name in messages."""
    context: Mapping[str, str]
    """Condition keys, in lower case, with their values."""


ANY_ACCESS_POINT = "arn:aws:elasticfilesystem:REGION:ACCOUNT:access-point/fsap-ID"
"""Stands for an access point whose id is not known yet."""

PODS = Client("pods", {TLS: "true", VIA_MOUNT_TARGET: "true", ACCESS_POINT: ANY_ACCESS_POINT})
SAGEMAKER = Client("SageMaker", {TLS: "false", VIA_MOUNT_TARGET: "true"})
"""SageMaker mounts without an access point, and promises no TLS."""
NFS = Client("the plain NFS volume", {TLS: "false", VIA_MOUNT_TARGET: "true"})


def denies(statements: Iterable[Statement], client: Client, action: str) -> bool:
    """Return whether a statement denies an action to a client for certain."""
    return any(
        one.get("Effect") == "Deny" and _applies(one, client, action) is True for one in statements
    )


def allows(statements: Iterable[Statement], client: Client, action: str) -> bool:
    """Return whether statements allow an action to a client, as far as is known."""
    listed = [*statements]
    allowed = any(
        one.get("Effect") == "Allow" and _applies(one, client, action) is not False
        for one in listed
    )
    return allowed and not denies(listed, client, action)


def _applies(statement: Statement, client: Client, action: str) -> bool | None:
    """Return whether a statement is about a client and an action; None if it is not known."""
    if not _is_about_everybody(statement) or not _names_action(statement, action):
        return False
    held = [
        _holds(operator, wanted, client.context.get(key.lower()))
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, wanted in keys.items()
    ]
    if False in held:
        return False
    return None if None in held else True


def _is_about_everybody(statement: Statement) -> bool:
    if "NotPrincipal" in statement:
        return "*" not in _principals(statement["NotPrincipal"])
    return "*" in _principals(statement.get("Principal"))


def _principals(named: Any) -> list[Any]:
    return _list(named.get("AWS")) if isinstance(named, Mapping) else _list(named)


def _names_action(statement: Statement, action: str) -> bool:
    if "NotAction" in statement:
        return not _matches_any(action, statement["NotAction"])
    return _matches_any(action, statement.get("Action"))


def _matches_any(value: str, patterns: Any) -> bool:
    return any(fnmatchcase(value.lower(), str(one).lower()) for one in _list(patterns))


def _holds(operator: str, wanted: Any, value: str | None) -> bool | None:
    """Return whether a condition holds; None if that depends on what is not known."""
    name = operator.rpartition(":")[2].removesuffix("IfExists")
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in _list(wanted)]
    if name == "Null":
        return (texts[0].lower() == "true") == (value is None)
    test = _TESTS.get(name.replace("Not", ""))
    if test is None:
        return None
    if value is None:
        return operator.endswith("IfExists") or "Not" in name
    if value == ANY_ACCESS_POINT and any("fsap-" in one.rstrip("*?") for one in texts):
        return None
    return any(test(value, one) for one in texts) != ("Not" in name)


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(_without_place(value), _without_place(pattern))


def _without_place(arn: str) -> str:
    """Return an ARN of an access point without its Region and account, which are not known here."""
    return f"access-point/{arn.rpartition('access-point/')[2]}" if "access-point/" in arn else arn


def _equal(value: str, other: str) -> bool:
    return value.lower() == other.lower()


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "Bool": _equal,
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
}


def _list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
