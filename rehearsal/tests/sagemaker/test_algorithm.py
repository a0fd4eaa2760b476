"""The built-in algorithm in one process: stopping early, metrics, checkpoints, the log's lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from rehearsal.sagemaker.metrics import Metrics
from rehearsal.sagemaker.xgboost import checkpoints, metrics
from rehearsal.sagemaker.xgboost.distributed import Host
from rehearsal.sagemaker.xgboost.errors import PlatformError, UserError
from rehearsal.sagemaker.xgboost.layout import Layout
from rehearsal.sagemaker.xgboost.training import train
from rehearsal.sagemaker.xgboost.training_environment import TrainingEnvironment
from tests.sagemaker.jobs import HYPERPARAMETERS, rows

HOST = Host("algo-1", ("algo-1",))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    for seed, name in enumerate(("train", "validation")):
        layout.channel(name).mkdir()
        (layout.channel(name) / "data.csv").write_text(rows(60, seed))
    config = {"ContentType": "text/csv"}
    layout.write("inputdataconfig", {"train": config, "validation": config})
    layout.write("hyperparameters", HYPERPARAMETERS)
    return layout


def given(layout: Layout, **hyperparameters: str) -> None:
    layout.write("hyperparameters", HYPERPARAMETERS | hyperparameters)


def model(layout: Layout) -> Any:
    return xgboost.Booster(model_file=bytearray((layout.model / "xgboost-model").read_bytes()))


def test_a_line_a_round_tells_the_metrics(layout: Layout, capsys: Any) -> None:
    given(layout, eval_metric="merror,accuracy,mlogloss", num_round="2")
    train(layout, HOST)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    assert [line.partition("\t")[0] for line in lines] == ["[0]", "[1]"]
    values = dict(pair.split(":") for pair in lines[-1].split("\t")[1:])
    assert set(values) == {
        f"{data}-{name}"
        for data in ("train", "validation")
        for name in ("merror", "accuracy", "mlogloss")
    }
    wrong = float(values["validation-merror"])
    assert float(values["validation-accuracy"]) == pytest.approx(1 - wrong, abs=1e-5)


def test_training_stops_when_validation_gets_no_better(layout: Layout) -> None:
    given(layout, num_round="500", early_stopping_rounds="2", eval_metric="mlogloss", eta="1")
    train(layout, HOST)
    assert model(layout).num_boosted_rounds() < 100


def test_early_stopping_without_a_metric_goes_on_to_the_last_round(layout: Layout) -> None:
    """As the container leaves it out, of which a stack's config warns."""
    settings = {**HYPERPARAMETERS, "num_round": "40", "early_stopping_rounds": "2", "eta": "1"}
    del settings["eval_metric"]
    layout.write("hyperparameters", settings)
    train(layout, HOST)
    assert model(layout).num_boosted_rounds() == 40


def test_what_is_not_run_here_says_so(layout: Layout) -> None:
    given(layout, _kfold="3")
    with pytest.raises(PlatformError, match="remove _kfold"):
        train(layout, HOST)


def test_data_that_xgboost_refuses_is_the_users_to_mend(layout: Layout) -> None:
    layout.write("hyperparameters", {"objective": "count:poisson", "num_round": "2"})
    (layout.channel("train") / "data.csv").write_text("-1,2,3,4,5\n1,2,3,4,6\n")
    with pytest.raises(UserError, match="label must be non-negative"):
        train(layout, HOST)


def test_a_checkpoint_that_is_damaged_is_passed_over(layout: Layout, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    layout.write("checkpointconfig", {"LocalPath": str(folder)})
    train(layout, HOST)
    (folder / "xgboost-checkpoint.9").write_bytes(b"half a mod")
    (folder / "xgboost-checkpoint.8.sagemaker-ignore").write_bytes(b"")
    found, done = checkpoints.newest(folder)
    assert done == 4
    assert found.num_boosted_rounds() == 4


@pytest.mark.parametrize(
    ("predicted", "objective", "found"),
    [
        ([[0.1, 0.9], [0.8, 0.2]], "multi:softprob", [1, 0]),
        ([2.0, 1.0], "multi:softmax", [2, 1]),
        ([0.7, 0.2], "binary:logistic", [1, 0]),
        ([0.2, -0.3], "binary:logitraw", [1, 0]),
    ],
)
def test_what_a_model_predicts_is_a_class(
    predicted: list[Any], objective: str, found: list[int]
) -> None:
    assert metrics.classes(np.array(predicted), objective).tolist() == found


def test_metrics_are_found_in_the_log_by_sagemakers_expression_and_the_users(
    tmp_path: Path,
) -> None:
    definitions = [{"Name": "loss", "Regex": r"loss=(\S+)"}, {"Name": "bad", "Regex": "loss=.*"}]
    found = Metrics(tmp_path / "metrics.json", definitions)
    for line in ("[0]#011train-merror:0.5#011validation-ndcg@5:1e-3", "loss=0.25", "[0] nothing"):
        found.read(line)
    values = {one["MetricName"]: one["Value"] for one in found.final}
    assert values == {"train:merror": 0.5, "validation:ndcg@5": 0.001, "loss": 0.25}
    assert found.rounds == [{"round": 0, "train-merror": 0.5, "validation-ndcg@5": 0.001}]


def test_a_script_gets_its_hyperparameters_as_arguments_by_name(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    layout.write(
        "hyperparameters",
        {"sagemaker_program": '"train.py"', "eta": "0.3", "name": '"x"', "a": "1", "plain": "y z"},
    )
    layout.write("resourceconfig", {"hosts": ["algo-1"], "current_host": "algo-1"})
    layout.write("inputdataconfig", {"train": {}})
    found = TrainingEnvironment.read(layout)
    assert found.arguments == ["-a", "1", "--eta", "0.3", "--name", "x", "--plain", "y z"]
    variables = found.variables()
    assert variables["SM_CHANNEL_TRAIN"] == str(layout.channel("train"))
    assert variables["SM_HP_PLAIN"] == "y z"
    assert variables["SM_USER_ENTRY_POINT"] == "train.py"
    assert variables["SM_HOSTS"] == '["algo-1"]'
