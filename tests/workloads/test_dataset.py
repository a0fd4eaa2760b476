import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads import dataset


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_digits_have_the_label_first_and_no_header(tmp_path: Path) -> None:
    assert dataset.main(["digits", str(tmp_path)]) == 0
    train, validation = rows_of(tmp_path / "train.csv"), rows_of(tmp_path / "validation.csv")
    assert len(train) + len(validation) == 1797, "the set scikit-learn ships has 1797 images"
    assert {row[0] for row in train} == set("0123456789"), "the first cell is the digit"
    assert {len(row) for row in train + validation} == {65}, "a label and 8 by 8 pixels"


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        dataset.main(["digits", str(tmp_path / name)])
    for file in ("train.csv", "validation.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_label_named_in_the_header_moves_to_the_front(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "a,quality,b\n1,7,2\n3,8,4\n")
    assert dataset.read_csv(source, "quality") == [["7", "1", "2"], ["8", "3", "4"]]


def test_a_label_can_be_given_by_its_number_where_there_is_no_header(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "1,7\n3,8\n")
    assert dataset.read_csv(source, "1") == [["7", "1"], ["8", "3"]]


@pytest.mark.parametrize(
    ("text", "label", "said"),
    [
        ("a,b\n1,2\n", "c", "--label c is no column of it; there are: a, b"),
        ("1,2\n", "5", "0 to 1 (the file has no header)"),
        ("a,b\n1,red\n", "a", "row 1 holds 'red'"),
        ("a,b\n1,2\n3\n", "b", "row 2 has 1 cells and no label"),
        ("", "a", "the file is empty"),
    ],
)
def test_a_table_that_cannot_be_trained_on_says_why(
    tmp_path: Path, text: str, label: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "in.csv", text)
    assert dataset.main(["csv", str(source), str(tmp_path / "out"), "--label", label]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists(), "nothing is written of a table that is refused"


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dataset.main(["csv", str(tmp_path / "no.csv"), str(tmp_path), "--label", "a"]) == 1
    assert "no.csv: there is no such file" in capsys.readouterr().err


@given(
    rows=st.lists(st.lists(st.just("1"), min_size=1, max_size=1), min_size=2, max_size=60),
    part=st.floats(0.001, 0.999),
)
def test_a_split_loses_no_row_and_leaves_some_on_each_side(
    rows: list[list[str]], part: float
) -> None:
    numbered = [[str(number)] for number, _ in enumerate(rows)]
    train, validation = dataset.split(numbered, part)
    assert sorted(train + validation) == sorted(numbered)
    assert train
    assert validation
