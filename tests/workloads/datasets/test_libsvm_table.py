"""Tests of libsvm files, which are split line by line and refused with all kinds of problems."""

import gzip

import pytest

from tests.workloads.datasets.conftest import Prepare


def test_a_libsvm_file_is_split_line_by_line(prepare: Prepare) -> None:
    lines = [f"{number % 2} 1:{number} 7:0.5" for number in range(10)]
    text = "\n".join([*lines, "", "# no row"])
    outcome = prepare(text, "--validation", "0.3", command="libsvm")
    assert outcome.rows == sorted(lines)
    assert len((outcome.folder / "validation.libsvm").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    "line", ["1", "-1:0.5 0:1", "+1 3:1e-5 4:.5", "1 3:nan", "1 100000000:1", "1 2:-1E+05"]
)
def test_what_xgboost_takes_is_taken_as_it_is(prepare: Prepare, line: str) -> None:
    assert prepare(f"{line}\n0 1:2 # why\n", command="libsvm").rows == sorted([line, "0 1:2"])


def test_a_compressed_libsvm_file_is_taken(prepare: Prepare) -> None:
    assert prepare(gzip.compress(b"1 1:2\n0 1:3\n", mtime=0), command="libsvm").rows == [
        "0 1:3",
        "1 1:2",
    ]


REFUSED = [
    ("1 1:2\nred 1:2\n", "line 2 begins with 'red'"),
    ("1 1:2 2:x\n", "line 1: '2:x'"),
    ("1,2,3\n", "use `csv` instead of `libsvm`"),
    ("1 2\n", "line 1: '2'"),
    ("1 1:2 :3\n", "line 1: ':3'"),
    ("1 -1:2\n", "line 1: '-1:2'"),
    ("1 ٣:2\n", "line 1: '٣:2'"),
    ("1 3:1_0\n", "line 1: '3:1_0'"),
    ("1 3:\n", "line 1: '3:'"),
    (":1 3:4\n", "line 1 begins with ':1'"),
    ("nan 3:4\n", "line 1 begins with 'nan'"),
    ("inf 3:4\n", "line 1 begins with 'inf'"),
    ("1e39 3:4\n", "A label is too large"),
    ("1 qid:1 2:3\n", "split the file yourself"),
    ("1 3000000000:1\n", "larger than 100000000"),
    ("1 100000001:1\n", "line 1: 100000001:1"),
    ("1 3:-inf\n", "A value is infinite"),
    ("1 3:1e39\n", "A value is too large"),
    ("# nothing\n", "the file is empty"),
    ("1 1:2\n", "1 rows cannot be split"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_a_libsvm_file_that_cannot_be_trained_on_says_why(
    prepare: Prepare, text: str, said: str
) -> None:
    outcome = prepare(text, command="libsvm")
    assert outcome.status == 65
    assert said in outcome.err
    assert not outcome.folder.exists()


def test_all_kinds_of_problems_of_a_libsvm_file_are_reported_at_once(prepare: Prepare) -> None:
    text = "red 1:2\n1 3000000000:1\n1 x:1\n" + "1 4:inf\n" * 20
    outcome = prepare(text, command="libsvm")
    assert "has 4 kinds of problems" in outcome.err
    assert "line 4: '4:inf'" in outcome.err
    assert "; 20 in all" in outcome.err
    assert "line 23" not in outcome.err, "examples are bounded"
