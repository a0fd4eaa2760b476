"""Conversion of Pulumi's camelCase objects to S3's PascalCase ones, and back.

S3's names are Pulumi's with a capital, except for the few in `_SPELT`; a map of tags is a list of
pairs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rehearsal.pulumi.providers.aws.tags import pairs, plain

_SPELT = {"id": "ID", "kmsMasterKeyId": "KMSMasterKeyID", "sseAlgorithm": "SSEAlgorithm"}
_SPELT_BACK = {aws: name for name, aws in _SPELT.items()}


def to_aws(value: Any) -> Any:
    """Return a value with S3's names, without what is not set."""
    if isinstance(value, list):
        return [to_aws(item) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {key: item for key, item in value.items() if item is not None}
    fields.pop("__defaults", None)
    return {
        _SPELT.get(key, f"{key[0].upper()}{key[1:]}"): (
            pairs(item) if key == "tags" else to_aws(item)
        )
        for key, item in fields.items()
    }


def to_pulumi(value: Any) -> Any:
    """Return a value of S3's with Pulumi's names; times are in RFC 3339."""
    if isinstance(value, list):
        return [to_pulumi(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if not isinstance(value, dict):
        return value
    return {
        _SPELT_BACK.get(key, f"{key[0].lower()}{key[1:]}"): (
            plain(item) if key == "Tags" else to_pulumi(item)
        )
        for key, item in value.items()
    }
