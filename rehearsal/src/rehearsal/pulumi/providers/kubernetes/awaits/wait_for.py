"""The `pulumi.com/waitFor` annotation, with which users define when an object is ready.

It is `jsonpath={.path}`, `jsonpath={.path}=value`, `condition=Type` or `condition=Type=Status`, or
a JSON array of those, all of which must hold.
"""

from __future__ import annotations

import json
import re

from rehearsal.pulumi.providers.kubernetes.awaits import jsonpath
from rehearsal.pulumi.providers.kubernetes.awaits.progress import (
    Condition,
    Progress,
    RelatedObjects,
    condition,
    spoken,
)
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, field
from rehearsal.pulumi.providers.server import ProviderError

ANNOTATION = "pulumi.com/waitFor"
_JSONPATH = re.compile(r"jsonpath=(?P<braced>\{\s*(?P<path>.*?)\s*\})(?:=(?P<value>.*))?")


def readiness(value: str) -> Condition:
    """Return the readiness condition that the annotation's value asks for.

    Raises:
        ProviderError: An expression cannot be parsed; the message shows it and the valid forms.
    """
    parts = [_expression(one) for one in _expressions(value)]

    def judge(live: Manifest, around: RelatedObjects) -> Progress:
        answers = [part(live, around) for part in parts]
        waiting = [answer for answer in answers if not answer.ready]
        return Progress(
            ready=not waiting,
            message=next((answer.message for answer in waiting), ""),
            problems=[problem for answer in waiting for problem in answer.problems],
        )

    return judge


def _expressions(value: str) -> list[str]:
    try:
        parsed = json.loads(value)
    except ValueError:
        return [value]
    if (
        not isinstance(parsed, list)
        or not parsed
        or not all(isinstance(one, str) for one in parsed)
    ):
        raise ProviderError(
            f"{ANNOTATION}: expected a JSON array of at least one string, got {value}"
        )
    return parsed


def _expression(text: str) -> Condition:
    if text.startswith("jsonpath="):
        return _jsonpath(text)
    if text.startswith("condition="):
        return _condition(text.removeprefix("condition="))
    raise ProviderError(
        f'{ANNOTATION}: expected a "jsonpath=" or "condition=" prefix, got {text!r}'
    )


def _jsonpath(text: str) -> Condition:
    match = _JSONPATH.fullmatch(text)
    if not match or match["value"] == "":
        raise ProviderError(
            f"{ANNOTATION}: format should be jsonpath={{.path}} or jsonpath={{.path}}=value, "
            f"got {text!r}"
        )
    braced, path, wanted = match["braced"], match["path"], match["value"]
    jsonpath.parse(path)
    shown = braced if wanted is None else f"{braced}={wanted}"

    def judge(live: Manifest, _around: RelatedObjects) -> Progress:
        if _stale(live):
            return Progress(ready=False, message=f"Waiting for {shown}")
        found = jsonpath.select(path, live)
        if not found:
            return _waiting(live, f"Waiting for {shown}: it selected nothing")
        if wanted is None or jsonpath.printed(found[0]) == wanted:
            return Progress(ready=True)
        return _waiting(live, f"Waiting for {shown} (found {jsonpath.printed(found[0])!r})")

    return judge


def _condition(text: str) -> Condition:
    type_, _, status = text.partition("=")
    status = status or "True"

    def judge(live: Manifest, _around: RelatedObjects) -> Progress:
        entry = condition(live, type_)
        if not _stale(live) and str(entry.get("status", "")).lower() == status.lower():
            return Progress(ready=True)
        found = f" (found {entry['status']!r})" if entry else ""
        return _waiting(live, f"Waiting for condition {type_}={status}{found}")

    return judge


def _stale(live: Manifest) -> bool:
    generation = field(live, "metadata", "generation")
    seen = field(live, "status", "observedGeneration")
    return isinstance(generation, int) and isinstance(seen, int) and seen < generation


def _waiting(live: Manifest, message: str) -> Progress:
    """Add the messages of the object's controller, which often explain a long wait."""
    entries = field(live, "status", "conditions") or []
    said = [
        f"{entry.get('type')}={entry.get('status')}: {spoken(entry)}"
        for entry in entries
        if entry.get("message")
    ]
    return Progress(ready=False, message="; ".join([message, *said]), problems=[message, *said])
