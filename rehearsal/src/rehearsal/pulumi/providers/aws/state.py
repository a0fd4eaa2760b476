"""Properties that Pulumi stores, made of inputs and AWS's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.pulumi.providers.aws import sdk
from rehearsal.pulumi.providers.aws.compare import same
from rehearsal.pulumi.providers.aws.declaration import Inputs, Resource, State
from rehearsal.pulumi.providers.server import UNKNOWN


def outputs(resource: Resource, inputs_: Inputs, found: State, region: str) -> State:
    """Return the resource's outputs: AWS's answer, and the inputs that AWS does not return.

    An input that means the same as the answer is kept as the program wrote it.
    """
    shape = _shape(resource)
    result = {key: value for key, value in inputs_.items() if key in shape.outputs}
    for key, value in found.items():
        result[key] = _kept(resource, key, inputs_.get(key), value)
    if "tagsAll" in shape.outputs:
        tags = found.get("tags") or {}
        result |= {"tags": tags, "tagsAll": tags}
    if "region" in shape.outputs:
        result["region"] = region
    return {key: value for key, value in result.items() if key in shape.outputs}


def planned(resource: Resource, inputs_: Inputs, region: str) -> State:
    """Return the outputs that a preview of a creation knows; the others are unknown."""
    shape = _shape(resource)
    told = {key: value for key, value in inputs_.items() if key in shape.outputs}
    for path in resource.computed:
        _fill(told, path.split("."))
    later = {key: UNKNOWN for key in shape.computed if key not in told}
    return later | told | _told(resource, inputs_, region)


def _fill(told: State, path: list[str]) -> None:
    """Put an unknown at the path, if its parent is there and it is not."""
    *holders, last = path
    for key in holders:
        inner = told.get(key)
        if not isinstance(inner, dict):
            return
        told[key] = told = dict(inner)
    told.setdefault(last, UNKNOWN)


def updated(resource: Resource, outputs_: State, olds: Inputs, news: Inputs, region: str) -> State:
    """Return the outputs that a preview of an update knows; the others are unknown."""
    shape = _shape(resource)
    removed = olds.keys() - news.keys() - resource.computed
    kept = {key: value for key, value in outputs_.items() if key not in removed}
    told = {
        key: _over(kept.get(key), value) if _is_object(resource, key) else value
        for key, value in news.items()
        if key in shape.outputs
    }
    return kept | told | dict.fromkeys(resource.changing, UNKNOWN) | _told(resource, news, region)


def inputs(resource: Resource, outputs_: State, olds: Inputs) -> Inputs:
    """Return the inputs that would give the outputs, for an import or a refresh that shows drift.

    They are those of the last update, with the real values where they differ, and what AWS has
    beyond them, unless AWS fills it by itself. An import has no last update and takes everything.
    """
    shape, result = _shape(resource), {}
    for key in shape.inputs:
        real, old = outputs_.get(key), olds.get(key)
        if key == "region" and key not in olds:
            continue
        if key in olds:
            value = _real(resource, key, old, outputs_)
            result[key] = old if same(resource, key, old, value) else value
        elif resource.implements(key) and _is_told(resource, key, real, importing=not olds):
            result[key] = _implemented(resource, key, real)
    result = {key: value for key, value in result.items() if value is not None}
    filled = {key for key in resource.defaults if key not in olds and key in result}
    filled |= {key for key in olds.get("__defaults", []) if key in result}
    return result | {"__defaults": sorted(filled)}


def _real(resource: Resource, key: str, old: Any, outputs_: State) -> Any:
    """Return the real value of an earlier input, or the input if AWS does not return it."""
    if key not in outputs_:
        return old
    return _within_old(old, outputs_[key]) if _is_object(resource, key) else outputs_[key]


def _is_object(resource: Resource, key: str) -> bool:
    """Return True if the input is an object, or a list of them, with fields that the SDK names."""
    one = _shape(resource).inputs.get(key)
    return one is not None and one.fields is not None


def _is_told(resource: Resource, key: str, real: Any, *, importing: bool) -> bool:
    """Return True if a program that makes this resource sets the input, or `check` fills it in."""
    if key in resource.defaults:
        return real is not None
    computed = key in resource.computed and not importing
    return not computed and not same(resource, key, real, None)


def _implemented(resource: Resource, path: str, real: Any) -> Any:
    """Return the value without fields that the declaration does not accept as inputs."""
    if isinstance(real, list):
        return [_implemented(resource, path, item) for item in real]
    if not isinstance(real, Mapping) or path in resource.replaces | resource.updates:
        return real
    return {
        key: _implemented(resource, f"{path}.{key}", value)
        for key, value in real.items()
        if path == "tags" or resource.implements(f"{path}.{key}")
    }


def _within_old(old: Any, real: Any) -> Any:
    """Return the real value without fields that the program never set and AWS fills in."""
    if isinstance(old, Mapping) and isinstance(real, Mapping) and old:
        return {key: _within_old(old[key], real.get(key)) for key in old}
    if isinstance(old, list) and isinstance(real, list) and old and isinstance(old[0], Mapping):
        fields = {key for item in old for key in item}
        return [{k: v for k, v in item.items() if k in fields} for item in real]
    return real


def _kept(resource: Resource, path: str, given: Any, found: Any) -> Any:
    """Return AWS's value, spelt and ordered as it was given if the two mean the same."""
    if given is None or found is None:
        return found
    if _is_object(resource, path) and isinstance(given, Mapping) and isinstance(found, Mapping):
        kept = {k: _kept(resource, f"{path}.{k}", given.get(k), v) for k, v in found.items()}
        return {k: v for k, v in given.items() if k not in found} | kept
    return given if same(resource, path, given, found) else found


def _over(old: Any, new: Any) -> Any:
    """Merge a new input over its old output, keeping the fields that AWS filled in."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **new}
    return new


def _told(resource: Resource, news: Inputs, region: str) -> State:
    shape, told = _shape(resource), {}
    if "tagsAll" in shape.outputs:
        told["tagsAll"] = news.get("tags") or {}
    if "region" in shape.outputs:
        told["region"] = news.get("region") or region
    return told


def _shape(resource: Resource) -> sdk.Shape:
    shape = sdk.shape(resource.token)
    assert shape is not None, f"{resource.token} is declared but not in the SDK"
    return shape
