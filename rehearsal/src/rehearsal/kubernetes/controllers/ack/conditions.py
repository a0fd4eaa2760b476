"""Conditions with which ACK reports the state of a resource, in ACK's own words.

ACK.Terminal means that the spec has to change before the resource can be created or updated.
ACK.Recoverable means refused now and retried. ACK.ResourceSynced means that AWS has applied the
spec and has finished. Ready is the summary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.kubernetes.controllers.kube import now

TERMINAL = "ACK.Terminal"
RECOVERABLE = "ACK.Recoverable"
SYNCED = "ACK.ResourceSynced"
READY = "Ready"

NOT_SYNCED = "Resource not synced"
UNKNOWN = "Unable to determine if desired resource state matches latest observed state"
IN_TERMINAL = "resource is in terminal condition"

# Error codes that are final for ACK's TrainingJob; SageMaker's ValidationException is not one.
TERMINAL_CODES = frozenset(
    {
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "MissingParameter",
        "ResourceInUse",
        "ResourceNotFound",
    }
)
# Errors with a type of their own in the AWS SDK for Go, which names them without "api error".
_TYPED = frozenset({"ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound"})

Condition = dict[str, str]


class Refusal(Exception):  # noqa: N818 - what AWS did
    """AWS or ACK refused the resource that a spec describes."""

    def __init__(self, message: str, *, terminal: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.terminal = terminal

    @classmethod
    def by_aws(cls, code: str, message: str) -> Refusal:
        """Return the refusal of an AWS service, worded as ACK words it."""
        text = f"{code}: {message}" if code in _TYPED else f"api error {code}: {message}"
        return cls(text, terminal=code in TERMINAL_CODES)


def in_status(status: str) -> list[Condition]:
    """Return the conditions of a job that SageMaker knows, given its TrainingJobStatus."""
    synced = "False" if status in ("InProgress", "Stopping") else "True"
    message = f"TrainingJob is in {status} status."
    return [_condition(SYNCED, synced, message), _condition(READY, synced, message)]


def refused(refusal: Refusal) -> list[Condition]:
    """Return the conditions of a spec that was refused."""
    if refusal.terminal:
        synced = _condition(SYNCED, "False", NOT_SYNCED, IN_TERMINAL)
    else:
        synced = _condition(SYNCED, "Unknown", UNKNOWN, refusal.message)
    type_ = TERMINAL if refusal.terminal else RECOVERABLE
    return [
        _condition(type_, "True", refusal.message),
        synced,
        _condition(READY, "False", refusal.message, type_),
    ]


def merged(earlier: Iterable[Mapping[str, Any]], wanted: Iterable[Condition]) -> list[Condition]:
    """Return the wanted conditions, each with the time of its last status change.

    A refusal that no longer holds stays in the list with status False, as in ACK.
    """
    before = {condition["type"]: dict(condition) for condition in earlier}
    after = {condition["type"]: condition for condition in wanted}
    for type_ in (TERMINAL, RECOVERABLE):
        if type_ in before and type_ not in after:
            after[type_] = _condition(type_, "False")
    for type_, condition in after.items():
        same = before.get(type_, {}).get("status") == condition["status"]
        since = before[type_].get("lastTransitionTime") if same else None
        condition["lastTransitionTime"] = since or now()
    return sorted(after.values(), key=lambda condition: condition["type"])


def _condition(type_: str, status: str, message: str = "", reason: str = "") -> Condition:
    texts = {"message": message, "reason": reason}
    return {"type": type_, "status": status} | {name: text for name, text in texts.items() if text}
