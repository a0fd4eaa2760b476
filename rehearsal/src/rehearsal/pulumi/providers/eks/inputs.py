"""Inputs of a component, checked by name before anything is created.

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
class InputProblem:
    """Error about one input: its name and the reason."""

    property: str
    reason: str


class RefusedError(Exception):
    """The component cannot be built from these inputs; the text lists every error found."""

    def __init__(self, component: str, problems: Iterable[InputProblem]) -> None:
        self.component = component
        self.problems = tuple(problems)
        told = "\n".join(f"  {problem.property}: {problem.reason}" for problem in self.problems)
        super().__init__(f"{component} refuses its inputs:\n{told}")


@dataclass(frozen=True)
class Accepts:
    """Input names that one component accepts.

    Attributes:
        component: Type token of the component, for errors.
        known: Inputs that are built here as pulumi-eks builds them.
        required: Those among them that must be given.
        not_rehearsed: Inputs that pulumi-eks accepts and the rehearsal cannot build, each with
            what to do instead.
    """

    component: str
    known: frozenset[str]
    required: frozenset[str] = frozenset()
    not_rehearsed: Mapping[str, str] = field(default_factory=dict)

    def check(self, inputs: Inputs) -> None:
        """Refuse names that are unknown, missing, or not rehearsed.

        Raises:
            RefusedError: There are such names; the text lists all of them.
        """
        problems = [
            InputProblem(name, self._why(name))
            for name, value in inputs.items()
            if name not in self.known and value is not None
        ]
        problems += [
            InputProblem(name, "required, and not given")
            for name in sorted(self.required)
            if inputs.get(name) is None
        ]
        if problems:
            raise RefusedError(self.component, problems)

    def _why(self, name: str) -> str:
        if name in self.not_rehearsed:
            return f"not built in a rehearsal; {self.not_rehearsed[name]}"
        return f"{self.component} has no such input; it takes {', '.join(sorted(self.known))}"


def input_names(text: str) -> frozenset[str]:
    """Return the input names in a text, which white space separates."""
    return frozenset(text.split())


def is_set(inputs: Inputs, name: str) -> bool:
    """Return True if an input is set to anything."""
    return inputs.get(name) is not None


def merged(*layers: Any) -> pulumi.Output[dict[str, str]]:
    """Merge tags, later layers over earlier ones; a layer may be None or an output."""
    return pulumi.Output.all(*layers).apply(
        lambda known: {key: value for layer in known for key, value in (layer or {}).items()}
    )


def compact_json(value: Any) -> str:
    """Return JSON without spaces, as JavaScript's JSON.stringify writes it."""
    return json.dumps(whole(value), separators=(",", ":"))


def sorted_json(value: Any) -> pulumi.Output[Any] | None:
    """Return compact JSON with sorted keys, so that an update sees no difference; None for None."""
    return None if value is None else pulumi.Output.from_input(value).apply(_sorted_json)


def _sorted_json(value: Any) -> Any:
    return value and json.dumps(whole(value), separators=(",", ":"), sort_keys=True)


def whole(value: Any) -> Any:
    """Return the value with its whole numbers as integers, since the wire has only floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole(one) for key, one in value.items()}
    return [whole(one) for one in value] if isinstance(value, list) else value
