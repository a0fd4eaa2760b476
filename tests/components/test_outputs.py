"""The outputs of a stack, and their page docs/outputs.md."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from components.outputs import OUTPUTS, Output
from tools import outputs_reference as reference

NAMES = [one.name for one in OUTPUTS]
PUBLISHED = reference.FILE.read_text(encoding="utf-8")


def test_an_output_cannot_be_declared_without_a_description() -> None:
    needed = [
        name
        for name, one in inspect.signature(Output).parameters.items()
        if one.default is inspect.Parameter.empty
    ]
    assert needed == ["name", "description", "type", "example", "value"]


def test_each_name_is_declared_once() -> None:
    assert len({*NAMES}) == len(NAMES)


@pytest.mark.parametrize("output", OUTPUTS, ids=NAMES)
def test_a_description_is_a_sentence_and_the_example_uses_the_output(output: Output) -> None:
    assert re.fullmatch(r"[A-Z].*\.", output.description, re.DOTALL)
    assert re.search(rf"pulumi stack output {output.name}\b", output.example)


@pytest.mark.parametrize("output", OUTPUTS, ids=NAMES)
def test_each_output_is_on_the_page_with_all_that_is_declared_of_it(output: Output) -> None:
    entry = PUBLISHED.partition(f"\n## {output.name}\n")[2].partition("\n## ")[0]
    one_line = " ".join(entry.split())
    for part in (output.description, output.type, output.exists):
        assert part in one_line
    assert output.example in entry


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check"]) == 0, capsys.readouterr().err


def test_the_check_fails_when_it_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "FILE", tmp_path / "outputs.md")
    assert reference.main(["--check"]) == 1
    assert "python -m tools.outputs_reference" in capsys.readouterr().err
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
