"""Tests of real tables: separators, byte-order marks, missing values, quotes, texts, row names."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable

import numpy as np
import pytest
import xgboost

from tests.workloads.datasets.conftest import Prepare

TABLES = {
    "a semicolon": "a;y;b\n1;7;2\n3;8;4\n",
    "a tab": "a\ty\tb\n1\t7\t2\n3\t8\t4\n",
    "a bar": "a|y|b\n1|7|2\n3|8|4\n",
    "spaces": "a y b\n1   7 2\n3 8   4 \n",
    "a comma and spaces": "a, y, b\n1, 7, 2\n3, 8, 4\n",
    "quotes": '"a","y","b"\n"1","7","2"\n"3",8,"4"\n',
    "quotes and semicolons": '"a";"y";"b"\n1;"7";2\n3;8;"4"\n',
    "a comma in a header's name": '"a (m, s)";y;b\n1;7;2\n3;8;4\n',
    "a mark before the header": "\ufeffa,y,b\n1,7,2\n3,8,4\n",
    "a mark before a quoted header": '\ufeff"a","y","b"\n1,7,2\n3,8,4\n',
    "line ends of Windows": "a,y,b\r\n1,7,2\r\n3,8,4\r\n",
    "line ends of the old Macintosh": "a,y,b\r1,7,2\r3,8,4\r",
    "no line end at the end": "a,y,b\n1,7,2\n3,8,4",
    "blank lines": "\na,y,b\n\n1,7,2\n   \n3,8,4\n\n",
    "row names of R's write.table": '"a" "y" "b"\n"r1" 1 7 2\n"r2" 3 8 4\n',
    "row names of R's write.csv": '"","a","y","b"\n"r1",1,7,2\n"r2",3,8,4\n',
    "the index of pandas": ",a,y,b\n0,1,7,2\n1,3,8,4\n",
    "a header with one separator more": "a,y,b,\n1,7,2\n3,8,4\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_with_a_header_is_taken_however_it_is_written(prepare: Prepare, text: str) -> None:
    outcome = prepare(text, "--label", "y")
    assert outcome.status == 0, outcome.err
    assert outcome.rows == ["7,1,2", "8,3,4"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1,7\n3,8\n", "1"),
        ("\ufeff1,7\n3,8\n", "1"),
        ('\ufeff"1","7"\n"3","8"\n', "1"),
        ("7;1\n8;3\n", "0"),
    ],
)
def test_no_row_is_lost_of_a_table_without_a_header(
    prepare: Prepare, text: str, label: str
) -> None:
    assert prepare(text, "--label", label).rows == ["7,1", "8,3"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_table_is_taken(prepare: Prepare, pack: Callable[[bytes], bytes]) -> None:
    assert prepare(pack(b"y,a\n1,2\n3,4\n"), "--label", "y").rows == ["1,2", "3,4"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-8-sig"])
def test_a_table_in_another_encoding_is_taken_when_it_is_named(
    prepare: Prepare, encoding: str
) -> None:
    outcome = prepare(
        "qualité,a\n1,2\n3,4\n".encode(encoding), "--label", "qualité", "--encoding", encoding
    )
    assert outcome.rows == ["1,2", "3,4"]


@pytest.mark.parametrize("word", ["", "NA", "NaN", "nan", "null", "N/A", " ", "?"])
def test_a_missing_value_becomes_an_empty_cell(prepare: Prepare, word: str) -> None:
    outcome = prepare(f"y,a,b\n1,{word},2\n3,4,{word}\n", "--label", "y", "--missing", "?")
    assert outcome.rows == ["1,,2", "3,4,"]


@pytest.mark.parametrize("word", ["-999", "-999.0", "-9.99e2", " -999 "])
def test_a_number_may_stand_for_a_missing_value_however_it_is_written(
    prepare: Prepare, word: str
) -> None:
    outcome = prepare(f"y,a,b\n1,{word},2\n0,3,-99\n", "--label", "y", "--missing=-999")
    assert outcome.status == 0, outcome.err
    assert outcome.rows == ["0,3,-99", "1,,2"]


def test_a_label_that_stands_for_a_missing_value_is_none(prepare: Prepare) -> None:
    outcome = prepare("y,a\n-1,5\n0,3\n1,2\n", "--label", "y", "--missing=-1")
    assert outcome.status == 65
    assert "A row has no label" in outcome.err


def test_the_real_reader_finds_the_same_numbers(prepare: Prepare) -> None:
    cells = [
        *("1e5", "-2.5E-3", "+7", ".5", "5.", "NA", "", "nan", " 8 ", "1E+05"),
        *("123456789012345678901234", "0.000000000000000000000001234", "1e-40", "100000000000e-45"),
        *("3.4e38", "-0", "007", "0.1234567890123456789012345678"),
    ]
    text = "y,a,b\n" + "".join(f'{index},"{cell}",9\n' for index, cell in enumerate(cells))
    outcome = prepare(text, "--label", "y")
    assert outcome.status == 0, outcome.err
    found = {}
    for file in ("train", "validation"):
        address = f"{outcome.folder / file}.csv?format=csv&label_column=0&delimiter=,"
        with xgboost.config_context(verbosity=0):  # it tells that reading texts is deprecated
            matrix = xgboost.DMatrix(address)
        rows = matrix.get_data().toarray()
        present = {(int(r), int(c)) for r, c in zip(*matrix.get_data().nonzero(), strict=True)}
        for row, label in enumerate(matrix.get_label()):
            found[int(label)] = (rows[row, 0], (row, 0) in present)
    for index, cell in enumerate(cells):
        if cell.strip().lower() in {"", "na", "nan"}:
            assert not found[index][1], f"{cell!r} is missing"
        else:
            expected = np.float32(cell)
            assert np.isclose(found[index][0], expected, rtol=1e-6, atol=1e-37), cell


def test_texts_are_numbered_in_their_order_and_the_numbers_written_beside_the_data(
    prepare: Prepare,
) -> None:
    text = 'kind,size,"ok"\nrose,1,TRUE\n"iris",2,FALSE\nrose,,TRUE\n,4,FALSE\n'
    outcome = prepare(text, "--label", "ok", "--categories", "kind", "--categories", "ok")
    assert outcome.status == 0, outcome.err
    assert outcome.rows == ["0,,4", "0,0,2", "1,1,", "1,1,1"]
    assert json.loads((outcome.folder / "categories.json").read_text()) == {
        "kind": {"iris": 0, "rose": 1},
        "ok": {"FALSE": 0, "TRUE": 1},
    }


def test_the_numbers_of_a_table_before_do_not_stay(prepare: Prepare) -> None:
    prepare("y,a\n1,x\n2,z\n", "--label", "y", "--categories", "a")
    outcome = prepare("y,a\n1,2\n3,4\n", "--label", "y")
    assert not (outcome.folder / "categories.json").exists()


def test_columns_are_dropped_by_name_or_number(prepare: Prepare) -> None:
    text = 'id,note,y,a\nA1,"b,\nc",1,2\nA2,"d ""e""",3,4\n'
    outcome = prepare(text, "--label", "y", "--drop", "id", "--drop", "1")
    assert outcome.rows == ["1,2", "3,4"]


