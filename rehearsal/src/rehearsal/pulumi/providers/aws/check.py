"""Check and completion of a resource's inputs, as pulumi-aws does it before anything is planned."""

# ruff: noqa: PLR0913, PLR0917 - an error names its position

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.pulumi.providers.aws import sdk
from rehearsal.pulumi.providers.aws.declaration import Inputs, Naming, Resource
from rehearsal.pulumi.providers.server import Asset, Checked, Failure, Unknown, autoname, urn_name

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str, int, float, bool),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "list": (list,),
    "map": (dict,),
    "object": (dict,),
    "any": (object,),
}


def checked(
    resource: Resource,
    urn: str,
    olds: Inputs,
    news: Inputs,
    seed: bytes,
    default_tags: Mapping[str, str],
) -> Checked:
    """Return the inputs with names, defaults and default tags filled in, and all errors in them.

    `__defaults` lists the inputs that were filled in, as the Terraform bridge records them.
    """
    shape = sdk.shape(resource.token)
    assert shape is not None, f"{resource.token} is declared but not in the SDK"
    given = {key: value for key, value in news.items() if value is not None and key != "__defaults"}
    given = _documents_as_text(resource, given)
    failures = list(_faults(resource, shape, given))
    if resource.tagging is not None:
        given |= _merged_tags(given.get("tags"), default_tags)
    defaults = _defaults(resource, given)
    defaults |= _name(resource, urn, olds, given, seed)
    failures += _missing(resource, shape, given | defaults)
    if not failures:
        failures = list(resource.validate(given | defaults))
    return Checked(given | defaults | {"__defaults": sorted(defaults)}, failures)


def _documents_as_text(resource: Resource, given: Inputs) -> Inputs:
    """Convert policies that are objects to JSON text; pulumi-aws accepts both."""
    return {
        key: json.dumps(value) if key in resource.documents and isinstance(value, dict) else value
        for key, value in given.items()
    }


def _merged_tags(tags: Any, defaults: Mapping[str, str]) -> Inputs:
    """Merge the provider's default tags under the resource's own, as pulumi-aws does in `tags`."""
    if isinstance(tags, Unknown):
        return {"tags": tags}
    merged = dict(defaults) | (tags or {})
    return {"tags": merged} if merged else {}


def _defaults(resource: Resource, given: Inputs) -> Inputs:
    return {key: value for key, value in resource.defaults.items() if key not in given}


def _name(resource: Resource, urn: str, olds: Inputs, given: Inputs, seed: bytes) -> Inputs:
    """Return a generated name, which is the old name if that was generated too."""
    naming = resource.naming
    if naming is None or naming.property in given:
        return {}
    if naming.property in olds.get("__defaults", []):
        return {naming.property: olds[naming.property]}
    prefix = given.get(f"{naming.property}Prefix")
    if isinstance(prefix, str):
        return {
            naming.property: _generated(naming, autoname(f"::::::{prefix}", seed, "", naming.most))
        }
    if f"{naming.property}Prefix" in given:
        return {}
    name = autoname(urn, seed, most=naming.most) if naming.random else urn_name(urn)
    return {naming.property: _generated(naming, name)}


def _generated(naming: Naming, name: str) -> str:
    start = naming.pattern.split("{}")[0]
    named = name if name.startswith(start) else naming.pattern.format(name)
    return named.lower() if naming.lower else named


def _missing(resource: Resource, shape: sdk.Shape, inputs: Inputs) -> Iterator[Failure]:
    name = resource.naming.property if resource.naming else None
    for one in shape.inputs.values():
        if one.required and one.name not in inputs and one.name != name:
            yield Failure(one.name, f"Missing required argument: {resource.token} needs {one.name}")


def _faults(resource: Resource, shape: sdk.Shape, given: Inputs) -> Iterator[Failure]:
    for key, value in given.items():
        yield from _fault(resource, shape.inputs, key, key, key, value)
    tags = given.get("tags")
    for key in tags if isinstance(tags, dict) else ():
        if key.startswith("aws:"):
            yield Failure("tags", f'tag keys that start with "aws:" are AWS\'s own, got: {key}')


def _fault(
    resource: Resource,
    known: Mapping[str, sdk.Property],
    key: str,
    declared: str,
    shown: str,
    value: Any,
) -> Iterator[Failure]:
    """Yield the errors of one input: `declared` is its path, `shown` the path with list indices."""
    if key == "__defaults" or value is None:
        return
    if key not in known:
        yield Failure(shown, _unknown(resource, key, known))
    elif not resource.implements(declared) and value not in (False, "", 0, [], {}):
        yield Failure(
            shown,
            f"not emulated: pulumi-aws has {declared} of {resource.token}, the rehearsal's aws "
            "provider does not; leave it out, or add it to the type's declaration",
        )
    else:
        yield from _kind_fault(resource, known[key], declared, shown, value)


def _kind_fault(
    resource: Resource, one: sdk.Property, declared: str, shown: str, value: Any
) -> Iterator[Failure]:
    """Yield the error of a value of the wrong kind, or the errors inside objects and lists."""
    if isinstance(value, (Unknown, Asset)):
        return
    if not _is(one.kind, value):
        yield Failure(shown, f"expected a {one.kind}, got {json.dumps(value, default=repr)}")
        return
    if one.kind == "list":
        for index, item in enumerate(value):
            place = f"{shown}[{index}]"
            if not isinstance(item, Unknown) and not _is(one.item or "any", item):
                yield Failure(place, f"expected a {one.item}, got {json.dumps(item, default=repr)}")
            elif one.fields and isinstance(item, dict):
                yield from _object_faults(resource, one.fields, declared, place, item)
    elif one.fields:
        yield from _object_faults(resource, one.fields, declared, shown, value)


def _object_faults(
    resource: Resource, class_name: str, declared: str, shown: str, value: dict[str, Any]
) -> Iterator[Failure]:
    known = sdk.fields_of(resource.token, class_name)
    for key, item in value.items():
        yield from _fault(resource, known, key, f"{declared}.{key}", f"{shown}.{key}", item)
    for one in known.values():
        if one.required and value.get(one.name) is None:
            yield Failure(f"{shown}.{one.name}", "Missing required argument")


def _is(kind: str, value: Any) -> bool:
    """Return True if a value is of the kind, or a text that pulumi-aws converts to it."""
    if isinstance(value, str) and kind == "boolean":
        return value in ("true", "false")
    if isinstance(value, str) and kind in ("integer", "number"):
        return value.lstrip("-").replace(".", "", 1).isdigit()
    if isinstance(value, bool) and kind in ("integer", "number"):
        return False
    return isinstance(value, _TYPES[kind])


def _unknown(resource: Resource, key: str, known: Mapping[str, sdk.Property]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"An argument named {key} is not expected in {resource.token}{hint}"
