"""Fields that are taken out of an object if they are empty: false, 0, "", no items.

pulumi-kubernetes sends every object of Kubernetes' own kinds through Kubernetes' Go types, which
leave such fields out unless the type can tell "empty" from "not set". Which fields these are is not
in the API's schema, so a table of them is generated from the Go types: `empty_fields.json`, by
`tools/kubernetes_provider/emptyfields`, which also has its format.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_suffix(".json")
_DROPPED = "-"
_MAP_OF = "{}"


def without_empty_fields(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return an object without the empty fields that Kubernetes' Go types leave out.

    An object of a kind that is not Kubernetes' own is returned as it is.
    """
    root = _table()["kinds"].get(f"{manifest.get('apiVersion')}/{manifest.get('kind')}")
    found: dict[str, Any] = _cleaned(manifest, root) if root else manifest
    return found


@cache
def _table() -> dict[str, Any]:
    return dict(json.loads(_TABLE.read_text()))


def _cleaned(value: Any, type_: str) -> Any:
    """Return a value without empty fields; `type_` is its type, or that of its items."""
    if isinstance(value, list):
        return [_cleaned(item, type_) for item in value]
    if not isinstance(value, dict):
        return value
    if type_.startswith(_MAP_OF):
        return {key: _cleaned(item, type_.removeprefix(_MAP_OF)) for key, item in value.items()}
    fields = _table()["types"].get(type_, {})
    return {
        key: _cleaned(item, fields.get(key, "").removeprefix(_DROPPED))
        for key, item in value.items()
        if not (_is_empty(item) and fields.get(key, "").startswith(_DROPPED))
    }


def _is_empty(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str, list, dict)) and not value
