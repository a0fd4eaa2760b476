"""Data files as the built-in algorithm reads them, and what it says of wrong ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rehearsal.sagemaker.xgboost import channels, labels, matrices, tables
from rehearsal.sagemaker.xgboost.errors import UserError
from rehearsal.sagemaker.xgboost.layout import Layout

MULTI = {"objective": "multi:softmax", "num_class": 3}
CSV = {"ContentType": "text/csv"}


def files(folder: Path, **texts: str) -> list[Path]:
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / name for name in texts]


def refusal(folder: Path, format_: str, *texts: str) -> str:
    found = files(folder, **{f"{number}.txt": text for number, text in enumerate(texts)})
    with pytest.raises(UserError) as caught:
        tables.read(found, format_)
    return str(caught.value)


def load(tmp_path: Path, settings: dict[str, Any], **texts: str) -> Any:
    layout = Layout(tmp_path)
    for name, text in texts.items():
        layout.channel(name).mkdir(parents=True)
        (layout.channel(name) / "data.csv").write_text(text)
    return matrices.load(layout, dict.fromkeys(texts, CSV), settings)


def test_the_first_column_of_csv_is_the_label_and_files_follow_each_other(tmp_path: Path) -> None:
    table = tables.read(files(tmp_path, a="1,2,3\n0,4,5\n", b="1,6,7\n"), "csv")
    assert table.labels.tolist() == [1, 0, 1]
    assert table.features.tolist() == [[2, 3], [4, 5], [6, 7]]
    assert table.weights is None


def test_the_second_column_is_a_weight_if_hyperparameters_say_so(tmp_path: Path) -> None:
    table = tables.read(files(tmp_path, a="1,0.5,3\n0,2,5\n"), "csv", weighted=True)
    assert table.weights is not None
    assert table.weights.tolist() == [0.5, 2]
    assert table.features.tolist() == [[3], [5]]


def test_an_empty_field_is_a_missing_value(tmp_path: Path) -> None:
    table = tables.read(files(tmp_path, a="1,,3\n0,4,\n0,NA,nan\n"), "csv")
    assert np.isnan(table.features).tolist() == [[True, False], [False, True], [True, True]]


@pytest.mark.parametrize("rows", ["1,2\n0,3\n", "1,\n0,NA\n"])
def test_a_byte_order_mark_is_no_part_of_the_first_number(tmp_path: Path, rows: str) -> None:
    table = tables.read(files(tmp_path, a=f"\ufeff{rows}"), "csv")
    assert table.labels.tolist() == [1, 0]


@pytest.mark.parametrize("field", ['"2"', "1_000", "red", "'2'"])
@pytest.mark.difference(
    of="Amazon SageMaker",
    what=(
        "A field of text/csv that is not wholly a number is refused: one in quotes or "
        "with an underscore, or a word."
    ),
    direction="harsher",
    why=(
        "The container reads it as another number or as missing, and trains on that without a word."
    ),
)
def test_a_field_that_the_container_reads_as_another_number_is_refused(
    field: str, tmp_path: Path
) -> None:
    assert "column 2 is not a number" in refusal(tmp_path, "csv", f"1,{field},3\n0,4,5\n")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("label,x\n1,2\n",), "0.txt, line 1: 'label' in column 1 is not a number"),
        (("1,2\n0,x\n",), "0.txt, line 2: 'x' in column 2 is not a number"),
        (("1,2\n,3\n",), "0.txt, line 2: '' in column 1 is not a number"),
        (("1,2,3\n0,1\n",), "0.txt, line 2: 2 columns, and the lines before 3"),
        (("1,2,3\n", "1,2\n"), "1.txt, line 1: 2 columns, and 0.txt has 3"),
        (("1\n2\n",), "would take '1' for the delimiter, by line 1 of 0.txt"),
        (("once upon a time\n",), "is not a number"),
    ],
)
def test_csv_that_is_none_is_refused_by_file_line_and_column(
    tmp_path: Path, texts: tuple[str, ...], said: str
) -> None:
    text = refusal(tmp_path, "csv", *texts)
    assert said in text
    assert "label in its first column" in text


def test_libsvm_is_sparse_with_the_columns_as_they_are_numbered(tmp_path: Path) -> None:
    table = tables.read(files(tmp_path, a="1 1:0.5 3:2\n0 2:1 # comment\n\n"), "libsvm")
    assert table.labels.tolist() == [1, 0]
    assert table.features.toarray().tolist() == [[0, 0.5, 0, 2], [0, 0, 1, 0]]


def test_csv_under_the_name_of_libsvm_is_refused_with_what_to_do(tmp_path: Path) -> None:
    said = refusal(tmp_path, "libsvm", "1,2,3\n")
    assert "Line 1 '1,2,3...' of file '0.txt' is not 'LIBSVM' format" in said
    assert "text/csv" in said


def test_files_of_folders_down_to_the_third_belong_to_a_channel(tmp_path: Path) -> None:
    for path in ("a.csv", "x/b.csv", "x/y/c.csv", "x/y/z/d.csv", "x/y/z/w/e.csv", "_SUCCESS"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("1,2\n")
    (tmp_path / "nothing.csv").touch()
    found = [str(file.relative_to(tmp_path)) for file in tables.files_of(tmp_path)]
    assert found == ["a.csv", "x/b.csv", "x/y/c.csv", "x/y/z/d.csv"]


def test_a_hidden_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("x")
    with pytest.raises(UserError, match="Hidden file found in the data path"):
        tables.files_of(tmp_path)


@pytest.mark.parametrize(
    ("values", "objective", "said"),
    [
        (
            [0, 1, 3],
            "multi:softmax",
            r"row 3 has 3, and with num_class 3 a label is a whole number",
        ),
        ([0, 0.5, 1], "multi:softprob", r"label must be in \[0, num_class\): row 2 has 0.5"),
        ([0, 1, 2], "binary:logistic", r"label must be in \[0,1\] for logistic regression"),
        ([float("nan")], "reg:squarederror", "row 1 has none"),
        ([], "reg:squarederror", "Got input data without labels"),
    ],
)
def test_labels_that_do_not_go_with_the_objective_are_refused(
    values: list[float], objective: str, said: str
) -> None:
    fault = labels.fault("train", np.array(values, np.float32), objective, 3)
    assert fault is not None
    assert re.search(said, fault)


@pytest.mark.parametrize("objective", ["multi:softmax", "reg:squarederror", "binary:logistic"])
def test_right_labels_are_right(objective: str) -> None:
    found = np.array([0, 1, 1], np.float32)
    assert labels.fault("train", found, objective, 3) is None
    assert labels.one_value(found, objective) is None


@pytest.mark.difference(
    of="Amazon SageMaker",
    what="Labels that are all of one class fail the job.",
    direction="harsher",
    why="They come from a missing label column, and the model would be worth nothing.",
)
def test_a_label_column_that_is_missing_is_noticed_by_its_one_value(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="every label of the train channel is 0") as caught:
        load(tmp_path, MULTI, train="0,5,13\n0,2,7\n")
    assert "Put the label first in every line" in str(caught.value)


def test_a_label_column_missing_in_one_channel_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train 2, validation 1\). One may lack the label"):
        load(tmp_path, MULTI, train="0,5,13\n1,2,7\n", validation="5,13\n2,7\n")


def test_an_empty_channel_is_named_as_the_container_names_it(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="No data in training channel path /opt/ml/input/data/train"
    ):
        load(tmp_path, MULTI, train="")


@pytest.mark.parametrize(
    ("given", "format_"),
    [
        (None, "libsvm"),
        ("text/csv", "csv"),
        ("csv", "csv"),
        ("text/csv; label_size=1", "csv"),
        ("TEXT/X-LIBSVM", "libsvm"),
        ("text/libsvm ;charset=utf8", "libsvm"),
    ],
)
def test_a_content_type_names_a_format(given: str | None, format_: str) -> None:
    assert channels.format_of(given) == format_


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("application/json", "application/json is not an accepted ContentType: csv, text/csv"),
        ("text/csv; label_size=2", "label_size must be equal to 1"),
        ("application/x-parquet", "use text/csv or text/libsvm here"),
    ],
)
@pytest.mark.difference(
    of="Amazon SageMaker",
    what="Parquet and RecordIO are refused.",
    direction="harsher",
    why="Only text/csv and text/libsvm are read here.",
)
def test_a_content_type_that_is_not_read_is_refused(given: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        channels.format_of(given)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"training": CSV}, r"Missing required channel: train. .*are: training"),
        ({"train": CSV, "test": CSV}, "Extraneous channel found: test"),
        ({"train": CSV | {"TrainingInputMode": "Pipe"}}, "Pipe mode is no longer supported"),
    ],
)
def test_the_channels_are_train_and_validation(config: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        channels.check(config)
