"""Functions that look up IAM roles, and combine statements to policy documents."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.aws.tags import plain

_STATEMENT_LISTS = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}


def _document(call: Call) -> dict[str, Any]:
    """Combine the statements of the sources, then the call's own, then the overrides by Sid."""
    inputs = call.inputs
    statements: list[dict[str, Any]] = []
    for source in inputs.get("sourcePolicyDocuments") or ():
        statements += _statements(json.loads(source))
    for statement in inputs.get("statements") or ():
        statements = _put(statements, _statement(statement))
    for override in inputs.get("overridePolicyDocuments") or ():
        for statement in _statements(json.loads(override)):
            statements = _put(statements, statement)
    document = {
        "Version": inputs.get("version") or "2012-10-17",
        **without_none(Id=inputs.get("policyId")),
        "Statement": statements,
    }
    text = json.dumps(document, indent=2)
    return {
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
        "version": document["Version"],
    }


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    statements = document.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)


def _put(statements: list[dict[str, Any]], one: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements with one more, which replaces the one with the same Sid."""
    sid = one.get("Sid")
    if sid and any(other.get("Sid") == sid for other in statements):
        return [one if other.get("Sid") == sid else other for other in statements]
    return [*statements, one]


def _statement(one: Mapping[str, Any]) -> dict[str, Any]:
    lists = {aws: _single(one.get(name)) for name, aws in _STATEMENT_LISTS.items()}
    return without_none(
        Sid=one.get("sid") or None,
        Effect=one.get("effect") or "Allow",
        Principal=_principals(one.get("principals")),
        NotPrincipal=_principals(one.get("notPrincipals")),
        **lists,
        Condition=_conditions(one.get("conditions")),
    )


def _single(values: Iterable[str] | None) -> Any:
    """Return AWS's form of a set: a sorted list, or the single value itself."""
    listed = sorted(values or ())
    return (listed[0] if len(listed) == 1 else listed) if listed else None


def _principals(given_: Iterable[Mapping[str, Any]] | None) -> Any:
    merged: dict[str, list[str]] = {}
    for one in given_ or ():
        merged.setdefault(one["type"], []).extend(one["identifiers"])
    if merged == {"*": ["*"]}:
        return "*"
    return {kind: _single(identifiers) for kind, identifiers in merged.items()} or None


def _conditions(given_: Iterable[Mapping[str, Any]] | None) -> Any:
    merged: dict[str, dict[str, Any]] = {}
    for one in given_ or ():
        values = list(one["values"])
        merged.setdefault(one["test"], {})[one["variable"]] = (
            values[0] if len(values) == 1 else values
        )
    return merged or None


def _role(call: Call) -> dict[str, Any]:
    role = call.client("iam").get_role(RoleName=call.inputs["name"])["Role"]
    return {
        "arn": role["Arn"],
        "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": role.get("Description", ""),
        "id": role["RoleName"],
        "maxSessionDuration": role.get("MaxSessionDuration", 3600),
        "path": role["Path"],
        "permissionsBoundary": role.get("PermissionsBoundary", {}).get(
            "PermissionsBoundaryArn", ""
        ),
        "roleLastUseds": [],
        "tags": plain(role.get("Tags")),
        "uniqueId": role["RoleId"],
    }


FUNCTIONS = {
    "aws:iam/getPolicyDocument:getPolicyDocument": Function(
        "iam",
        _document,
        arguments={
            "overridePolicyDocuments",
            "policyId",
            "sourcePolicyDocuments",
            "statements",
            "version",
        },
    ),
    "aws:iam/getRole:getRole": Function("iam", _role, required={"name"}),
}
