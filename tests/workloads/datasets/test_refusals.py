"""Tests of tables that are refused with all kinds of problems, line and column."""

import gzip

import pytest

from tests.workloads.datasets.conftest import Prepare

REFUSED = {
    "a row too long": ("a,y\n1,2\n3,4,5\n", "line 3 has 3 cells"),
    "a cell longer than any": (f"a,y\n{'9' * 200000},2\n", "cannot be split into cells"),
    "a row too short": ("a,b,y\n1,2,3\n4,5\n1,2,3\n", "line 3 has 2 cells"),
    "most rows too short": ("a,b,y\n1,2,3\n4,5\n6,7\n", "line 3 has 2 cells; line 4"),
    "a header too narrow": ("a,y\n1,2,3,4\n1,2,3,4\n", "line 1 has 2 names"),
    "a header too wide": ("a,b,c,d,y\n1,2,3\n4,5,6\n", "line 1 has 5 names"),
    "a title above the header": (
        "My table\na,y\n1,2\n3,4\n",
        "line 1 has 1 name; the rows have 2 cells",
    ),
    "separators at the ends of rows alone": ("a,y\n1,2,\n3,4,\n", "line 1 has 2 names"),
    "a text": ("a,y\n1,2\nred,4\n", "line 3, column 'a': 'red'"),
    "a text, by its remedy": (
        "a,y\n1,2\nred,4\n",
        "with --categories, or leave it out with --drop: --drop a",
    ),
    "a text without a header": ("1,2\nred,4\n", "line 2, column 0: 'red'"),
    "a text in the label": ("a,y\n1,red\n2,blue\n", "'red' and 1 more"),
    "an underscore": ("a,y\n1_000,2\n3,4\n", "'1_000'"),
    "a hexadecimal number": ("a,y\n0x1F,2\n3,4\n", "'0x1F'"),
    "digits of another script": ("a,y\n\u0661,2\n3,4\n", "'\u0661'"),
    "a decimal comma": ("a;y\n1,5;2\n3,25;4\n", "use a decimal point"),
    "thousands": ('a,y\n"1,500",2\n3,4\n', "no thousands separators"),
    "a question mark": ("a,y\n?,2\n3,4\n", "--missing '?'"),
    "infinity": ("a,y\n1,2\ninf,4\n", "line 3, column 'a': inf"),
    "minus infinity": ("a,y\n1,2\n-Infinity,4\n", "line 3, column 'a': -Infinity"),
    "more than 32 bits": ("a,y\n1,2\n1e39,4\n", "line 3, column 'a': 1e39"),
    "an infinite label": ("a,y\n1,2\n3,inf\n", "line 3, column 'y': inf"),
    "no label in a row": ("a,y\n1,2\n3,\n4,NA\n", "line 3, column 'y'; line 4, column 'y'"),
    "a header only": ("a,y\n", "line 1 is the header, and nothing comes after it"),
    "two columns of one name": ("a,a,y\n1,2,3\n4,5,6\n", "'a' names columns 0, 1"),
    "another label": ("Quality,a\n1,2\n", "did you mean 'Quality'? The columns are: Quality, a"),
    "a label by number": ("1,2\n3,4\n", "give a number from 0 to 1"),
    "another column to drop": ("y,size\n1,2\n3,4\n", "--drop sise"),
    "only a label": ("y\n1\n2\n", "The table has no features"),
    "a first line of both": ("5.1,3.5,setosa\n4.9,3,setosa\n", "--no-header if it is a row"),
    "a count that is none": ("9,2,red\n1,2,3\n4,5,6\n", "line 1 says 9; there are 2"),
    "a quote without end": ('a,y\n1,"2\n' + "3,4\n" * 50_000, "line 2 cannot be split"),
    "one row": ("a,y\n1,2\n", "1 rows cannot be split"),
}
LABELS = {"another label": "quality", "a label by number": "7", "a text without a header": "1"}
LABELS |= {"a first line of both": "0", "a count that is none": "2"}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_table_that_cannot_be_trained_on_is_refused_with_its_place(
    prepare: Prepare, kind: str
) -> None:
    text, said = REFUSED[kind]
    drop = ["--drop", "sise"] if kind == "another column to drop" else []
    outcome = prepare(text, "--label", LABELS.get(kind, "y"), *drop)
    assert outcome.status == 65
    assert said in outcome.err
    assert "in.csv" in outcome.err or kind == "one row"
    assert not outcome.folder.exists(), "nothing is written of a table that is refused"


