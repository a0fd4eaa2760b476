"""Inputs, their kinds and outputs of a resource type, read from the installed pulumi_aws SDK.

The SDK's source is read, not imported: importing one module of `pulumi_aws.ec2` runs all of
them (seconds, and hundreds of MB for the whole SDK), while the needed classes are a few
hundred lines of regular, generated code.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_KINDS = {
    "_builtins.str": "string",
    "_builtins.bool": "boolean",
    "_builtins.int": "integer",
    "_builtins.float": "number",
}


@dataclass(frozen=True)
class Property:
    """Input of a resource type.

    `kind` is string, boolean, integer, number, list, map, object or any. `item` is the kind of a
    list's items; `fields` names the SDK class of an object, or of the objects in a list, for
    `fields_of`.
    """

    name: str
    kind: str
    item: str | None
    fields: str | None
    required: bool


@dataclass(frozen=True)
class Shape:
    """Resource type: its inputs by name, and the names of all its outputs (inputs too)."""

    token: str
    inputs: dict[str, Property]
    outputs: frozenset[str]

    @property
    def computed(self) -> frozenset[str]:
        """Outputs that are never inputs."""
        return self.outputs - self.inputs.keys()


@cache
def shape(token: str) -> Shape | None:
    """Return the shape of `aws:MODULE/FILE:Type`, or None if the SDK has no such type."""
    path = _source(token)
    if path is None:
        return None
    text, type_ = path.read_text(), token.rsplit(":", maxsplit=1)[-1]
    # The class has another name if a nested object of the type has the plain one.
    given = _properties(text, f"{type_}Args"), _properties(text, f"{type_}InitArgs")
    inputs = {one.name: one for ones in given for one in ones}
    state = frozenset(one.name for one in _properties(text, f"_{type_}State"))
    return Shape(token, inputs, state | inputs.keys())


@cache
def fields_of(token: str, class_name: str) -> dict[str, Property]:
    """Return the inputs of a nested object, whose class is in the module of the token."""
    text = (_package() / _module(token) / "_inputs.py").read_text()
    return {one.name: one for one in _properties(text, class_name)}


def _package() -> Path:
    spec = importlib.util.find_spec("pulumi_aws")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("pulumi_aws is not installed; see requirements.txt")
    return Path(next(iter(spec.submodule_search_locations)))


def _module(token: str) -> str:
    return token.split(":")[1].split("/", maxsplit=1)[0]


def _source(token: str) -> Path | None:
    """Return the file that declares the type, named as Pulumi names Python modules."""
    if not re.fullmatch(r"aws:[\w.-]+/\w+:\w+", token):
        return None
    file = token.split(":")[1].split("/")[1]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", file).lower()
    path = _package() / _module(token) / f"{snake}.py"
    return path if path.exists() and f"'{token}'" in path.read_text() else None


def _properties(text: str, class_name: str) -> Iterator[Property]:
    """Yield the properties of one class, found by its text so that only it is parsed."""
    start = re.search(rf"^class {class_name}:$", text, re.MULTILINE)
    if start is None:
        return
    end = re.compile(r"^(?=@|class |if |\w)", re.MULTILINE).search(text, start.end())
    body = ast.parse(text[start.start() : end.start() if end else None]).body[0]
    assert isinstance(body, ast.ClassDef)
    functions = [node for node in body.body if isinstance(node, ast.FunctionDef)]
    required = {name for node in functions if node.name == "__init__" for name in _required(node)}
    for node in functions:
        name = _getter(node)
        if name is not None and node.returns is not None:
            kind, item, fields = _kind(ast.unparse(node.returns))
            yield Property(name, kind, item, fields, node.name in required)


def _required(init: ast.FunctionDef) -> Iterator[str]:
    for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True):
        if default is None:
            yield argument.arg


def _getter(node: ast.FunctionDef) -> str | None:
    """Return the property's Pulumi name, from its `pulumi.getter` decorator."""
    for decorator in node.decorator_list:
        text = ast.unparse(decorator)
        if text == "pulumi.getter":
            return node.name
        if text.startswith("pulumi.getter(name="):
            return str(ast.literal_eval(text.removeprefix("pulumi.getter(name=").removesuffix(")")))
    return None


def _kind(annotation: str) -> tuple[str, str | None, str | None]:
    """Return kind, item kind and class of an annotation like `pulumi.Input[Optional[...]]`."""
    text = re.sub(r"pulumi\.Input\[|Optional\[|\]", "", annotation).strip()
    if text.startswith("Sequence["):
        item, _, fields = _kind(text.removeprefix("Sequence["))
        return "list", item, fields
    if text.startswith("Mapping["):
        return "map", None, None
    if text in _KINDS:
        return _KINDS[text], None, None
    if text.startswith("'") and text.endswith("Args'"):
        return "object", None, text.strip("'")
    return "any", None, None
