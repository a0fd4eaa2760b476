"""The pages that people read: their links, and what each decision has."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("examples/*.md"),
        *ROOT.glob("rehearsal/*.md"),
        *ROOT.glob("rehearsal/docs/**/*.md"),
    ]
)
FOLDERS = ("docs/decisions", "rehearsal/docs/decisions")
DECISIONS = sorted(one for folder in FOLDERS for one in (ROOT / folder).glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
STATUSES = re.compile(r"Accepted|Replaced by \[\d+\]\(\d{4}-[a-z-]+\.md\)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page: those that are written, and those that GitHub makes of headings."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    made = (re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings)
    return {*re.findall(r'<a id="(.*?)">', text), *made}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for file, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{file} is not there"
        assert not anchor or anchor in anchors(target), f"{target.name} has no {anchor}"


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.is_relative_to(ROOT / "rehearsal")],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_no_page_of_the_rehearsal_leads_out_of_its_folder(page: Path) -> None:
    for file, _ in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / file).resolve().is_relative_to(ROOT / "rehearsal"), file


def test_a_broken_link_would_be_found() -> None:
    assert LINK.findall("[a](gone.md#x), [b](#y), [c](https://x.org/y)") == [
        ("gone.md", "x"),
        ("", "y"),
    ]


def test_the_pages_of_docs_are_named_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in readme


def test_decisions_of_program_and_rehearsal_are_numbered_without_a_gap() -> None:
    assert sorted(int(one.name[:4]) for one in DECISIONS) == [*range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_a_decision_has_number_status_date_and_alternatives(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    (status,) = re.findall(r"^- Status: (.*)$", text, re.MULTILINE)
    assert STATUSES.fullmatch(status)
    (day,) = re.findall(r"^- Date: (.*)$", text, re.MULTILINE)
    assert date.fromisoformat(day)
    assert re.search(r"^## Alternatives considered\n\n\S", text, re.MULTILINE)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_a_decision_is_in_the_index_with_its_title_status_and_date(decision: Path) -> None:
    index = (decision.parent / "README.md").read_text(encoding="utf-8")
    text = decision.read_text(encoding="utf-8")
    title = text.partition("\n")[0].partition(". ")[2]
    (status,) = re.findall(r"^- Status: (.*)$", text, re.MULTILINE)
    (day,) = re.findall(r"^- Date: (.*)$", text, re.MULTILINE)
    number = int(decision.name[:4])
    assert f"| {number} | [{title}]({decision.name}) | {status} | {day} |" in index
