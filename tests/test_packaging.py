"""The package that other repositories install: its files and the versions that it asks for."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
TABLE: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOUND: dict[str, Any] = TABLE["tool"]["setuptools"]["packages"]["find"]
DATA: dict[str, list[str]] = TABLE["tool"]["setuptools"]["package-data"]
PACKAGES = ("components", "workloads", "teardown")


def pinned() -> dict[str, str]:
    """The version of each package that the program itself is tested with."""
    lines = (ROOT / "requirements.in").read_text().splitlines()
    return dict(line.split("==", maxsplit=1) for line in lines if "==" in line)


def test_the_library_is_packed_and_neither_the_program_nor_the_rehearsal() -> None:
    roots = {one.parent.name for one in ROOT.glob("*/__init__.py")}
    packed = {one for one in roots if any(fnmatch(one, each) for each in FOUND["include"])}
    assert packed == {*PACKAGES}


def test_every_folder_with_modules_is_a_package() -> None:
    assert FOUND["namespaces"] is False, "folders without __init__.py are left out"
    for package in PACKAGES:
        for module in (ROOT / package).rglob("*.py"):
            assert module.with_name("__init__.py").is_file(), module


def test_every_file_that_the_library_reads_is_packed_with_it() -> None:
    for package in PACKAGES:
        folder = ROOT / package
        packed = {one for pattern in DATA.get(package, []) for one in folder.glob(pattern)}
        files = {one for one in folder.rglob("*") if one.is_file()}
        left = {one for one in files if one.suffix not in {".py", ".pyc"}} - packed
        assert not left, f"package-data of {package} has no pattern for {left}"


def test_the_versions_that_the_program_is_tested_with_are_among_those_it_asks_for() -> None:
    asked = {one.name: one for one in map(Requirement, TABLE["project"]["dependencies"])}
    assert {*asked} == {*pinned()}
    for name, version in pinned().items():
        assert asked[name].specifier.contains(version), f"{name} {version}"
