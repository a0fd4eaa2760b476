"""The docstring of each package, which tells what is in it."""

import ast
import re
from pathlib import Path

import pytest

import rehearsal

ROOT = Path(rehearsal.__file__).parent
PACKAGES = sorted(file.parent for file in ROOT.rglob("__init__.py"))
ENTRY = re.compile(r"^ {4}((?:[a-z_0-9]+/?)(?:, [a-z_0-9]+)*)(?: {2,}| (?=\S))", re.MULTILINE)


def listed(package: Path) -> set[str]:
    """Return the names that the docstring has in its table."""
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    return {name.strip(" /") for entry in ENTRY.findall(docstring) for name in entry.split(",")}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda one: str(one.relative_to(ROOT.parent)))
def test_a_package_lists_only_modules_that_it_has(package: Path) -> None:
    there = {one.stem for one in package.iterdir()}
    assert listed(package) <= there


def test_the_first_package_lists_everything_that_is_in_it() -> None:
    there = {one.stem for one in ROOT.iterdir()} - {"__init__", "__main__", "__pycache__", "py"}
    assert there == listed(ROOT)
