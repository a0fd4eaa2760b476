"""Settings of an override, by which a stack file sets further inputs of a resource.

Some inputs stay the program's own: the tags by which a resource is found again, and the names of
Kubernetes objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from components.input_values import input_errors
from components.sdk_inputs import inputs_of, is_component, known_types
from components.spec.errors import ConfigError
from components.spec.model import Spec
from components.spec.spelling import closest_match
from components.tags import LAUNCH_TEMPLATE, TAGGED_TYPES, identity_tags

InputPath = tuple[str, ...]
"""Names that lead to an input: ("spec", "template", "metadata")."""

MAIN_RESOURCES = {
    "eks:index:Addon": "aws:eks/addon:Addon",
    "eks:index:Cluster": "aws:eks/cluster:Cluster",
    "eks:index:ManagedNodeGroup": "aws:eks/nodeGroup:NodeGroup",
}
"""The main resource in each component of pulumi-eks that the program has; both have one name."""

IDENTITY_TAG_KEYS = frozenset(name.lower() for name in identity_tags("", "", ""))
"""Tags that are the program's own; IAM does not tell tags apart by their capitals."""

KUBERNETES_NAME_INPUTS = frozenset(
    {
        ("apiVersion",),
        ("kind",),
        ("metadata",),
        ("metadata", "name"),
        ("metadata", "namespace"),
        ("name",),
        ("namespace",),
    }
)
"""Inputs that name an object, or a release of a Helm chart."""


class OverrideSpec(Spec):
    """Inputs that one resource gets in addition to, or in place of, those that the program sets."""

    type: str = Field(examples=["aws:ec2/launchTemplate:LaunchTemplate"])
    """Type of the resource as `pulumi preview --diff` shows it, such as
    aws:ec2/launchTemplate:LaunchTemplate; without --diff, Pulumi shortens it. A resource in a
    component of pulumi-eks has a type of its own: write aws:eks/cluster:Cluster, not
    eks:index:Cluster."""

    name: str = Field(examples=["nodes-general-template"])
    """Logical name of the resource, as `pulumi preview` shows it."""

    inputs: dict[str, Any] = Field(examples=[{"ebsOptimized": "true"}])
    """Inputs by their names in Pulumi YAML, such as ebsOptimized. An object is merged with the
    program's, key by key. Any other value, also a list, replaces the program's. null removes the
    input."""

    @property
    def paths(self) -> tuple[InputPath, ...]:
        """Paths of the inputs that are set or removed; a nested object counts by its own keys."""
        return tuple(_input_paths(self.inputs))

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for what Pulumi's packages do not declare or the program has to own."""
        if self.type not in known_types():
            rule = "must be a type of resource in pulumi-aws or pulumi-kubernetes"
            guess = _full_type(self.type) or closest_match(self.type, known_types())
            remedy = f"did you mean {guess}?" if guess else "copy it from `pulumi preview --diff`"
            yield ConfigError(("type",), rule, self.type, remedy)
        elif is_component(self.type):
            rule = "is a component: the resources in it are overridden by their own types and names"
            inner = MAIN_RESOURCES.get(self.type)
            remedy = f"set {inner}" if inner else "name a resource in it, as the preview shows it"
            yield ConfigError(("type",), rule, self.type, remedy)
        else:
            known = inputs_of(self.type)
            yield from input_errors(("inputs",), known, self.inputs, (("type",),))
        if not self.inputs:
            rule = "must have at least one input"
            yield ConfigError(("inputs",), rule, self.inputs, "add one, or remove the entry")
        for path in self.paths:
            if wording := _reserved_input(self.type, path):
                rule, remedy = wording
                value = value_at(self.inputs, path)
                yield ConfigError(("inputs", *path), rule, value, remedy)


def value_at(inputs: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return the value of an input."""
    value: Any = inputs
    for step in path:
        value = value[step]
    return value


def _input_paths(inputs: Mapping[str, Any], holder: InputPath = ()) -> Iterator[InputPath]:
    for name, value in inputs.items():
        if isinstance(value, Mapping) and value:
            yield from _input_paths(value, (*holder, name))
        else:
            yield (*holder, name)


def _full_type(type_: str) -> str | None:
    """Return the full type of one that a preview shortens, such as aws:ec2:Vpc, or None."""
    parts = type_.split(":")
    if len(parts) != 3 or not parts[2]:
        return None
    package, module, name = parts
    token = f"{package}:{module}/{name[0].lower()}{name[1:]}:{name}"
    return token if token in known_types() else None


def _reserved_input(type_: str, path: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the rule and the remedy for an input that only the program may set, or None."""
    if type_ in TAGGED_TYPES and path == ("tags",):
        return "Project, Stack and Name are the program's own tags", "set single tags under `tags`"
    if type_ in TAGGED_TYPES and path[0] == "tags" and path[1].lower() in IDENTITY_TAG_KEYS:
        return "Project, Stack and Name are the program's own tags", "remove it"
    if type_ == LAUNCH_TEMPLATE and path[0] == "tagSpecifications":
        return (
            "is the program's own: what a template launches has the tags of the template",
            "remove it, and set the key `tags` of the stack file",
        )
    if type_ == "aws:eks/cluster:Cluster" and path[0] == "name":
        return "is the program's own, PROJECT-STACK: it finds the cluster by it", "remove it"
    if type_.startswith("kubernetes:") and path in KUBERNETES_NAME_INPUTS:
        return "is the program's own: other objects and outputs refer to it", "remove it"
    return None
