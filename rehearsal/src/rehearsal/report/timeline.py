"""Steps of an update as bars over time, and the chain of steps that decided its duration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.records import Record
from rehearsal.report.graph import Graph

MOST_BARS = 40


@dataclass(frozen=True)
class Bar:
    """Step of one resource: its beginning and its duration, in seconds.

    The beginning counts from the beginning of the update.
    """

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
        """End of the step, in seconds from the beginning of the update."""
        return self.begin + self.seconds


@dataclass(frozen=True)
class Timeline:
    """An update: its longest steps in the order of their beginning, and the number not shown."""

    kind: str
    seconds: float
    ended: str
    bars: list[Bar]
    hidden: int
    chain: list[Bar]


def of(record: Record, graph: Graph) -> Timeline:
    """Return the timeline of an update's record.

    Args:
        record: Record of kind update; each of its detail's steps has urn, op, begin, seconds and
            failed.
        graph: The state after the update, whose dependencies determine the chain.
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
    """Return the steps from the one that ended last back over its dependencies, in order of time.

    Each step is followed back to the dependency that ended last.
    """
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
    """Return whether a step changed a resource; components only group resources."""
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
