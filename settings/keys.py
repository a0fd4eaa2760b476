"""The keys of a stack file, found in the JSON schema of its model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

ANY = "*"
"""Stands in the steps of a key for a name of the user's own or a place in a list."""

NAME, ITEM = "NAME", "N"
"""Stand for the same in a path as it is shown."""

TYPES = {"string": "string", "integer": "integer", "number": "number", "boolean": "true or false"}

Schema = dict[str, Any]


class Key(NamedTuple):
    """A key of the stack file."""

    path: str
    """As `pulumi config set --path` takes it, with `NAME` and `N` in it."""

    steps: tuple[str, ...]
    """The path in steps, with `ANY` in it."""

    schema: Schema
    """Its JSON schema, without null."""

    is_required: bool

    is_nullable: bool
    """True if null is a value of its own."""

    section: Schema | None
    """Schema of the object that it holds, if any, by itself, in a list or by name."""

    models: dict[str, tuple[str, ...]]
    """Names of the models that it lies in, each with the key's steps below that model. The name of
    the whole stack file is empty."""

    @property
    def name(self) -> str:
        """The last step of its path."""
        return self.steps[-1]

    @property
    def help(self) -> str:
        """Its help text on one line; empty if it has none."""
        return " ".join(self.schema.get("description", "").split())

    @property
    def type(self) -> str:
        """Its type in words, such as "list of strings"."""
        return _type(self.schema)

    @property
    def default(self) -> Any:
        """Its default; of a section only what differs from the defaults of the section's keys."""
        default = self.schema.get("default")
        if default is None and self.schema.get("type") == "object" and not self.is_nullable:
            return {}
        if self.section and isinstance(default, dict):
            own = {name: _default(one) for name, one in self.section["properties"].items()}
            return {name: one for name, one in default.items() if one != own.get(name, one)}
        return default

    @property
    def values(self) -> list[Any]:
        """Values that it, or each of its items, may take; empty if the set is not closed."""
        values: list[Any] = self.schema.get("enum") or self.schema.get("items", {}).get("enum", [])
        return values

    @property
    def limits(self) -> str:
        """The least and the most of a number or of the items of a list; empty if there is none."""
        least = self.schema.get("minimum", self.schema.get("minItems"))
        most = self.schema.get("maximum", self.schema.get("maxItems"))
        what = " items" if self.schema.get("type") == "array" else ""
        if least is not None and most is not None:
            return f"{least} to {most}{what}"
        if least is not None:
            return f"{least}{what} or more"
        return f"at most {most}{what}" if most is not None else ""


def keys(model: type[BaseModel]) -> Iterator[Key]:
    """Yield every key of a model, a section before the keys that are in it."""
    schema = model.model_json_schema(by_alias=True)
    yield from _keys(schema, schema.get("$defs", {}), "", (), {"": 0})


def _keys(
    section: Schema,
    definitions: Schema,
    prefix: str,
    steps: tuple[str, ...],
    models: dict[str, int],
) -> Iterator[Key]:
    """Yield the keys of a section; `models` has the depth of each model that it lies in."""
    models = {**models, section["title"]: len(steps)}
    for name, raw in section["properties"].items():
        path, here = f"{prefix}{name}", (*steps, name)
        schema, is_nullable = _without_null(raw)
        nested, suffix, below = _nested(schema, definitions)
        is_required = name in section.get("required", ())
        below_models = {model: here[start:] for model, start in models.items()}
        if nested:
            below_models[nested["title"]] = ()
        yield Key(path, here, schema, is_required, is_nullable, nested, below_models)
        if nested:
            yield from _keys(nested, definitions, f"{path}{suffix}.", (*here, *below), models)


def _without_null(schema: Schema) -> tuple[Schema, bool]:
    options = schema.get("anyOf", [])
    present = [one for one in options if one != {"type": "null"}]
    if len(present) == len(options):
        return schema, False
    if len(present) > 1:
        return {**schema, "anyOf": present}, True
    return {**{key: schema[key] for key in schema if key != "anyOf"}, **present[0]}, True


def _nested(schema: Schema, definitions: Schema) -> tuple[Schema | None, str, tuple[str, ...]]:
    """Find the object in a value, and the way to it: as it is shown, and in steps."""
    for holder, suffix, steps in (
        (schema, "", ()),
        (schema.get("items", {}), f"[{ITEM}]", (ANY,)),
        (schema.get("additionalProperties", {}), f".{NAME}", (ANY,)),
    ):
        if isinstance(holder, dict) and "$ref" in holder:
            return definitions[holder["$ref"].rpartition("/")[2]], suffix, steps
    return None, "", ()


def _type(schema: Schema) -> str:
    if choices := schema.get("anyOf"):
        return " or ".join(_type(one) for one in choices)
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_plural(schema['items'])}"
    if kind == "object":
        of = schema.get("additionalProperties")
        return f"map of names to {_plural(of)}" if isinstance(of, dict) else "map"
    return TYPES.get(str(kind), "section")


def _plural(schema: Schema) -> str:
    if choices := schema.get("anyOf"):
        return " or ".join(_plural(one) for one in choices)
    if schema.get("type") == "array":
        return f"lists of {_plural(schema['items'])}"
    return f"{_type(schema)}s" if schema else "values"


def _default(schema: Schema) -> Any:
    return schema.get("default", {} if schema.get("type") == "object" else None)
