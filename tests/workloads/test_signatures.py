"""One table tells files that are no plain text, to the workloads and to the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.data_file import CSV, PREPARE, read_sample
from workloads import text_files
from workloads.errors import BadDataError
from workloads.signatures import SIGNATURES, Signature, detect_format

each = pytest.mark.parametrize("one", SIGNATURES, ids=lambda one: one.kind)


@each
def test_a_dataset_of_that_kind_is_refused_by_the_config(one: Signature, tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    file.write_bytes(one.start + b"\x01\x02")
    (problem,) = read_sample(file, CSV).problems
    assert problem.got == one.kind
    assert problem.remedy.endswith(PREPARE)
    assert (one.remedy or PREPARE) in problem.remedy


@each
def test_the_workloads_read_it_or_refuse_it_with_a_remedy(one: Signature, tmp_path: Path) -> None:
    file = tmp_path / "table"
    file.write_bytes(one.start + b"\x01\x02")
    with pytest.raises(BadDataError) as refused, text_files.open_text(file) as text:
        text.read()
    if one.opener:
        assert "it cannot be decompressed" in str(refused.value)
    elif one.encoding:
        assert f"give --encoding {one.encoding}" in str(refused.value)
    else:
        assert f"is {one.kind}, not a text file: {one.remedy}" in str(refused.value)


@each
def test_a_kind_is_read_or_has_a_remedy_and_never_both(one: Signature) -> None:
    assert [bool(one.opener), bool(one.encoding), bool(one.remedy)].count(True) == 1


def test_a_longer_mark_comes_before_the_shorter_that_it_begins_with() -> None:
    for number, one in enumerate(SIGNATURES):
        assert not any(later.start.startswith(one.start) for later in SIGNATURES[number + 1 :])


def test_plain_text_is_nothing_of_the_kind() -> None:
    assert detect_format(b"label,x,y\n0,1,2\n") is None
    assert detect_format(b"") is None
