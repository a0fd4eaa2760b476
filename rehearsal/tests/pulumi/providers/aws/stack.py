"""A small stand-in for the engine: it takes one resource at a time through the provider's calls."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from rehearsal.pulumi.providers.aws.provider import AwsProvider
from rehearsal.pulumi.providers.server import Difference, ProviderError

_SEEDS = itertools.count()


@dataclass
class Kept:
    """A resource in an engine's state."""

    urn: str
    type: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


@dataclass
class Stack:
    """Creates, updates and deletes single resources by one configured provider."""

    provider: AwsProvider
    instance: str = "test"
    kept: list[Kept] = field(default_factory=list)

    @classmethod
    def configured(cls, **config: Any) -> Stack:
        stack = cls(AwsProvider())
        stack.provider.configure(stack.instance, {"region": "us-west-2"} | config)
        return stack

    def check(self, type_: str, name: str, inputs: dict[str, Any], olds: Any = None) -> Any:
        seed = str(next(_SEEDS)).encode()
        return self.provider.check(self.instance, urn(type_, name), type_, olds or {}, inputs, seed)

    def create(self, type_: str, name: str, /, **inputs: Any) -> Kept:
        """Preview and create; what the preview said must turn out true."""
        checked = self._checked(type_, name, inputs, {})
        place = urn(type_, name)
        _, planned = self.provider.create(self.instance, place, type_, checked, 0, True)
        id_, outputs = self.provider.create(self.instance, place, type_, checked, 20, False)
        _holds(planned, outputs)
        self.kept.append(Kept(place, type_, id_, checked, outputs))
        return self.kept[-1]

    def diff(self, one: Kept, /, **inputs: Any) -> Difference:
        """Return what an update of the resource to these inputs (all of them) would do."""
        news = self._checked(one.type, one.urn.split("::")[-1], inputs, one.inputs)
        return self.provider.diff(
            self.instance, one.urn, one.type, one.id, one.inputs, one.outputs, news, []
        )

    def update(self, one: Kept, /, **inputs: Any) -> Kept:
        """Update in place to these inputs (all of them); nothing may differ afterwards."""
        news = self._checked(one.type, one.urn.split("::")[-1], inputs, one.inputs)
        difference = self.diff(one, **inputs)
        assert difference.changes, "there is nothing to update"
        assert not difference.replaces, f"it would be replaced for {difference.replaces}"
        arguments = (self.instance, one.urn, one.type, one.id, one.inputs, one.outputs, news)
        planned = self.provider.update(*arguments, 0, True)
        one.outputs = self.provider.update(*arguments, 20, False)
        _holds(planned, one.outputs)
        one.inputs = news
        assert not self.diff(one, **inputs).changes
        return one

    def read(self, one: Kept) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        return self.provider.read(self.instance, one.urn, one.type, one.id, one.inputs, one.outputs)

    def imported(self, type_: str, id_: str, name: str = "imported") -> Kept:
        place = urn(type_, name)
        found, inputs, outputs = self.provider.read(self.instance, place, type_, id_, {}, {})
        assert found is not None, f"{type_} {id_} was not found"
        return Kept(place, type_, found, inputs, outputs)

    def delete(self, one: Kept, timeout: float = 20) -> None:
        self.provider.delete(
            self.instance, one.urn, one.type, one.id, one.inputs, one.outputs, timeout
        )
        if one in self.kept:
            self.kept.remove(one)

    def destroy(self) -> None:
        for one in reversed(list(self.kept)):
            self.delete(one)

    def _checked(self, type_: str, name: str, inputs: Any, olds: Any) -> dict[str, Any]:
        checked = self.check(type_, name, inputs, olds)
        if checked.failures:
            raise ProviderError("; ".join(f"{f.property}: {f.reason}" for f in checked.failures))
        return dict(checked.inputs)


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:test::project::{type_}::{name}"


def exercise(stack: Stack, one: Kept, import_id: str | None = None, /, **inputs: Any) -> None:
    """Check what holds of any type after it is created with these inputs.

    The same inputs change nothing; a refresh finds no drift; an import gives inputs that don't
    differ from the program's; deleting it twice is no error and a read then finds nothing.
    """
    assert not stack.diff(one, **inputs).changes
    id_, real_inputs, real_outputs = stack.read(one)
    assert id_ == one.id
    assert real_outputs == one.outputs
    assert real_inputs == one.inputs
    imported = stack.imported(one.type, import_id or one.id, one.urn.split("::")[-1])
    assert imported.id == one.id
    named = {k: one.inputs[k] for k in one.inputs["__defaults"] if k in imported.inputs}
    difference = stack.diff(imported, **(named | inputs))
    assert not difference.replaces, f"an import is replaced for {difference.replaces}"
    stack.delete(one)
    stack.delete(one)
    assert stack.read(one)[0] is None


def _holds(planned: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Every output that a preview told is what came of it; unknown ones are free."""
    for key, value in planned.items():
        if repr(value) != "<unknown>" and "<unknown>" not in repr(value):
            if isinstance(value, dict) and isinstance(outputs.get(key), dict):
                _holds(value, outputs[key])
            else:
                assert outputs.get(key) == value, f"the preview told {key}={value!r}"
