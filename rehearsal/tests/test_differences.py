"""The page of known differences, and what a marker has to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import differences

KINDER = 'of="EKS", what="A.", direction="kinder", why="B."'


def collected(tmp_path: Path, *markers: str) -> list[differences.Difference]:
    tests = "\n\n".join(
        f"@pytest.mark.difference({marker})\ndef test_{number}():\n    pass"
        for number, marker in enumerate(markers)
    )
    (tmp_path / "test_some.py").write_text(tests)
    return differences.collected(tmp_path)


def test_a_difference_is_listed_with_its_test(tmp_path: Path) -> None:
    (found,) = collected(tmp_path, f'{KINDER}, told="C."')
    row = f"- **kinder**: A. *Why:* B. *Told by:* C. (`{tmp_path.name}/test_some.py::test_0`)"
    assert row in differences.page([found])
    assert "## EKS" in differences.page([found])


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        (KINDER, "a kinder difference says how the user is told"),
        (KINDER.replace("kinder", "nicer"), "direction must be one of kinder, harsher, other"),
        (KINDER.replace("why", "because"), "has no because"),
        ('of="EKS", direction="other", why="B."', "what"),
    ],
)
def test_a_marker_that_is_not_complete_is_refused(tmp_path: Path, marker: str, said: str) -> None:
    with pytest.raises(differences.DifferenceError, match=said):
        collected(tmp_path, marker)


def test_the_page_is_up_to_date_and_lists_differences_of_every_direction() -> None:
    found = differences.collected(differences.TESTS)
    assert {one.direction for one in found} == {*differences.DIRECTIONS}
    assert differences.main(["--check"]) == 0
