"""Lists of faults: read from a file with all its errors, drawn from a seed, written and read."""

from pathlib import Path

import pytest

from rehearsal.faults import files, injection, seeds
from rehearsal.faults.kinds import KINDS, Fault, FaultList
from rehearsal.paths import Environment, RehearsalError

WRONG = """
seed: x
fault: 1
faults:
- {kind: throtling}
- {kind: throttling, servise: ec2}
- {kind: server-error, status: 404}
- {kind: throttling, probability: 2, times: 0}
- {kind: throttling, probability: 0.5, nth: 2}
- {kind: file-system, service: efs, state: FAILED}
- {kind: quota, service: ec2, call: CreateSubnets}
- {kind: quota}
- plain
"""
REMEDIES = {
    "seed": "set 0, or leave it out",
    "fault": "write faults",
    "faults[0].kind": "set throttling",
    "faults[1].servise": "write service",
    "faults[2].status": "set 500",
    "faults[3].probability": "set 0.1",
    "faults[3].times": "set 1",
    "faults[4].nth": "remove nth",
    "faults[5].state": "set error",
    "faults[6].call": "set AllocateAddress",
    "faults[7].service": "set *",
    "faults[7].call": "set *",
    "faults[8].kind": "set throttling",
}


def test_a_wrong_file_is_refused_with_all_its_errors_and_a_remedy_for_each(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(WRONG)
    with pytest.raises(RehearsalError) as caught:
        files.read(file)
    said = str(caught.value)
    assert "has 13 errors" in said
    for key, remedy in REMEDIES.items():
        found = said.partition(f" {key}\n")[2].partition("remedy: ")[2].splitlines()[0]
        assert found == remedy, f"{key}:\n{said}"


@pytest.mark.parametrize("text", ["a: [", "faults: 3", "", "\tx"])
def test_a_file_that_is_no_list_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(text)
    with pytest.raises(RehearsalError, match=r"--faults: .*faults\.yaml"):
        files.read(file)


def test_what_is_neither_a_file_nor_a_seed_is_told_what_to_give() -> None:
    with pytest.raises(RehearsalError, match="Give a YAML file, or an integer"):
        injection.chosen("no-such-file")


def test_every_kind_can_be_written_with_the_examples_of_its_keys() -> None:
    pairs = {"quota": {"service": "ec2", "call": "CreateVpc"}}
    for name, kind in KINDS.items():
        entry = {key: rule.example for key, rule in kind.keys.items() if key != "probability"}
        entry |= {"kind": name, **pairs.get(name, {})}
        assert list(files._errors({"faults": [entry]})) == []


@pytest.mark.parametrize("seed", range(60))
def test_a_seed_draws_the_same_list_again_and_its_file_has_no_errors(
    environment: Environment, seed: int
) -> None:
    drawn = injection.chosen(str(seed))
    assert drawn == seeds.drawn(seed)
    assert files.read(injection.written(environment, drawn)) == drawn


def test_seeds_draw_every_kind() -> None:
    drawn = {fault.kind for seed in range(200) for fault in seeds.drawn(seed).faults}
    assert drawn == KINDS.keys()


def test_a_list_is_told_in_one_line_without_what_is_the_default() -> None:
    said = injection.summary(FaultList((Fault("throttling", service="ec2", times=2),)))
    assert said == "throttling, service ec2, times 2"
