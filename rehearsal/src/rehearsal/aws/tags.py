"""Rules of AWS for tags, the same in all services.

Source: AWS General Reference, "Tag naming limits and requirements".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LONGEST_KEY = 128
LONGEST_VALUE = 256
MOST = 50
RESERVED = "aws: prefixed tag key names are not allowed for external use."


def of_call(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return keys and values of the tags that a call gives, in any of AWS's shapes."""
    found = params.get("tags") or params.get("Tags") or []
    pairs = [*_pairs(found)]
    for specification in params.get("TagSpecifications") or []:
        pairs += _pairs(specification.get("Tags") or [])
    return pairs


def fault(pairs: Iterable[tuple[str, str]], reserved: str = RESERVED) -> str | None:
    """Return what AWS says of the first tag that it refuses; None if it takes all.

    Args:
        pairs: Keys and values.
        reserved: What the service says of a key that is AWS's own.
    """
    for key, value in pairs:
        if key.lower().startswith("aws:"):
            return reserved
        if len(key) > LONGEST_KEY:
            return f"Tag key exceeds the maximum length of {LONGEST_KEY} characters"
        if len(value) > LONGEST_VALUE:
            return f"Tag value exceeds the maximum length of {LONGEST_VALUE} characters"
    return None


def number_fault(pairs: Iterable[tuple[str, str]]) -> str | None:
    """Return what AWS says of too many tags, and of a key that comes twice."""
    keys = [key for key, _ in pairs]
    if len(keys) > MOST:
        return f"The maximum number of tags for a resource is {MOST}, got {len(keys)}."
    if len({*keys}) < len(keys):
        return "Duplicate tag keys found."
    return None


def _pairs(tags: Any) -> Iterable[tuple[str, str]]:
    if isinstance(tags, Mapping):
        return [(str(key), str(value or "")) for key, value in tags.items()]
    return [
        (str(tag.get("Key", tag.get("key", ""))), str(tag.get("Value") or tag.get("value") or ""))
        for tag in tags
    ]


def name(tags: Any) -> str:
    """Return the value of the tag Name, or "" without one."""
    return dict(_pairs(tags or [])).get("Name", "")
