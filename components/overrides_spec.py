"""Settings of an override, by which a stack file sets further inputs of a resource.

Some inputs stay the program's own: the tags by which a resource is found again, and the names of
Kubernetes objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.input_values import input_errors
from components.sdk_inputs import inputs_of, is_component, known_types
from components.spec.errors import ConfigError
from components.spec.model import Spec
from components.spec.spelling import closest_match
from components.tags import LAUNCH_TEMPLATE, TAGGED_TYPES, identity_tags

InputPath = tuple[str, ...]
"""Names that lead to an input: ("spec", "template", "metadata")."""

IN_COMPONENTS = {
    "eks:index:Addon": "aws:eks/addon:Addon",
    "eks:index:Cluster": "aws:eks/cluster:Cluster",
    "eks:index:ManagedNodeGroup": "aws:eks/nodeGroup:NodeGroup",
}
"""The main resource in each component of pulumi-eks that the program has; both have one name."""

IDENTITY = frozenset(name.lower() for name in identity_tags("", "", ""))
"""Tags that are the program's own; IAM does not tell tags apart by their capitals."""

KUBERNETES_IDENTITY = frozenset(
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
    """Inputs that one resource gets in place of, or beside, what the program gives it."""

    type: str
    """Type of the resource as `pulumi preview --diff` shows it, such as
    aws:ec2/launchTemplate:LaunchTemplate. Without --diff, Pulumi shortens it. A resource in a
    component of pulumi-eks has its own type: aws:eks/cluster:Cluster, not eks:index:Cluster."""

    name: str
    """Logical name of the resource, as `pulumi preview` shows it."""

    inputs: dict[str, Any]
    """Inputs by the names that Pulumi's YAML has for them, such as ebsOptimized. Objects are merged
    with what the program gives, key by key; any other value replaces it, lists included; null
    removes the input."""

    @property
    def paths(self) -> tuple[InputPath, ...]:
        """The inputs that are set or removed: a nested object stands for the keys it has."""
        return tuple(_leaves(self.inputs))

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for what Pulumi's packages do not declare or the program has to own."""
        if self.type not in known_types():
            rule = "must be a type of resource in pulumi-aws or pulumi-kubernetes"
            guess = _in_full(self.type) or closest_match(self.type, known_types())
            remedy = f"did you mean {guess}?" if guess else "copy it from `pulumi preview --diff`"
            yield ConfigError(("type",), rule, self.type, remedy)
        elif is_component(self.type):
            rule = "is a component: the resources in it are overridden by their own types and names"
            inner = IN_COMPONENTS.get(self.type)
            remedy = f"set {inner}" if inner else "name a resource in it, as the preview shows it"
            yield ConfigError(("type",), rule, self.type, remedy)
        else:
            known = inputs_of(self.type)
            yield from input_errors(("inputs",), known, self.inputs, (("type",),))
        if not self.inputs:
            rule = "must have at least one input"
            yield ConfigError(("inputs",), rule, self.inputs, "add one, or remove the entry")
        for path in self.paths:
            if wording := _owned(self.type, path):
                rule, remedy = wording
                value = value_at(self.inputs, path)
                yield ConfigError(("inputs", *path), rule, value, remedy)


def value_at(inputs: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return the value of an input."""
    value: Any = inputs
    for step in path:
        value = value[step]
    return value


def _leaves(inputs: Mapping[str, Any], holder: InputPath = ()) -> Iterator[InputPath]:
    for name, value in inputs.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*holder, name))
        else:
            yield (*holder, name)


def _in_full(type_: str) -> str | None:
    """The type that a preview shortens to aws:ec2:Vpc; None if it is of no other form."""
    parts = type_.split(":")
    if len(parts) != 3 or not parts[2]:
        return None
    package, module, name = parts
    token = f"{package}:{module}/{name[0].lower()}{name[1:]}:{name}"
    return token if token in known_types() else None


def _owned(type_: str, path: tuple[str, ...]) -> tuple[str, str] | None:
    """The rule and the remedy for an input that is the program's own."""
    if type_ in TAGGED_TYPES and path == ("tags",):
        return "Project, Stack and Name are the program's own tags", "set single tags under `tags`"
    if type_ in TAGGED_TYPES and path[0] == "tags" and path[1].lower() in IDENTITY:
        return "Project, Stack and Name are the program's own tags", "remove it"
    if type_ == LAUNCH_TEMPLATE and path[0] == "tagSpecifications":
        return (
            "is the program's own: what a template launches has the tags of the template",
            "remove it, and set the key `tags` of the stack file",
        )
    if type_ == "aws:eks/cluster:Cluster" and path[0] == "name":
        return "is the program's own, PROJECT-STACK: it finds the cluster by it", "remove it"
    if type_.startswith("kubernetes:") and path in KUBERNETES_IDENTITY:
        return "is the program's own: other objects and outputs refer to it", "remove it"
    return None
