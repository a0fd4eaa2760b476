"""Faults in effect: for how long, for what, how often, and what is told of them."""

import subprocess
import sys

import pytest

from rehearsal import records
from rehearsal.faults import active, injection
from rehearsal.faults.active import Matches
from rehearsal.faults.kinds import Fault, FaultList
from rehearsal.paths import Environment, RehearsalError


def asked(times: int, *faults: Fault, seed: int = 0, call: str = "CreateVpc") -> list[bool]:
    matches = Matches(FaultList(faults, seed))
    return [bool(matches.decide("throttling", "ec2", call, "")) for _ in range(times)]


def test_without_a_command_that_injects_no_fault_applies(environment: Environment) -> None:
    assert not active.are_active()
    assert active.applied("throttling", "ec2", "CreateVpc") is None


def test_faults_end_with_the_command(environment: Environment) -> None:
    faults = FaultList((Fault("throttling", times=9),))
    with injection.during(environment, faults):
        assert active.applied("throttling", "ec2", "CreateVpc") == faults.faults[0]
    assert active.applied("throttling", "ec2", "CreateVpc") is None


def test_faults_of_a_killed_command_are_not_in_effect(environment: Environment) -> None:
    code = (
        "import os; from rehearsal.faults import injection as i; from rehearsal.faults.kinds "
        "import Fault; from rehearsal.paths import Environment as E\n"
        "with i.during(E.of('dev'), i.FaultList((Fault('throttling'),))): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert (environment.root / "faults" / active.LIST).exists(), "it was killed before it ended"
    assert active.applied("throttling", "ec2", "CreateVpc") is None


def test_a_second_command_with_faults_is_refused(environment: Environment) -> None:
    faults = FaultList((Fault("throttling"),))
    with (
        injection.during(environment, faults),
        pytest.raises(RehearsalError, match="another command injects faults"),
        injection.during(environment, faults),
    ):
        pass
    assert not active.are_active()


def test_an_entry_applies_to_as_many_matches_as_it_says_from_the_nth() -> None:
    assert asked(4, Fault("throttling")) == [True, False, False, False]
    assert asked(5, Fault("throttling", nth=2, times=3)) == [False, True, True, True, False]
    assert asked(2, Fault("throttling", service="ec2", call="Create*")) == [True, False]
    assert asked(2, Fault("throttling", service="iam")) == [False, False]
    assert asked(2, Fault("throttling", call="Describe*")) == [False, False]


def test_a_probability_draws_the_same_for_the_same_seed_and_about_as_often_as_it_says() -> None:
    fault = Fault("throttling", probability=0.3)
    drawn = asked(500, fault, seed=7)
    assert drawn == asked(500, fault, seed=7)
    assert drawn != asked(500, fault, seed=8)
    assert 100 < sum(drawn) < 200


def test_calls_that_change_places_draw_the_same() -> None:
    def drawn(*calls: str) -> set[tuple[str, int, bool]]:
        matches = Matches(FaultList((Fault("throttling", probability=0.5),)))
        found = [(one, bool(matches.decide("throttling", "ec2", one, ""))) for one in calls]
        return {
            (call, [c for c, _ in found[:at]].count(call), hit)
            for at, (call, hit) in enumerate(found)
        }

    assert drawn(*["a"] * 9, *["b"] * 9) == drawn(*["a", "b"] * 9)


def test_what_was_injected_and_what_was_not_is_told(environment: Environment) -> None:
    began = injection.now()
    faults = FaultList(
        (Fault("throttling", times=2), Fault("late-import", seconds=9), Fault("eviction"))
    )
    with injection.during(environment, faults):
        for _ in range(3):
            active.applied("throttling", "ec2", "CreateVpc")
            active.applied("late-import", name="fs-1")
    assert injection.report(environment, faults, began) == [
        "throttling: ec2 CreateVpc, 2 times",
        "late-import: fs-1",
        "not injected, because nothing matched: eviction",
    ]
    assert len(list(records.read(environment, "fault"))) == 3
    assert injection.report(environment, FaultList(()), injection.now()) == []
