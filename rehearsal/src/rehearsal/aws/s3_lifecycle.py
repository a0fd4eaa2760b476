"""Rules of S3 for lifecycle configurations.

Sources: S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle" (order, 30 days, 30 days
between infrequent access and Glacier); answers of S3 in public repositories for the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from moto.s3.exceptions import MalformedXML, S3ClientError

Rule = Mapping[str, Any]

WATERFALL = (
    *("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA"),
    *("GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
)
INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
GLACIER = ("GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
LONGEST_ID = 255
SOONEST_INFREQUENT = 30
FROM_INFREQUENT_TO_GLACIER = 30
ACTIONS = (
    *("Expiration", "Transition", "NoncurrentVersionExpiration"),
    *("NoncurrentVersionTransition", "AbortIncompleteMultipartUpload"),
)


def check(rules: Sequence[Rule]) -> None:
    """Refuse rules that S3 refuses, in the shape of its XML.

    Raises:
        S3ClientError: InvalidRequest or InvalidArgument.
    """
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if len({*names}) < len(names):
        raise S3ClientError(
            "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule"
        )
    for rule in rules:
        if {"Days", "Date"} <= (rule.get("Expiration") or {}).keys():
            raise MalformedXML
        if _has_tags(rule) and rule.get("AbortIncompleteMultipartUpload"):
            raise S3ClientError(
                "InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags."
            )
        if not any(rule.get(action) for action in ACTIONS):
            raise S3ClientError(
                "InvalidRequest", "At least one action needs to be specified in a rule"
            )
        for said in _faults(rule):
            raise S3ClientError("InvalidArgument", said)


def _has_tags(rule: Rule) -> bool:
    found = rule.get("Filter") or {}
    return bool({"Tag", "And"} & found.keys() and "Tag" in (found.get("And") or found))


def _faults(rule: Rule) -> Iterator[str]:
    if len(rule.get("ID") or "") > LONGEST_ID:
        yield f"ID length should not exceed allowed limit of {LONGEST_ID}"
    steps = sorted(_steps(rule), key=lambda step: WATERFALL.index(step[0]))
    about = f"for filter '({_shown(rule)})'"
    for name, days in steps:
        if name in INFREQUENT and days < SOONEST_INFREQUENT:
            yield (
                "'Days' in Transition action must be greater than or equal to "
                f"{SOONEST_INFREQUENT} for storageClass '{name}'"
            )
    for (warm, first), (cold, then) in pairwise(steps):
        there = f"'Days' in the Transition action for StorageClass '{warm}' {about}"
        here = f"'Days' in the Transition action for StorageClass '{cold}' {about}"
        if then <= first:
            yield f"{here} must be greater than {there}"
        if warm in INFREQUENT and cold in GLACIER and then < first + FROM_INFREQUENT_TO_GLACIER:
            yield f"{here} must be {FROM_INFREQUENT_TO_GLACIER} days more than {there}"
    yield from _expiration_faults(rule, max((days for _, days in steps), default=-1), about)


def _expiration_faults(rule: Rule, last: int, about: str) -> Iterator[str]:
    given = (rule.get("Expiration") or {}).get("Days")
    if given is None:
        return
    if int(given) <= 0:
        yield "'Days' for Expiration action must be a positive integer"
    if int(given) <= last:
        yield (
            f"'Days' in the Expiration action {about} must be greater than 'Days' in the "
            "Transition action"
        )


def _steps(rule: Rule) -> list[tuple[str, int]]:
    """Return the transitions of a rule: classes, and the ages of objects in days."""
    given = rule.get("Transition") or []
    return [
        (str(one["StorageClass"]), int(one["Days"]))
        for one in (given if isinstance(given, list) else [given])
        if one.get("Days") is not None and one.get("StorageClass") in WATERFALL
    ]


def _shown(rule: Rule) -> str:
    found = rule.get("Filter") or {}
    return f"prefix={(found.get('And') or found).get('Prefix') or rule.get('Prefix') or ''}"
