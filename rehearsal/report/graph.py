"""The deployed resources of a stack: who is part of what, and who depends on whom."""

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
    """One resource of the state."""

    urn: str
    type: str
    id: str
    parent: str
    custom: bool
    dependencies: tuple[str, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Resource:
        """A resource as the engine's state has it; what a property refers to counts as well."""
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
        """Its name in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def noun(self) -> str:
        """The last word of its type: LustreFileSystem of aws:fsx/lustreFileSystem:..."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def package(self) -> str:
        """Whose resource it is: aws, kubernetes, eks or the program's own."""
        return self.type.partition(":")[0]


class Graph:
    """The resources of a deployment that a person thinks of: no stack, no providers."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = {
            one.urn: one
            for one in resources
            if one.type != STACK and not one.type.startswith(PROVIDERS)
        }

    @classmethod
    def of(cls, deployment: Mapping[str, Any]) -> Graph:
        """The graph of an exported state."""
        return cls(Resource.of(state) for state in deployment.get("resources") or [])

    @property
    def custom(self) -> list[Resource]:
        """The resources that are something in AWS or in the cluster."""
        return [one for one in self.resources.values() if one.custom]

    def part_of(self, urn: str) -> str:
        """The outermost component that a resource belongs to; itself if it is one."""
        while self.resources[urn].parent in self.resources:
            urn = self.resources[urn].parent
        return urn

    @cached_property
    def parts(self) -> dict[str, list[Resource]]:
        """What each outermost component is made of in AWS or in the cluster."""
        found: dict[str, list[Resource]] = {}
        for one in self.resources.values():
            members = found.setdefault(self.part_of(one.urn), [])
            if one.custom:
                members.append(one)
        return {urn: members for urn, members in found.items() if members}

    @cached_property
    def edges(self) -> set[tuple[str, str]]:
        """Pairs of outermost components, of which the first must be there for the second."""
        return {
            (self.part_of(other), self.part_of(one.urn))
            for one in self.custom
            for other in one.dependencies
            if other in self.resources and self.part_of(other) != self.part_of(one.urn)
        }

    def kinds(self, part: str) -> list[tuple[str, int]]:
        """What a component is made of: nouns and how many of each, the most first."""
        return Counter(one.noun for one in self.parts[part]).most_common()
