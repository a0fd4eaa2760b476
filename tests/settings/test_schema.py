"""The JSON schema that editors check stack files against."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from settings import schema

ROOT = Path(__file__).resolve().parents[2]
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))
PUBLISHED = json.loads(schema.FILE.read_text())


def stack(name: str) -> dict[str, Any]:
    """A shipped stack file."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())
    return loaded


def complaints(content: dict[str, Any]) -> list[str]:
    """Return the schema's objections to a stack file."""
    return [error.message for error in Draft202012Validator(PUBLISHED).iter_errors(content)]


def properties(part: Any, way: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of a schema, with the way to it."""
    if isinstance(part, dict):
        for name, one in part.get("properties", {}).items():
            yield f"{way}/{name}", one
        for name, one in part.items():
            yield from properties(one, f"{way}/{name}")


def test_it_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(["--check"]) == 0, capsys.readouterr().err


def test_the_check_fails_when_it_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schema, "FILE", tmp_path / "stack.schema.json")
    assert schema.main(["--check"]) == 1
    assert "python -m settings.schema" in capsys.readouterr().err
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    assert (tmp_path / "stack.schema.json").read_text() == (
        ROOT / "settings/stack.schema.json"
    ).read_text()


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(PUBLISHED)


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.name)
def test_a_shipped_stack_file_fits_it_and_names_it(file: Path) -> None:
    assert complaints(yaml.safe_load(file.read_text())) == []
    first = file.read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=settings/stack.schema.json"


def test_both_stacks_are_shipped() -> None:
    assert {file.name for file in STACK_FILES} >= {"Pulumi.dev.yaml", "Pulumi.prod.yaml"}


def test_a_misspelt_key_does_not_fit_it() -> None:
    content = copy.deepcopy(stack("prod"))
    content["config"]["eks-ml-storage:storage"]["fsx"]["storageCapacity"] = 2400
    (complaint,) = complaints(content)
    assert "'storageCapacity' was unexpected" in complaint


def test_a_misspelt_section_does_not_fit_it() -> None:
    content = copy.deepcopy(stack("dev"))
    content["config"]["eks-ml-storage:netwrok"] = {}
    (complaint,) = complaints(content)
    assert "'eks-ml-storage:netwrok'" in complaint


def test_config_of_other_providers_fits_it() -> None:
    content = copy.deepcopy(stack("dev"))
    content["config"]["aws:profile"] = "mine"
    content["encryptionsalt"] = "v1:abc"
    assert complaints(content) == []


def test_every_property_explains_itself() -> None:
    silent = [way for way, one in properties(PUBLISHED) if not one.get("description")]
    assert silent == ["/config"]
