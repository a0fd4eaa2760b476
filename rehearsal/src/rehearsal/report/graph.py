"""Graph of a stack's deployed resources: their components and their dependencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

STACK = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"


@dataclass(frozen=True)
class Resource:
    """One resource of the engine's state."""

    urn: str
    type: str
    id: str
    parent: str
    custom: bool
    dependencies: tuple[str, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Resource:
        """Return a resource of the state; its dependencies include those of its properties."""
        named = state.get("dependencies") or []
        by_property = [
            urn for urns in (state.get("propertyDependencies") or {}).values() for urn in urns or []
        ]
        return cls(
            state["urn"],
            state["type"],
            state.get("id", ""),
            state.get("parent", ""),
            bool(state.get("custom")),
            tuple(dict.fromkeys([*named, *by_property])),
            state.get("outputs") or {},
        )

    @property
    def name(self) -> str:
        """Name of the resource in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def noun(self) -> str:
        """Last word of its type, such as LustreFileSystem of aws:fsx/lustreFileSystem:..."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def package(self) -> str:
        """Package of the resource: aws, kubernetes, eks or the program's own."""
        return self.type.partition(":")[0]


class Graph:
    """Resources of a deployment, without the stack itself and the providers."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = {
            one.urn: one
            for one in resources
            if one.type != STACK and not one.type.startswith(PROVIDERS)
        }

    @classmethod
    def of(cls, deployment: Mapping[str, Any]) -> Graph:
        """Return the graph of an exported state."""
        return cls(Resource.of(state) for state in deployment.get("resources") or [])

    @property
    def custom(self) -> list[Resource]:
        """Resources that exist in AWS or in the cluster, which components do not."""
        return [one for one in self.resources.values() if one.custom]

    def part_of(self, urn: str) -> str:
        """Return the URN of the outermost component of a resource, or its own if it has none."""
        while self.resources[urn].parent in self.resources:
            urn = self.resources[urn].parent
        return urn

    @cached_property
    def parts(self) -> dict[str, list[Resource]]:
        """Resources in AWS or in the cluster, by the URN of their outermost component."""
        found: dict[str, list[Resource]] = {}
        for one in self.resources.values():
            members = found.setdefault(self.part_of(one.urn), [])
            if one.custom:
                members.append(one)
        return {urn: members for urn, members in found.items() if members}

    @cached_property
    def edges(self) -> set[tuple[str, str]]:
        """Pairs of outermost components, of which the second depends on the first."""
        return {
            (self.part_of(other), self.part_of(one.urn))
            for one in self.custom
            for other in one.dependencies
            if other in self.resources and self.part_of(other) != self.part_of(one.urn)
        }

    def kinds(self, part: str) -> list[tuple[str, int]]:
        """Return the resource types of a component and their numbers, the largest first."""
        return Counter(one.noun for one in self.parts[part]).most_common()