def test_the_count_line_of_scikit_learn_is_no_row_and_no_header(prepare: Prepare) -> None:
    text = "3,4,malignant,benign\n1,2,3,4,0\n5,6,7,8,1\n1,1,1,1,0\n"
    outcome = prepare(text, "--label", "4")
    assert outcome.rows == ["0,1,1,1,1", "0,1,2,3,4", "1,5,6,7,8"]
    assert "line 1 counts 3 rows and 4 features: no header" in outcome.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"a" "y"\n"1" 1 7\n"2" 3 8\n', "the first column names the rows and is left out"),
        ('"a" "y"\n"1" 1 7\n"2" 3 8\n', "R's write.table"),
        ("a;y\n1;7\n3;8\n", "the separator is ';'"),
        ("a,y\n1,7\n3,8\n", "the label is 'y', column 1 of 2, counted from 0"),
        (",0,1,2,y\n1,1,2,3,4\n2,5,6,7,8\n", "the first column names the rows"),
    ],
)
def test_what_was_understood_is_said(prepare: Prepare, text: str, said: str) -> None:
    outcome = prepare(text, "--label", "y")
    assert outcome.status == 0, outcome.err
    assert said in outcome.out


def test_the_names_of_columns_without_names_are_no_row(prepare: Prepare) -> None:
    assert prepare("0,1,2,3\n5,6,7,8\n1,2,3,4\n", "--label", "0").rows == ["1,2,3,4", "5,6,7,8"]


def test_the_user_s_word_on_the_header_holds(prepare: Prepare) -> None:
    text = "1990,1991,y\n5,6,7\n8,9,1\n"
    assert prepare(text, "--label", "y", "--header").rows == ["1,8,9", "7,5,6"]
    text = "red,1,2\nblue,3,4\n"
    outcome = prepare(text, "--label", "2", "--no-header", "--categories", "0")
    assert outcome.rows == ["2,1,1", "4,0,3"]
