import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xgboost

from tests.patience import PATIENCE
from tests.workloads.training.conftest import Channels, Training
from tests.workloads.training.test_train import rounds_of
from workloads.training.model_checkpoints import MAX_CHECKPOINTS

SLOW = ("--max_depth", 9, "--checkpoint-every", 1)


def started(training: Training, rounds: int, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workloads.train", *training.arguments(*SLOW, rounds=rounds)],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def ended_after(process: subprocess.Popen[str], line: str, how: signal.Signals) -> int:
    assert process.stdout
    for said in process.stdout:
        if said.startswith(line):
            process.send_signal(how)
            break
    process.stdout.read()
    process.stdout.close()
    return process.wait(PATIENCE)


def predictions(training: Training) -> object:
    rows = np.loadtxt(training.channels.validation / "part.csv", delimiter=",")[:, 1:]
    booster = xgboost.Booster(model_file=bytearray(training.model.read_bytes()))
    return booster.inplace_predict(rows.astype(np.float32))


def names(training: Training) -> list[str]:
    return sorted(path.name for path in training.checkpoints.iterdir())


def test_a_training_that_was_killed_goes_on_to_the_same_number_of_rounds(
    training: Training, image: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_after(started(training, 40, image), "[6]", signal.SIGKILL) == -signal.SIGKILL
    assert not training.model.exists(), "a model is there when it is finished"
    done = int(max(names(training)).partition("-")[2])
    assert 6 <= done < 40
    assert training.run(*SLOW, rounds=40) == 0
    said = capsys.readouterr().out
    assert f"resuming from a checkpoint of {done} rounds" in said
    assert f"[{done}]" in said, "rounds are numbered on"
    assert f"[{done - 1}]" not in said, "rounds that are saved are not trained again"
    assert rounds_of(training.model) == 40


def test_sigterm_saves_the_round_it_came_in(training: Training, image: dict[str, str]) -> None:
    process = started(training, 400, image)
    assert ended_after(process, "[2]", signal.SIGTERM) == 128 + signal.SIGTERM
    done = int(max(names(training)).partition("-")[2])
    assert 3 <= done < 400
    assert training.run(*SLOW, rounds=done + 1) == 0
    assert rounds_of(training.model) == done + 1


def test_a_resumed_training_makes_the_same_model(training: Training, tmp_path: Path) -> None:
    whole = Training(training.channels, tmp_path / "whole")
    whole.run(rounds=12)
    training.run("--checkpoint-every", 5, rounds=5)
    training.run("--checkpoint-every", 5, rounds=12)
    assert (predictions(training) == predictions(whole)).all()  # type: ignore[attr-defined]


def spoil_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [spoil_in_the_middle, cut_short, make_empty])
def test_a_spoilt_newest_checkpoint_is_passed_over(
    training: Training, capsys: pytest.CaptureFixture[str], spoil: object
) -> None:
    training.run("--checkpoint-every", 3, rounds=9)
    assert names(training) == ["checkpoint-00000003", "checkpoint-00000006", "checkpoint-00000009"]
    spoil(training.checkpoints / "checkpoint-00000009")  # type: ignore[operator]
    assert training.run("--checkpoint-every", 3, rounds=12) == 0
    said = capsys.readouterr().out
    assert "checkpoint-00000009 is damaged" in said
    assert "resuming from a checkpoint of 6 rounds" in said
    assert rounds_of(training.model) == 12


def test_drafts_and_strangers_are_no_checkpoints(training: Training) -> None:
    training.checkpoints.mkdir()
    for name in (".checkpoint-00000099.part", "checkpoint-00000098.partial", "notes"):
        (training.checkpoints / name).write_text("no model")
    assert training.run(rounds=2) == 0
    assert rounds_of(training.model) == 2


@pytest.mark.parametrize("change", [["--eta", "0.1"], ["--max_depth", "3"]])
def test_no_training_goes_on_with_another_ones_checkpoint(
    training: Training, change: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    training.run("--checkpoint-every", 2, rounds=4)
    training.run("--checkpoint-every", 2, *change, rounds=4)
    said = capsys.readouterr().out
    assert "has other data or hyperparameters" in said
    assert "resuming" not in said


def test_new_data_is_trained_on_from_the_beginning(
    training: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training.run("--checkpoint-every", 2, rounds=4)
    more = tmp_path / "more"
    more.mkdir()
    rows = (training.channels.train / "part.csv").read_text().splitlines(keepends=True)
    (more / "part.csv").write_text("".join(rows[:-1]))
    Training(Channels(more, training.channels.validation), tmp_path).run(rounds=4)
    assert "resuming" not in capsys.readouterr().out


def test_only_the_newest_checkpoints_stay(training: Training) -> None:
    training.run("--checkpoint-every", 1, rounds=9)
    assert names(training) == [
        f"checkpoint-{round_:08d}" for round_ in range(10 - MAX_CHECKPOINTS, 10)
    ]


def test_a_training_that_is_finished_is_not_done_again(
    training: Training, capsys: pytest.CaptureFixture[str]
) -> None:
    training.run("--checkpoint-every", 4, rounds=8)
    capsys.readouterr()
    assert training.run("--checkpoint-every", 4, rounds=8) == 0
    assert "[0]" not in capsys.readouterr().out
    metrics = json.loads((training.model.parent / "metrics.json").read_text())
    assert metrics["rounds"] == rounds_of(training.model) == 8
    assert training.run("--checkpoint-every", 4, rounds=6) == 0
    assert rounds_of(training.model) == 6, "fewer rounds than were saved: the first of them"
