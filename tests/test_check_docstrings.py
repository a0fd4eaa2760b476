"""The check of how docstrings begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import check_docstrings

MODULE = '''\
"""{module}"""

LIMIT = 1
"""{constant}"""


class Thing:
    """{cls}"""

    size: int
    """{field}"""

    def grow(self) -> None:
        """{method}"""

        async def inner() -> None:
            """{inner}"""
'''
LINES = {"module": 1, "constant": 4, "cls": 8, "field": 11, "method": 14, "inner": 17}
GOOD = dict.fromkeys(LINES, "Size of the thing.")


def check(folder: Path, **docstrings: str) -> int:
    """Run the check over a module with those docstrings."""
    (folder / "module.py").write_text(MODULE.format(**GOOD | docstrings))
    return check_docstrings.main([str(folder)])


@pytest.mark.parametrize(("place", "line"), LINES.items(), ids=LINES)
def test_a_docstring_that_begins_with_a_question_word_is_named_by_file_and_line(
    place: str, line: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, **{place: "What it is made of."}) == 1
    (found,) = capsys.readouterr().out.splitlines()
    assert found.startswith(f"{tmp_path / 'module.py'}:{line}: ")
    assert '"What' in found


@pytest.mark.parametrize("word", check_docstrings.QUESTION_WORDS)
def test_each_question_word_is_found_also_after_space(word: str, tmp_path: Path) -> None:
    assert check(tmp_path, field=f"\n    {word} it is.") == 1
    assert check(tmp_path, field=f"{word}, it is.") == 1


@pytest.mark.parametrize("text", ["Whatever is left.", "However it ends.", "The one which is.", ""])
def test_other_beginnings_pass(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, field=text) == 0
    assert capsys.readouterr().out == ""


def test_a_string_that_documents_nothing_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('print("What is it?")\nTEXT = "Where it is."\n')
    assert check_docstrings.main([str(tmp_path / "module.py")]) == 0


def test_a_path_that_is_not_there_is_an_error_and_not_a_pass(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_docstrings.main([str(tmp_path / "gone")])
