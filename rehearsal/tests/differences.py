"""The page of known differences from AWS, generated from the tests that show them.

    python -m tests.differences            writes docs/differences.md
    python -m tests.differences --check    fails if the page is not up to date

A test shows a difference with a marker, whose arguments are texts:

    @pytest.mark.difference(
        of="Amazon EKS",
        what="One account has one cluster.",
        direction="harsher",
        why="The rehearsal has one Kubernetes API.",
        told="",
    )

A difference is kinder if something works here that fails on AWS, and harsher if it is the other way
round. A kinder one has to say how the user is told of it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "differences.md"
DIRECTIONS = ("kinder", "harsher", "other")
HEAD = """# Known differences from AWS

Generated from the tests by `python -m tests.differences`. Each difference has a test that fails
when it is gone.

- **kinder**: it works in a rehearsal and fails on AWS. The user is told of each, as it says.
- **harsher**: it fails in a rehearsal and works on AWS.
- **other**: it is neither.
"""


class DifferenceError(ValueError):
    """A marker is not complete; the text names its test."""


@dataclass(frozen=True)
class Difference:
    """A known difference, and the test that shows it."""

    test: str
    of: str
    what: str
    direction: str
    why: str
    told: str = ""

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise DifferenceError(
                f"{self.test}: direction must be one of {', '.join(DIRECTIONS)}, not "
                f"{self.direction!r}."
            )
        if self.direction == "kinder" and not self.told:
            raise DifferenceError(f"{self.test}: a kinder difference says how the user is told.")

    def __str__(self) -> str:
        told = f" *Told by:* {self.told}" if self.told else ""
        return f"- **{self.direction}**: {self.what} *Why:* {self.why}{told} (`{self.test}`)"


def collected(folder: Path) -> list[Difference]:
    """Return the differences that the tests below a folder show, by area and direction.

    Raises:
        DifferenceError: A marker lacks an argument, has an unknown one, or a wrong value.
    """
    found = [one for file in sorted(folder.rglob("test_*.py")) for one in _in_file(file, folder)]
    return sorted(found, key=lambda one: (one.of, DIRECTIONS.index(one.direction), one.what))


def page(differences: list[Difference]) -> str:
    """Return the page, with one section for each area."""
    sections: dict[str, list[str]] = {}
    for one in differences:
        sections.setdefault(one.of, []).append(str(one))
    texts = (f"## {of}\n\n" + "\n".join(rows) + "\n" for of, rows in sections.items())
    return "\n".join([HEAD, *texts])


def _in_file(file: Path, folder: Path) -> Iterator[Difference]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef):
            test = f"{folder.name}/{file.relative_to(folder)}::{node.name}"
            for decorator in node.decorator_list:
                if _is_marker(decorator):
                    yield _difference(test, decorator)


def _is_marker(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).startswith("pytest.mark.difference(")


def _difference(test: str, marker: ast.expr) -> Difference:
    assert isinstance(marker, ast.Call)
    given = {word.arg or "": ast.literal_eval(word.value) for word in marker.keywords}
    known = {one.name for one in fields(Difference)} - {"test"}
    if unknown := given.keys() - known:
        raise DifferenceError(f"{test}: a difference has no {', '.join(sorted(unknown))}.")
    try:
        return Difference(test, **given)
    except TypeError as error:
        raise DifferenceError(f"{test}: {error}") from error


def main(arguments: list[str]) -> int:
    """Write the page, or compare it; return the exit status."""
    wanted = page(collected(TESTS))
    if arguments == ["--check"]:
        if PAGE.exists() and PAGE.read_text() == wanted:
            return 0
        print(f"{PAGE.name} is not up to date: run python -m tests.differences", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
