"""The lock files: each names every package that its input needs, with hashes, in one version."""

import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[1]
INPUTS = sorted(
    [
        *PROJECT.glob("requirements*.in"),
        PROJECT / "rehearsal" / "requirements.in",
        PROJECT / "workloads" / "requirements.in",
    ]
)
HASH = re.compile(r" --hash=(sha256:[0-9a-f]{64})(?= |$)")

each_lock = pytest.mark.parametrize(
    "inputs", INPUTS, ids=lambda path: path.relative_to(PROJECT).as_posix()
)


class Locked(NamedTuple):
    requirement: Requirement
    hashes: list[str]

    @property
    def version(self) -> str:
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "==", self.requirement
        return specifier.version


def lines(path: Path) -> list[str]:
    """The lines of a requirements file without comments, those that go on joined to one."""
    text = re.sub(r"^\s*#.*\n|\s+#.*", "", path.read_text(), flags=re.MULTILINE)
    return [line.strip() for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines() if line.strip()]


def wanted(path: Path) -> dict[str, Requirement]:
    """The packages that an input names, and those of the inputs that it includes."""
    found: dict[str, Requirement] = {}
    for line in lines(path):
        if line.startswith("-r "):
            found |= wanted(path.parent / line.removeprefix("-r "))
        else:
            requirement = Requirement(line)
            found[canonicalize_name(requirement.name)] = requirement
    return found


def locked(path: Path) -> dict[str, Locked]:
    """The packages of the lock file beside an input."""
    found: dict[str, Locked] = {}
    for line in lines(path.with_suffix(".txt")):
        requirement = Requirement(HASH.sub("", line).strip())
        name = canonicalize_name(requirement.name)
        assert name not in found, f"{name} is locked twice"
        found[name] = Locked(requirement, HASH.findall(line))
    return found


def test_the_program_the_rehearsal_the_tests_and_the_image_have_a_lock_each() -> None:
    assert [path.relative_to(PROJECT).as_posix() for path in INPUTS] == [
        "rehearsal/requirements.in", "requirements-dev.in", "requirements.in",
        "workloads/requirements.in",
    ]  # fmt: skip


@each_lock
def test_a_lock_has_every_package_that_its_input_names(inputs: Path) -> None:
    lock = locked(inputs)
    for name, requirement in wanted(inputs).items():
        assert name in lock, f"{name} is not locked: make lock"
        assert lock[name].version in requirement.specifier, f"{name} is another one: make lock"


@each_lock
def test_a_lock_has_the_hashes_of_every_package(inputs: Path) -> None:
    assert not [name for name, lock in locked(inputs).items() if not lock.hashes]


@each_lock
def test_a_lock_leaves_nothing_to_the_day_of_its_installation(inputs: Path) -> None:
    lock = locked(inputs)
    for name, one in lock.items():
        if one.requirement.marker and not one.requirement.marker.evaluate():
            continue
        for needed in map(Requirement, metadata.requires(name) or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in lock, f"{name} needs {needed}: make lock"


@each_lock
def test_a_lock_names_no_registry_and_no_folder(inputs: Path) -> None:
    for line in inputs.with_suffix(".txt").read_text().splitlines():
        assert "://" not in line
        assert not line.startswith(("--index", "--extra-index", "--find-links", "-f ", "-i ")), line


@each_lock
def test_a_package_has_one_version_in_all_locks_and_the_tests_run_with_it(inputs: Path) -> None:
    for name, lock in locked(inputs).items():
        if lock.requirement.marker is None or lock.requirement.marker.evaluate():
            assert metadata.version(name) == lock.version, f"{name}: make test installs it anew"


@pytest.mark.parametrize("file", ["Makefile", "workloads/Dockerfile"])
def test_what_installs_a_lock_refuses_what_has_no_hash_and_builds_nothing(file: str) -> None:
    text = (PROJECT / file).read_text().replace("\\\n", " ")
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert installs
    ours = "--no-deps --no-build-isolation --editable rehearsal"
    installs = [line for line in installs if ours not in " ".join(line.split())]
    for line in installs:
        assert "--require-hashes" in line
        assert "--only-binary=:all:" in line, "what a package's build needs has no hash"
