"""The life of a stack under Pulumi's own provider of Kubernetes: the same as under ours.

`make test-real-parts` builds that provider and runs these tests. The real EKS provider is a Node
program that no package registry has, so ours is used in both lives.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from rehearsal.paths import binaries
from rehearsal.pulumi.engine import PLUGINS_VARIABLE
from rehearsal.tools.real_parts import PLUGIN

from tests.stacks.clone import Clone
from tests.stacks.engine_reports import State, Steps, differences, run, state

pytestmark = [
    pytest.mark.rehearsal,
    pytest.mark.real_parts,
    pytest.mark.skipif(
        not (binaries() / PLUGIN).exists(),
        reason="Pulumi's own Kubernetes provider is not built: `make test-real-parts` builds it",
    ),
]
OTHER = {"efs": "fsx", "fsx": "efs"}
REAL, OURS = "kubernetes", ""
OTHER_PLUGINS = {REAL: OURS, OURS: REAL}


@dataclass(frozen=True)
class Life:
    """Steps of each operation of a stack's life, and the state after each."""

    steps: dict[str, Steps]
    states: dict[str, State]


def live(clone: Clone, stack: str, plugins: str) -> Life:
    """Deploy a stack, leave it as it is, switch its storage and destroy it.

    An update in the middle is the other provider's, which has to understand the state.
    """
    life = Life({}, {})
    backend = clone.section(stack, "storage")["backend"]
    for name, command, provider in (
        ("deploy", "up", plugins),
        ("do nothing", "up", plugins),
        ("do nothing with the other provider", "up", OTHER_PLUGINS[plugins]),
        ("switch", "up", plugins),
        ("destroy", "destroy", plugins),
    ):
        if name == "switch":
            clone.edit(stack, storage={"backend": OTHER[backend]})
        with in_environment_with(provider):
            life.steps[name] = run(clone, stack, command)
            life.states[name] = state(clone, stack)
    return life


@contextmanager
def in_environment_with(plugins: str) -> Iterator[None]:
    """Leave providers to plugins in the environments of clones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PLUGINS_VARIABLE, plugins)
        Clone.environment.cache_clear()
        yield
    Clone.environment.cache_clear()


@pytest.fixture(scope="module", params=["dev", "prod", "patterns"])
def lives(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Life, Life]:
    """Return the lives of a stack under the real provider and under ours."""
    return (
        whole_life(tmp_path_factory.mktemp("real"), request.param, REAL),
        whole_life(tmp_path_factory.mktemp("ours"), request.param, OURS),
    )


def whole_life(folder: Path, stack: str, plugins: str) -> Life:
    """Return the life of a stack in an environment of its own."""
    clone = Clone.under(folder)
    clone.edit(stack, protect=False, bucket={"forceDestroy": True})
    try:
        clone.rehearsal("cloud", "start", "-s", stack)
        clone.in_environment(stack, "pulumi", "stack", "select", "--create", stack)
        return live(clone, stack, plugins)
    finally:
        clone.rehearsal("cloud", "stop", "-s", stack)


def test_the_steps_are_the_same(lives: tuple[Life, Life]) -> None:
    real, ours = lives
    assert ours.steps == real.steps


def test_a_second_update_does_nothing_whichever_provider_was_the_first(
    lives: tuple[Life, Life],
) -> None:
    for life in lives:
        for name in ("do nothing", "do nothing with the other provider"):
            assert {op for op, _ in life.steps[name]} <= {"same", "read"}, name


def test_the_states_are_the_same(lives: tuple[Life, Life]) -> None:
    real, ours = lives
    for name, wanted in real.states.items():
        assert differences(wanted, ours.states[name]) == [], name
