"""Evaluate IAM policy documents, for the parts of the language that the program uses.

A request is allowed when a statement allows it and none denies it. The rules are those of the IAM
user guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str | list[str]]


class Decision(Enum):
    """Decision of policy documents on a request."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitly denied"
    IMPLICIT_DENY = "not allowed"


@dataclass(frozen=True)
class Request:
    """One call: an action such as fsx:CreateFileSystem, the ARN of its resource, condition keys.

    The other fields identify the caller for the Principal element of a resource's policy or a
    role's trust policy: `service` is an AWS service, `principals` are the ARNs of a session,
    `accounts` are the number and the root ARN of its account.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    service: str = ""
    principals: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


class PolicyError(ValueError):
    """A document that IAM would refuse, or an operator that is not supported here."""


def decide(documents: Iterable[Document], request: Request) -> Decision:
    """Return the combined decision of the documents on a request."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _list(document.get("Statement", []))
        if _applies(statement, request)
    }
    if "Deny" in effects:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOWED if "Allow" in effects else Decision.IMPLICIT_DENY


def _applies(statement: Document, request: Request) -> bool:
    return (
        _principal_matches(statement, request)
        and _element_matches(statement, "Action", request.action, request.context, fold=True)
        and _element_matches(statement, "Resource", request.resource, request.context)
        and _conditions_hold(statement.get("Condition", {}), request.context)
    )


def _principal_matches(statement: Document, request: Request) -> bool:
    """Return whether Principal or NotPrincipal names the caller; without either, it does.

    A statement that names the caller's account denies to every caller of it. It allows no caller by
    itself, but leaves that to the account's own policies.
    """
    if "NotPrincipal" in statement:
        callers = request.principals | request.accounts
        return not _names(statement["NotPrincipal"], request.service, callers)
    denies = statement["Effect"] == "Deny"
    callers = request.principals | request.accounts if denies else request.principals
    return "Principal" not in statement or _names(statement["Principal"], request.service, callers)


def _names(principal: Any, service: str, callers: frozenset[str]) -> bool:
    if principal == "*":
        return True
    named = set(_list(principal.get("AWS", [])))
    return "*" in named or bool(callers & named) or service in _list(principal.get("Service", []))


def _element_matches(
    statement: Document, element: str, value: str, context: Context, *, fold: bool = False
) -> bool:
    """Return whether Action or Resource, or its Not form, covers a value.

    A statement without either form covers every value.
    """
    if f"Not{element}" in statement:
        return not _covers(statement[f"Not{element}"], value, context, fold=fold)
    return element not in statement or _covers(statement[element], value, context, fold=fold)


def _covers(patterns: Any, value: str, context: Context, *, fold: bool) -> bool:
    texts = [_expand(pattern, context) for pattern in _list(patterns)]
    if fold:
        return any(_like(value.lower(), text.lower()) for text in texts)
    return any(_like(value, text) for text in texts)


def _expand(pattern: str, context: Context) -> str:
    """Replace policy variables such as ${aws:username} by the values of the context."""

    def value(match: re.Match[str]) -> str:
        known = _lookup(context, match[1])
        return known[0] if known else match[0]

    return re.sub(r"\$\{([^}]+)\}", value, pattern)


def _like(value: str, pattern: str) -> bool:
    """Return whether a value matches IAM's wildcards: only * and ?, case-sensitive."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _conditions_hold(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    return all(
        _holds(operator, key, [_expand(_text(one), context) for one in _list(wanted)], context)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    actual = _lookup(context, key)
    if name == "Null":
        return (wanted[0].lower() == "true") == (not actual)
    negated = "Not" in name
    test = _operator(name.replace("Not", ""))
    if not actual:
        return optional or negated or quantifier == "ForAllValues"
    matched = [any(test(value, one) for one in wanted) != negated for value in actual]
    return any(matched) if quantifier == "ForAnyValue" else all(matched)


def _operator(name: str) -> Callable[[str, str], bool]:
    try:
        return _OPERATORS[name]
    except KeyError:
        known = ", ".join(sorted(_OPERATORS))
        raise PolicyError(f"condition operator {name} is not one of {known}") from None


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda value, wanted: compare(float(value), float(wanted))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
}


def _lookup(context: Context, key: str) -> list[str]:
    """Return the values of a condition key, ignoring case."""
    wanted = key.lower()
    return [
        text for name, value in context.items() if name.lower() == wanted for text in _list(value)
    ]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
