import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st

from tests.patience import PATIENCE
from tests.workloads.training.conftest import Channels, Training
from workloads import dataset, train
from workloads.training import hyperparameters

PROJECT = Path(train.__file__).parents[1]


def rounds_of(model: Path) -> int:
    booster = xgboost.Booster(model_file=bytearray(model.read_bytes()))
    return int(booster.num_boosted_rounds())


def summary(text: str) -> dict[str, object]:
    last = text.strip().splitlines()[-1]
    assert last.startswith("summary "), "programs read the last line"
    return dict(json.loads(last.removeprefix("summary ")))


def test_the_digits_are_told_apart(training: Training, capsys: pytest.CaptureFixture[str]) -> None:
    assert training.run(rounds=25) == 0
    said = summary(capsys.readouterr().out)
    metrics = json.loads((training.model.parent / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.95
    assert said["accuracy"] == metrics["accuracy"] == metrics["validation-accuracy"]
    assert rounds_of(training.model) == said["rounds"] == 25
    assert metrics["validation-merror"] == pytest.approx(1 - metrics["accuracy"], abs=1e-4)


def test_the_help_shows_defaults_where_there_are_some(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "rounds from one checkpoint to the next (10)" in said
    assert "(None)" not in said


def test_a_channel_may_be_a_single_file(
    training: Training, digits: Channels, capsys: pytest.CaptureFixture[str]
) -> None:
    files = Training(
        Channels(digits.train / "part.csv", digits.validation / "part.csv"), training.folder
    )
    assert files.run(rounds=5) == 0
    of_files = summary(capsys.readouterr().out)["metrics"]
    assert training.run("--checkpoint-dir", training.folder / "none", rounds=5) == 0
    assert summary(capsys.readouterr().out)["metrics"] == of_files


def test_each_round_is_a_line_that_sagemakers_metric_definitions_find(
    training: Training, capsys: pytest.CaptureFixture[str]
) -> None:
    training.run(rounds=3)
    lines = capsys.readouterr().out.splitlines()
    # The form of the built-in's definitions, as DescribeAlgorithm shows them.
    pattern = re.compile(r".*\[([0-9]+)\].*#011validation-merror:(\S+)")
    found = [match for match in map(pattern.match, lines) if match]
    assert [match[1] for match in found] == ["0", "1", "2"]
    assert all(0 <= float(match[2]) < 1 for match in found)


@pytest.mark.parametrize(
    ("objective", "more"),
    [("multi:softprob", ["--num_class", "10"]), ("multi:softmax", ["--num_class", "10"])],
)
def test_accuracy_does_not_depend_on_what_the_model_answers_with(
    training: Training, objective: str, more: list[str]
) -> None:
    assert training.run("--objective", objective, *more, rounds=5) == 0
    metrics = json.loads((training.model.parent / "metrics.json").read_text())
    assert metrics["accuracy"] == pytest.approx(1 - metrics["validation-merror"], abs=1e-4)


@pytest.mark.parametrize("objective", ["binary:logistic", "binary:logitraw", "binary:hinge"])
def test_accuracy_of_two_classes(training: Training, tmp_path: Path, objective: str) -> None:
    rows = "".join(f"{number % 2},{number % 2 * 5 + number % 3}\n" for number in range(60))
    channel = tmp_path / "two"
    channel.mkdir()
    (channel / "rows.csv").write_text(rows)
    arguments = ["--train", str(channel), "--model-dir", str(tmp_path / "m"), "--num_round", "5"]
    assert train.main([*arguments, "--objective", objective, "--nthread", "1"]) == 0
    metrics = json.loads((tmp_path / "m/metrics.json").read_text())
    assert metrics["accuracy"] == metrics["train-accuracy"] == 1.0


def test_libsvm_trains_as_csv_does(
    digits: Channels, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def sparse(source: Path, target: Path) -> None:
        target.mkdir()
        lines = []
        for row in (source / "part.csv").read_text().splitlines():
            label, *cells = row.split(",")
            pixels = (f"{index}:{cell}" for index, cell in enumerate(cells) if cell != "0")
            lines.append(" ".join([label, *pixels]))
        (target / "part.libsvm").write_text("\n".join(lines))

    sparse(digits.train, tmp_path / "train")
    sparse(digits.validation, tmp_path / "validation")
    training = Training(Channels(tmp_path / "train", tmp_path / "validation"), tmp_path)
    assert training.run("--content-type", "text/libsvm", rounds=25) == 0
    assert float(str(summary(capsys.readouterr().out)["accuracy"])) > 0.95


def test_script_mode_needs_no_argument(
    training: Training, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = {
        "objective": "multi:softmax",
        "num_class": 10,
        "num_round": 2,
        "eval_metric": ["merror"],
    }
    environment = {
        "SM_CHANNEL_TRAIN": training.channels.train,
        "SM_CHANNEL_VALIDATION": training.channels.validation,
        "SM_MODEL_DIR": tmp_path / "model",
        "SM_OUTPUT_DATA_DIR": tmp_path / "data",
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_NUM_CPUS": "1",
        "SM_HPS": json.dumps({**asked, "sagemaker_program": "train.py", "checkpoint_every": 1}),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    assert train.main([]) == 0
    assert rounds_of(tmp_path / "model/xgboost-model") == 2
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["xgboost-model"], (
        "SageMaker's server takes each file of the archive for a model"
    )
    assert json.loads((tmp_path / "data/metrics.json").read_text())["rounds"] == 2


def test_the_source_archive_runs_where_nothing_else_of_the_project_is(
    training: Training, image: dict[str, str], tmp_path: Path
) -> None:
    code = tmp_path / "code"
    with tarfile.open(tmp_path / "sourcedir.tar.gz", "w:gz") as archive:
        archive.add(PROJECT / "workloads", "workloads")
    with tarfile.open(tmp_path / "sourcedir.tar.gz") as archive:
        archive.extractall(code, filter="data")
    entry = "import sys\nfrom workloads.train import main\nsys.exit(main())\n"
    (code / "train.py").write_text(entry)
    done = subprocess.run(
        [sys.executable, "train.py", *training.arguments(rounds=1)],
        cwd=code, env=image, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert rounds_of(training.model) == 1


def bad_label(folder: Path) -> None:
    (folder / "a.csv").write_text("0,1\n12,1\n")


def label_cut_off(folder: Path) -> None:
    rows = [line.partition(",")[2] for line in (folder / "part.csv").read_text().splitlines()]
    (folder / "part.csv").write_text("\n".join(rows))


def text_cell(folder: Path) -> None:
    with (folder / "part.csv").open("a") as stream:
        stream.write("3,red" + ",0" * 63 + "\n")


def header(folder: Path) -> None:
    content = (folder / "part.csv").read_text()
    (folder / "part.csv").write_text("label" + ",pixel" * 64 + "\n" + content)


def short_row(folder: Path) -> None:
    with (folder / "part.csv").open("a") as stream:
        stream.write("3,1\n")


def no_files(folder: Path) -> None:
    (folder / "part.csv").unlink()


def not_there(folder: Path) -> None:
    no_files(folder)
    folder.rmdir()


def only_bookkeeping(folder: Path) -> None:
    (folder / "part.csv").rename(folder / "_SUCCESS")


def nothing_in_it(folder: Path) -> None:
    (folder / "part.csv").write_text("")


@pytest.mark.parametrize(
    ("spoil", "status", "said"),
    [
        (label_cut_off, 65, "train has 63 features, and others have 64"),
        (bad_label, 65, "must have the same columns"),
        (text_cell, 65, "line 1439 holds 'red', which is not a number"),
        (header, 65, "If it is a header, remove it"),
        (short_row, 65, "line 1439 has 2 cells and the first has 65"),
        (nothing_in_it, 65, "part.csv is empty"),
        (no_files, 66, "holds no files. Put data there"),
        (only_bookkeeping, 66, "holds no data files"),
        (not_there, 66, "there is no such file or directory. Give one with the data"),
    ],
)
def test_data_that_cannot_be_trained_on_says_what_to_do(  # noqa: PLR0917 (pytest's)
    digits: Channels,
    tmp_path: Path,
    spoil: object,
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoilt, output = tmp_path / "spoilt", tmp_path / "output"
    spoilt.mkdir()
    output.mkdir()
    (spoilt / "part.csv").write_text((digits.train / "part.csv").read_text())
    spoil(spoilt)  # type: ignore[operator]
    monkeypatch.setenv("SM_OUTPUT_DIR", str(output))
    training = Training(Channels(spoilt, digits.validation), tmp_path)
    assert training.run() == status
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert said in told
    assert (output / "failure").read_text() in told, "SageMaker shows the same sentence"
    assert not training.model.exists()


def test_a_missing_label_column_is_noticed(
    digits: Channels, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    channels = Channels(tmp_path / "train", tmp_path / "validation")
    for channel in (channels.train, channels.validation):
        channel.mkdir()
        (channel / "part.csv").write_text((getattr(digits, channel.name) / "part.csv").read_text())
        label_cut_off(channel)
    assert Training(channels, tmp_path).run() == 65
    said = capsys.readouterr().err
    assert "every label is 0, so nothing can be learned. The first column must be the label" in said
    assert "python -m workloads.dataset csv FILE FOLDER --label NAME" in said


def test_labels_beyond_the_classes_are_refused(
    training: Training, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training.run("--num_class", 9) == 65
    assert "classes are whole numbers from 0 to 8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            ["--max_dept", 3],
            "hyperparameter max_dept does not exist; did you mean max_depth?",
        ),
        (["--max_depth", "deep"], "Invalid Parameter format for max_depth"),
        (["--objective", "multi:nothing"], "Unknown objective function"),
        (["--num_round", "many"], "hyperparameter num_round is many"),
        (["--num_class", "1"], "hyperparameter num_class is 1: give a whole number from 2"),
        (["--eta"], "--eta has no value: give --eta VALUE"),
        (["stray"], "'stray' is a value without a name"),
        (["--content-type", "application/json"], "give text/csv or text/libsvm"),
    ],
)
def test_hyperparameters_of_no_use_are_refused(
    training: Training, more: list[object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training.run(*more) == 64
    assert said in capsys.readouterr().err


def test_a_forgotten_directory_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        train.main(["--model-dir", "m", "--num_round", "1"])
    assert ended.value.code == 64
    assert "--train is missing" in capsys.readouterr().err


@given(st.lists(st.sampled_from(["merror", "mlogloss", "auc"]), min_size=1, max_size=3))
def test_metrics_are_listed_as_sagemaker_or_people_write_them(metrics: list[str]) -> None:
    for written in (",".join(metrics), json.dumps(metrics), str(metrics)):
        asked = hyperparameters.parse(["--num_round", "1", "--eval_metric", written])
        assert asked.metrics == metrics


def test_the_dataset_command_makes_what_is_trained_on(tmp_path: Path) -> None:
    table = "".join(f"{number % 7},{number % 2}\n" for number in range(40))
    (tmp_path / "table.csv").write_text("size,kind\n" + table)
    folder = tmp_path / "made"
    assert dataset.main(["csv", str(tmp_path / "table.csv"), str(folder), "--label", "kind"]) == 0
    arguments = ["--train", str(folder), "--model-dir", str(tmp_path / "m"), "--num_round", "2"]
    assert train.main([*arguments, "--objective", "binary:logistic", "--nthread", "1"]) == 0