BYTES = {
    "nothing": (b"", "the file is empty"),
    "blank lines": (b"\n\n  \n", "the file is empty"),
    "latin-1": ("a,y\n1,2\ncaf\xe9,4\n".encode("latin-1"), "line 3, character 4: the byte 0xE9"),
    "utf-16": ("a,y\n1,2\n".encode("utf-16"), "is encoded as utf-16, not as UTF-8"),
    "utf-16, no mark": ("a,y\n1,2\n".encode("utf-16-le"), "give --encoding utf-16-le"),
    "big-endian": ("a,y\n1,2\n".encode("utf-16-be"), "give --encoding utf-16-be"),
    "utf-32": ("a,y\n1,2\n".encode("utf-32"), "is encoded as utf-32"),
    "parquet": (b"PAR1\x15\x04\x15", "a Parquet file, not a text file: convert it to CSV"),
    "a workbook": (b"PK\x03\x04\x14\x00", "an Excel workbook"),
    "zstandard": (b"\x28\xb5\x2f\xfd\x24", "unpack it first: zstd -d FILE"),
    "a binary file": (b"\x7fELF\x02\x01\x00\x00\x01,2\n", "is a binary file"),
    "half of a gzip file": (
        gzip.compress(b"a,y\n1,2\n" * 99, mtime=0)[:-9],
        "it cannot be decompressed",
    ),
    "nothing, compressed": (gzip.compress(b"", mtime=0), "the file is empty"),
    "parquet, compressed": (gzip.compress(b"PAR1\x15\x04", mtime=0), "a Parquet file"),
}


@pytest.mark.parametrize(("content", "said"), BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("command", ["csv", "libsvm"])
def test_a_file_that_is_no_text_is_refused_by_its_name(
    prepare: Prepare, content: bytes, said: str, command: str
) -> None:
    options = ["--label", "y"] if command == "csv" else []
    outcome = prepare(content, *options, command=command)
    assert outcome.status == 65
    assert said in outcome.err or (command == "libsvm" and said.startswith("line 3"))


def test_all_kinds_of_problems_are_reported_at_once_with_examples(prepare: Prepare) -> None:
    long_rows = "".join("1,2,3,4,5\n" for _ in range(40))
    good = "1,2,3,4\n" * 60
    outcome = prepare(f"a,b,a,y\nred,inf,3,\n1,2\n{long_rows}{good}", "--label", "y")
    assert outcome.status == 65
    assert "in.csv has 5 kinds of problems. Nothing was written." in outcome.err
    assert "line 2, column 'a': 'red'" in outcome.err
    assert "line 2, column 'b': inf" in outcome.err
    assert "line 2, column 'y'" in outcome.err
    assert "line 3 has 2 cells; line 4 has 5 cells" in outcome.err
    assert "; 41 in all" in outcome.err
    assert outcome.err.count("has 5 cells") < 10, "examples are bounded"


def test_a_header_of_another_width_is_all_that_is_told(prepare: Prepare) -> None:
    outcome = prepare("Made by hand\n\na,y,kind\n1,2,red\n", "--label", "y")
    assert "has 1 kind of problem." in outcome.err, "the columns are not known"
    assert "line 1 has 1 name; the rows have 3 cells" in outcome.err


def test_every_column_of_texts_is_named_once(prepare: Prepare) -> None:
    rows = "".join(f"{number},red,big\n" for number in range(30))
    outcome = prepare(f"y,colour,the size\n{rows}", "--label", "y")
    assert "line 2, column 'colour': 'red' and 29 more; line 2, column 'the size'" in outcome.err
    assert "--drop colour --drop 'the size'" in outcome.err


def test_lines_are_counted_over_quoted_cells_and_blank_lines(prepare: Prepare) -> None:
    outcome = prepare('a,n,y\n1,"x\ny\n",2\n\nred,z,3\n', "--label", "y", "--drop", "n")
    assert "line 6, column 'a': 'red'" in outcome.err


def test_a_column_of_free_texts_is_no_category(prepare: Prepare) -> None:
    rows = "".join(f"{number},text {number}\n" for number in range(10_002))
    outcome = prepare(f"y,note\n{rows}", "--label", "y", "--categories", "note")
    assert outcome.status == 65
    assert "more than 10000 different texts" in outcome.err


def test_an_encoding_that_does_not_fit_is_told(prepare: Prepare) -> None:
    text = "a,y\ncaf\xe9,2\n".encode("latin-1")
    assert "--encoding" in prepare(text, "--label", "y", "--encoding", "ascii").err
    assert prepare(text, "--label", "y", "--encoding", "klingon").status == 64


def test_a_separator_that_is_no_character_is_refused(prepare: Prepare) -> None:
    with pytest.raises(SystemExit):
        prepare("a,y\n1,2\n", "--label", "y", "--separator", "ab")


def test_a_remedy_that_is_followed_is_right(prepare: Prepare) -> None:
    first = prepare("a,kind,y\n1,red,2\n3,blue,4\n", "--label", "y")
    assert "with --categories, or leave it out with --drop: --drop kind" in first.err
    label = prepare("a,kind\n1,red\n3,blue\n", "--label", "kind")
    assert ": --categories kind\n" in label.err, "a label cannot be left out"
    for option in ("--categories", "--drop"):
        assert prepare("a,kind,y\n1,red,2\n3,blue,4\n", "--label", "y", option, "kind").status == 0
