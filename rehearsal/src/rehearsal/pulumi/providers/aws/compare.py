"""Comparison of a resource's old and new inputs, by their meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.declaration import Inputs, Resource
from rehearsal.pulumi.providers.server import Difference, Kind, Unknown

# An input that is not given and one that is empty mean the same to pulumi-aws, whose schema
# can't tell them apart; an input whose default is not empty has it filled in by `check`.
_EMPTY = (None, "", False, 0)


def difference(resource: Resource, olds: Inputs, news: Inputs) -> Difference:
    """Return what an update from the old checked inputs to the new ones would change.

    Inputs that AWS fills (`computed`) and the program leaves out stay as they are.
    """
    detailed = dict(_changes(resource, olds, news, ""))
    top = {path: path.split(".")[0].split("[")[0] for path in detailed}
    replaces = {top[path] for path, kind in detailed.items() if kind.endswith("-replace")}
    for name in resource.replaced(olds, news):
        replaces.add(name)
        for path, kind in list(detailed.items()):
            if top[path] == name:
                detailed[path] = _replacing(kind)
    return Difference(
        changes=bool(detailed),
        replaces=sorted(replaces),
        changed=sorted(set(top.values())),
        detailed=detailed,
        delete_before_replace=bool(replaces) and _deletes_first(resource, olds, news),
    )


def with_computed(resource: Resource, inputs: Inputs, outputs: Mapping[str, Any]) -> Inputs:
    """Return the old inputs, with AWS's values for those that the program left out.

    A program that begins to set an input to the value that it has anyway therefore changes nothing.
    """
    filled = {name: outputs[name] for name in resource.computed & outputs.keys()}
    return filled | {name: value for name, value in inputs.items() if value is not None}


def same(resource: Resource, path: str, one: Any, other: Any) -> bool:
    """Return True if two values of the input at the path mean the same."""
    return bool(_canonical(resource, path, one) == _canonical(resource, path, other))


def canonical_policy(document: str) -> Any:
    """Return a JSON document in a form that is equal for equal meanings.

    In IAM one string can stand for a list of one, and lists of actions, resources and principals
    are sets. A text that is not JSON is returned as it is.
    """
    try:
        return _sorted(json.loads(document))
    except ValueError:
        return document


def _deletes_first(resource: Resource, olds: Inputs, news: Inputs) -> bool:
    """Return True if the old resource has to be deleted before its replacement is created.

    It always has for some types, and for the others if the program gives both the same name.
    """
    if resource.delete_before_replace:
        return True
    name = resource.naming.property if resource.naming else None
    if name is None or name in news.get("__defaults", []) or news.get(name) is None:
        return False
    return bool(olds.get(name) == news.get(name))


def _changes(resource: Resource, old: Any, new: Any, at: str) -> Iterator[tuple[str, Kind]]:
    """Yield the paths at which two maps differ, in nested maps too; lists differ as a whole."""
    for key in sorted(old.keys() | new.keys()):
        if key == "__defaults":
            continue
        path = f"{at}.{key}" if at else key
        before, after = old.get(key), new.get(key)
        if after is None and path in resource.computed:
            continue
        if same(resource, path, before, after):
            continue
        if _both_maps(before, after) and path != "tags":
            yield from _changes(resource, before or {}, after or {}, path)
        else:
            yield from _listed(resource, path, before, after)


def _both_maps(before: Any, after: Any) -> bool:
    maps = [isinstance(one, Mapping) for one in (before, after)]
    return any(maps) and all(one is None or isinstance(one, Mapping) for one in (before, after))


def _listed(resource: Resource, path: str, before: Any, after: Any) -> Iterator[tuple[str, Kind]]:
    """Yield a changed value under its path; changed tags or lists under each key or index."""
    replaces = resource.replaces_at(path) or _replaces_inside(resource, path, before, after)
    if path == "tags" and _both_maps(before, after):
        yield from _entries(path, before or {}, after or {})
    elif isinstance(before, list) and isinstance(after, list):
        indexed = ({f"[{i}]": item for i, item in enumerate(items)} for items in (before, after))
        kinds = dict(_entries(path, *indexed))
        yield from ((p, _replacing(k) if replaces else k) for p, k in kinds.items())
    else:
        kind = _kind(before, after)
        yield path, _replacing(kind) if replaces else kind


def _entries(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, Kind]]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            name = key if key.startswith("[") else f".{key}" if key.isidentifier() else f'["{key}"]'
            yield f"{path}{name}", _kind(before.get(key), after.get(key))


def _replaces_inside(resource: Resource, path: str, before: Any, after: Any) -> bool:
    """Return True if a field that forces replacement differs in a list (or value) of objects."""
    inside = [
        one.removeprefix(f"{path}.") for one in resource.replaces if one.startswith(f"{path}.")
    ]
    return any(_projected(before, one) != _projected(after, one) for one in inside)


def _projected(value: Any, path: str) -> list[str]:
    """Return the field at the path of every object in a list, regardless of their order."""
    objects = value if isinstance(value, list) else [value]
    found = []
    for one in objects:
        for key in path.split("."):
            one = one.get(key) if isinstance(one, Mapping) else None  # noqa: PLW2901 - a descent
        found.append(json.dumps(_plain(one), sort_keys=True, default=repr))
    return sorted(found)


def _kind(before: Any, after: Any) -> Kind:
    if before is None:
        return "add"
    return "delete" if after is None else "update"


def _replacing(kind: Kind) -> Kind:
    replacing: dict[Kind, Kind] = {
        "add": "add-replace",
        "delete": "delete-replace",
        "update": "update-replace",
    }
    return replacing.get(kind, kind)


def _canonical(resource: Resource, path: str, value: Any) -> Any:
    """Return the value without what does not count: empty parts, and the order of sets."""
    if path in resource.documents and isinstance(value, str):
        return canonical_policy(value)
    if isinstance(value, Mapping):
        fields = {k: _canonical(resource, f"{path}.{k}", v) for k, v in value.items()}
        return {k: v for k, v in fields.items() if v is not None and k != "__defaults"} or None
    if isinstance(value, list):
        items = [_canonical(resource, path, item) for item in value]
        ordered = path in resource.ordered
        return (items if ordered else sorted(items, key=_key)) or None
    return None if _is_empty(value) else _plain(value)


def _is_empty(value: Any) -> bool:
    return not isinstance(value, Unknown) and value in _EMPTY


def _plain(value: Any) -> Any:
    """Convert a scalar so that "true" equals True and "-1" equals -1, as in pulumi-aws."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return value


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((_sorted(item) for item in value), key=_key)
        return items[0] if len(items) == 1 else items
    return value
