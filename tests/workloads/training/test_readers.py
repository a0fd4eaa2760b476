"""Tests that the readers accept the formats of SageMaker's container and refuse harmful values."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from workloads.errors import BadDataError
from workloads.training.csv_reader import read_csv
from workloads.training.libsvm_reader import read_libsvm


def file(folder: Path, content: str | bytes) -> Path:
    path = folder / "part"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "1,2,\n0,3,4\n",
        "1;2;\n0;3;4\n",
        "1|2|\n0|3|4\n",
        "1\t2\t\n0\t3\t4\n",
        "\ufeff1,2,\n0,3,4\n",
        "1,2,\r\n0,3,4\r\n",
        '"1",2,\n0,"3",4\n',
        gzip.compress(b"1,2,\n0,3,4\n", mtime=0),
    ],
)
def test_a_table_is_read_whatever_separates_its_cells(tmp_path: Path, content: str | bytes) -> None:
    table = read_csv(file(tmp_path, content))
    assert table.labels.tolist() == [1, 0]
    assert np.array_equal(table.features, [[2, np.nan], [3, 4]], equal_nan=True)


@pytest.mark.parametrize("first", ["7,1.5,2.5", "0,0,0,0,0", "5.5,1", "1e5,2", "-1,-2", "1,,3"])
def test_numbers_are_never_taken_for_separators(tmp_path: Path, first: str) -> None:
    table = read_csv(file(tmp_path, f"{first}\n{first}\n"))
    assert table.features.shape == (2, first.count(","))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1,2\n0,inf\n", "row 2 holds a number that is infinite"),
        ("1,2\n0,1e39\n", "in column 2"),
        ("1,2\n-inf,3\n", "in column 1"),
        ("1,2\n0,1_000\n", "line 2 holds '1_000', which is not a number"),
        ("1,2\n0,\u0663\n", "which is not a number"),
        ("1,2\n0,caf\xe9\n".encode("latin-1"), "line 2 holds"),
        ("1,2\n".encode("utf-16"), "is encoded as utf-16"),
        (b"PAR1\x15\x04", "is a Parquet file"),
        (gzip.compress(b"1,2\n" * 99, mtime=0)[:-9], "it cannot be decompressed"),
    ],
)
def test_a_table_that_xgboost_cannot_take_is_refused(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(BadDataError, match=said):
        read_csv(file(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "1 1:2\n1 3000000000:1\n",
            "line 2 has the index 3000000000, and the maximum is 100000000",
        ),
        ("1 1:inf\n", "line 1 has a number that is infinite"),
        ("1 1:1e39\n", "line 1 has a number that is infinite"),
        ("inf 1:1\n", "line 1 has a number that is infinite"),
        ("nan 1:1\n", "line 1 has a number that is infinite"),
        ("1 1:1_0\n", "line 1 begins with"),
        ("1 \u0663:1\n", "line 1 begins with"),
        ("1 -1:1\n", "line 1 begins with"),
        ("1 1:2\n".encode("utf-16"), "is encoded as utf-16"),
        (b"PAR1\x15\x04", "is a Parquet file"),
    ],
)
def test_sparse_rows_that_xgboost_cannot_take_are_refused(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(BadDataError, match=said):
        read_libsvm(file(tmp_path, content))


def test_sparse_rows_are_read_compressed_and_with_a_mark(tmp_path: Path) -> None:
    for content in (b"\xef\xbb\xbf1 1:2\n", gzip.compress(b"1 1:2\n", mtime=0)):
        table = read_libsvm(file(tmp_path, content))
        assert table.labels.tolist() == [1]
        assert table.features.toarray().tolist() == [[0, 2]]
