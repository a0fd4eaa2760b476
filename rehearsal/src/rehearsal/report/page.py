"""Collect everything that is known about a stack, and write the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from rehearsal import records
from rehearsal.paths import Environment
from rehearsal.records import Record
from rehearsal.report import architecture, formatting, timeline
from rehearsal.report.architecture import Picture
from rehearsal.report.graph import Graph
from rehearsal.report.jobs import Job
from rehearsal.report.timeline import Timeline

DESCRIPTIONS = {
    "import": "file system reads from S3",
    "export": "file system writes to S3",
    "training": "{0.name}: {1[stage]}",
    "pod": "pod {0.name}",
}
"""Description of a record by its kind; in it, 0 is the record and 1 its detail."""
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Flow:
    """One transfer of data."""

    what: str
    source: str
    target: str
    files: int
    bytes: int
    seconds: float


@dataclass(frozen=True)
class Table:
    """A table that a program measured."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Page:
    """Everything that the page shows."""

    project: str
    stack: str
    written: str
    graph: Graph
    records: Sequence[Record]
    jobs: Sequence[Job]

    @cached_property
    def picture(self) -> Picture:
        """Picture of the architecture."""
        return architecture.draw(self.graph)

    @cached_property
    def timeline(self) -> Timeline | None:
        """Timeline of the last update that changed something; None if there was none."""
        updates = [one for one in self.records if one.kind == "update"]
        changed = [found for one in updates if (found := timeline.of(one, self.graph)).bars]
        return changed[-1] if changed else None

    @cached_property
    def flows(self) -> list[Flow]:
        """Transfers of data, the oldest first."""
        return [flow(one) for one in self.records if one.kind != "update" and one.bytes]

    @cached_property
    def tables(self) -> list[Table]:
        """Tables that programs of pods printed, the newest of each title."""
        found = (table(one) for one in self.records if one.kind == "pod")
        return [*{one.title: one for one in found if one}.values()]

    @property
    def moved(self) -> int:
        """Total of the transferred data, in bytes."""
        return sum(one.bytes for one in self.flows)


def of_stack(found: Iterable[Record], stack: str) -> list[Record]:
    """Return the records without the updates of other stacks that use the same environment."""
    return [one for one in found if one.kind != "update" or one.target in {"", stack}]


def of_this_life(found: Sequence[Record]) -> list[Record]:
    """Return the records since the stack was last destroyed, if there are any; otherwise all."""
    ends = [
        number
        for number, one in enumerate(found[:-1], start=1)
        if one.kind == "update" and one.name == "destroy"
    ]
    return [*found[ends[-1] if ends else 0 :]]


def flow(record: Record) -> Flow:
    """Return the transfer of data that a record describes.

    The time of a pod is the time that its program reports for the transfer, because its container
    ran for longer.
    """
    what = DESCRIPTIONS.get(record.kind, "{0.name}").format(record, record.detail)
    source, seconds = record.source, record.seconds
    if record.kind == "pod":
        source = " ".join(record.detail.get("command", []))
        seconds = (record.detail.get("summary") or {}).get("seconds", seconds)
    return Flow(what, source, record.target, record.files, record.bytes, seconds)


def table(record: Record) -> Table | None:
    """Return the table in the summary of a pod's program; None if there is none.

    A summary may have `table`, an object with a title, columns, and rows of as many texts.
    """
    found = (record.detail.get("summary") or {}).get("table")
    if not isinstance(found, dict):
        return None
    columns = [str(one) for one in found.get("columns", [])]
    rows = [[str(cell) for cell in row] for row in found.get("rows", [])]
    return Table(str(found.get("title", record.name)), columns, rows)


def write(
    environment: Environment,
    deployment: Mapping[str, Any],
    jobs: Sequence[Job],
    project: str,
    target: Path,
) -> Path:
    """Write the page and return its path.

    Args:
        environment: The rehearsal environment, whose records are shown.
        deployment: The engine's state: the value of `deployment` in the output of `pulumi stack
            export`.
        jobs: Training jobs of the stack.
        project: Name of the project.
        target: File to write; it is written completely or not at all.
    """
    now = datetime.now(UTC).strftime("%d %B %Y %H:%M UTC")
    graph = Graph.of(deployment)
    found = of_stack(records.read(environment), environment.stack)
    page = Page(project, environment.stack, now, graph, of_this_life(found), jobs)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}")
    draft.write_text(render(page), encoding="utf-8")
    return draft.replace(target)


def render(page: Page) -> str:
    """Return the page's HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {"size": formatting.size, "span": formatting.span}
    environment.globals["rate"] = formatting.rate
    return environment.get_template("page.html.jinja").render(page=page)
