"""Inputs that a type of resource takes, as Pulumi's own Python packages declare them.

The packages register each of their types with Pulumi. A resource class declares, as an overload of
its constructor, the class of its arguments, and that class has a property for each input. Packages
are imported when a type is looked up, and of a large one only the module that has the type.
"""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any

import pulumi
from pulumi._types import input_type_types, is_input_type
from pulumi.runtime import rpc

PACKAGES = {"aws": "pulumi_aws", "kubernetes": "pulumi_kubernetes", "eks": "pulumi_eks"}
"""Modules of the packages by the first part of their types."""

Inputs = Mapping[str, Any]
"""Types of values by the names of inputs, as annotations."""


@cache
def known_types() -> Mapping[str, str]:
    """Return the types of all resources in the packages, each with its class as MODULE:CLASS."""
    for module in PACKAGES.values():
        import_module(module)
    return {
        type_: f"{module.mod_info['fqn']}:{name}"
        for modules in rpc._RESOURCE_MODULES.values()
        for module in typing.cast("list[Any]", modules)
        if module.mod_info["pkg"] in PACKAGES
        for type_, name in module.mod_info["classes"].items()
    }


def is_component(type_: str) -> bool:
    """Tell whether a known type is a component, which creates other resources in its place."""
    return issubclass(_resource_class(type_), pulumi.ComponentResource)


@cache
def inputs_of(type_: str) -> Inputs:
    """Return the inputs of a known type of resource.

    Raises:
        LookupError: Its class does not declare them.
    """
    for overload in typing.get_overloads(_resource_class(type_).__init__):
        for arguments in alternatives(overload.__annotations__.get("args")):
            if isinstance(arguments, type) and is_input_type(arguments):
                return input_type_types(arguments)
    raise LookupError(f"{type_} does not declare its inputs")


@cache
def fields_of(annotation: Any) -> Inputs | None:
    """Return the fields of a type of object; None for any other type of value."""
    if isinstance(annotation, type) and is_input_type(annotation):
        return input_type_types(annotation)
    return None


def items_of(annotation: Any) -> Any:
    """Return the type of the items of a list or map; None for any other type of value."""
    if typing.get_origin(annotation) in {Sequence, list, Mapping, dict}:
        return typing.get_args(annotation)[-1]
    return None


def is_list(annotation: Any) -> bool:
    """Tell whether a type of value is a list."""
    return typing.get_origin(annotation) in {Sequence, list}


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the types that a value may have, without those that only a program can give."""
    if typing.get_origin(annotation) not in {typing.Union, UnionType}:
        return (annotation,)
    return tuple(
        one
        for member in typing.get_args(annotation)
        if member is not NoneType and typing.get_origin(member) not in {Awaitable, pulumi.Output}
        for one in alternatives(member)
    )


def _resource_class(type_: str) -> type[pulumi.Resource]:
    module, _, name = known_types()[type_].partition(":")
    return typing.cast("type[pulumi.Resource]", getattr(import_module(module), name))
