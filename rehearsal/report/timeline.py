"""The steps of an update as bars over time, and the chain of them that decided how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.records import Record
from rehearsal.report.graph import Graph

MOST_BARS = 40


@dataclass(frozen=True)
class Bar:
    """One resource: when its step began (seconds from the update's beginning), how long it took."""

    urn: str
    name: str
    noun: str
    package: str
    op: str
    begin: float
    seconds: float
    failed: bool
    on_chain: bool = False

    @property
    def end(self) -> float:
        """Seconds from the update's beginning."""
        return self.begin + self.seconds


@dataclass(frozen=True)
class Timeline:
    """An update: its longest bars by when they began, and how many are not shown."""

    kind: str
    seconds: float
    ended: str
    bars: list[Bar]
    hidden: int
    chain: list[Bar]


def of(record: Record, graph: Graph) -> Timeline:
    """The timeline of an update's record.

    Args:
        record: Of kind update; each of its detail's steps has urn, op, begin, seconds and failed.
        graph: The state that the update left, by whose dependencies the chain is found.
    """
    bars = [_bar(step) for step in record.detail.get("steps", []) if _is_resource(step)]
    chain = longest_chain(bars, graph)
    decided = {bar.urn for bar in chain}
    shown = sorted(bars, key=lambda bar: bar.seconds, reverse=True)[:MOST_BARS]
    shown += [bar for bar in chain if bar not in shown]
    marked = [
        Bar(**(bar.__dict__ | {"on_chain": bar.urn in decided}))
        for bar in sorted(shown, key=lambda bar: (bar.begin, bar.end))
    ]
    hidden = len(bars) - len(marked)
    return Timeline(record.name, record.seconds, record.ended, marked, hidden, chain)


def longest_chain(bars: Sequence[Bar], graph: Graph) -> list[Bar]:
    """From the step that ended last, back over what each waited for last; in order of time."""
    known = {bar.urn: bar for bar in bars}
    last = max(bars, key=lambda bar: bar.end, default=None)
    chain: list[Bar] = []
    while last is not None and last not in chain:
        chain.append(last)
        resource = graph.resources.get(last.urn)
        waited_for = [
            known[urn] for urn in (resource.dependencies if resource else ()) if urn in known
        ]
        last = max(waited_for, key=lambda bar: bar.end, default=None)
    return chain[::-1]


def _is_resource(step: dict[str, Any]) -> bool:
    """Whether a step made or changed something: components only gather."""
    return bool(step["op"] != "same" and step["custom"])


def _bar(step: dict[str, Any]) -> Bar:
    urn = step["urn"]
    type_ = urn.split("::")[2].rsplit("$", 1)[-1]
    return Bar(
        urn,
        urn.rsplit("::", 1)[-1],
        type_.rsplit(":", 1)[-1],
        type_.partition(":")[0],
        step["op"],
        step["begin"],
        step["seconds"],
        step["failed"],
    )
