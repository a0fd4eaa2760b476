"""What a component is asked to build: its inputs, checked by name before anything is made.

A component's inputs arrive as a dict with pulumi-eks's own camelCase keys, whose values may be
plain, outputs, or resources.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """One input that the component refuses, and why."""

    property: str
    reason: str


class RefusedError(Exception):
    """The component can't be built from these inputs; every fault found is told at once."""

    def __init__(self, component: str, faults: Iterable[Fault]) -> None:
        self.component = component
        self.faults = tuple(faults)
        told = "\n".join(f"  {fault.property}: {fault.reason}" for fault in self.faults)
        super().__init__(f"{component} refuses its inputs:\n{told}")


@dataclass(frozen=True)
class Accepts:
    """The input names of one component.

    Attributes:
        component: Its type token, for errors.
        known: Inputs that are built here as pulumi-eks builds them.
        required: Those among them that must be given.
        not_rehearsed: Inputs that pulumi-eks takes and the rehearsal can't build, each with
            what to do instead.
    """

    component: str
    known: frozenset[str]
    required: frozenset[str] = frozenset()
    not_rehearsed: Mapping[str, str] = field(default_factory=dict)

    def check(self, inputs: Inputs) -> None:
        """Refuses a name that is unknown, missing, or not rehearsed.

        Raises:
            RefusedError: with every such name.
        """
        faults = [
            Fault(name, self._why(name))
            for name, value in inputs.items()
            if name not in self.known and value is not None
        ]
        faults += [
            Fault(name, "required, and not given")
            for name in sorted(self.required)
            if inputs.get(name) is None
        ]
        if faults:
            raise RefusedError(self.component, faults)

    def _why(self, name: str) -> str:
        if name in self.not_rehearsed:
            return f"not built in a rehearsal; {self.not_rehearsed[name]}"
        return f"{self.component} has no such input; it takes {', '.join(sorted(self.known))}"


def names(text: str) -> frozenset[str]:
    """Input names, written one after the other."""
    return frozenset(text.split())


def given(inputs: Inputs, name: str) -> bool:
    """Whether an input was set to anything."""
    return inputs.get(name) is not None


def merged(*layers: Any) -> pulumi.Output[dict[str, str]]:
    """Tags laid over each other, the later ones on top; a layer may be None or an output."""
    return pulumi.Output.all(*layers).apply(
        lambda known: {key: value for layer in known for key, value in (layer or {}).items()}
    )


def compact_json(value: Any) -> str:
    """JSON without spaces, as JavaScript's JSON.stringify writes it."""
    return json.dumps(whole(value), separators=(",", ":"))


def sorted_json(value: Any) -> pulumi.Output[Any] | None:
    """Compact JSON with sorted keys, so that an update sees no difference; None for None."""
    return None if value is None else pulumi.Output.from_input(value).apply(_sorted_json)


def _sorted_json(value: Any) -> Any:
    return value and json.dumps(whole(value), separators=(",", ":"), sort_keys=True)


def whole(value: Any) -> Any:
    """The value with its whole numbers as integers: on the wire every number is a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole(one) for key, one in value.items()}
    return [whole(one) for one in value] if isinstance(value, list) else value
