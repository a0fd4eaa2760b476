"""Display of an update: a live tree on a terminal, plain lines elsewhere.

It receives the engine's events one by one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from pulumi.automation.events import DiagnosticEvent, EngineEvent, StepEventMetadata
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from rehearsal.pulumi.rows import DONE, SIGNS, Row, type_of

ROOM_FOR_THE_REST = 6
"""Lines of the terminal that the live tree leaves to the summary and the prompt."""


class Progress:
    """Display of the progress of one update.

    Args:
        console: Console to write to.
        preview: True if the engine only plans.
    """

    def __init__(self, console: Console, *, preview: bool) -> None:
        self.console = console
        self.preview = preview
        self.rows: dict[str, Row] = {}
        self.diagnostics: list[DiagnosticEvent] = []
        self.changes: dict[str, int] = {}
        self.began = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        """Start to draw."""
        if self.console.is_terminal:
            self._live = Live(
                get_renderable=self._draw,
                console=self.console,
                refresh_per_second=8,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing, and print the whole tree, the diagnostics and the counts."""
        if self._live:
            self._live.stop()
            self.console.print(self.tree(self.rows.values()))
        for line in self._closing():
            self.console.print(line, soft_wrap=True)

    def event(self, event: EngineEvent) -> None:
        """Process one event of the engine."""
        if event.resource_pre_event:
            self._began(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._ended(event.res_outputs_event.metadata, failed=False)
        elif event.res_op_failed_event:
            self._ended(event.res_op_failed_event.metadata, failed=True)
        elif event.diagnostic_event:
            self._diagnosed(event.diagnostic_event)
        elif event.summary_event:
            self.changes = {
                str(getattr(op, "value", op)): count
                for op, count in event.summary_event.resource_changes.items()
            }

    def _began(self, step: StepEventMetadata) -> None:
        state = step.new or step.old
        op = str(getattr(step.op, "value", step.op))
        parent, custom = (state.parent, bool(state.custom)) if state else ("", True)
        self.rows[step.urn] = Row(step.urn, op, parent, custom)

    def _ended(self, step: StepEventMetadata, *, failed: bool) -> None:
        row = self.rows.get(step.urn)
        # A component ends twice: when it is registered, and when its outputs are.
        if row is None or row.ended:
            return
        row.ended, row.failed = time.monotonic(), failed
        if not self._live and (row.op != "same" or failed):
            self.console.print(row.text(self.preview), soft_wrap=True)

    def _diagnosed(self, event: DiagnosticEvent) -> None:
        message = event.message.strip()
        if event.ephemeral:
            if event.urn in self.rows:
                self.rows[event.urn].status = plain(message).splitlines()[-1] if message else ""
        elif message and not event.severity.startswith("debug"):
            self.diagnostics.append(event)

    def _draw(self) -> RenderableType:
        """Return the tree of running operations, as much as fits, and a count of finished ones."""
        running = [row for row in self.rows.values() if row.ended is None and row.op != "same"]
        done = sum(row.ended is not None for row in self.rows.values())
        room = max(self.console.height - ROOM_FOR_THE_REST, 5)
        head = Text(f"{'Previewing' if self.preview else 'Updating'}  ")
        head.append(f"{done} done, {len(running)} under way, {self.elapsed:.0f}s", "dim")
        shown = self.rows.values() if len(self.rows) <= room else running[-room:]
        return Group(head, self.tree(shown))

    @property
    def elapsed(self) -> float:
        """Seconds since the update began."""
        return time.monotonic() - self.began

    def steps(self) -> list[dict[str, Any]]:
        """Return the finished operations for the update's record, with seconds from its start."""
        return [
            {
                "urn": row.urn,
                "op": row.op,
                "custom": row.custom,
                "begin": round(row.began - self.began, 3),
                "seconds": round(row.seconds, 3),
                "failed": row.failed,
            }
            for row in self.rows.values()
            if row.ended
        ]

    def tree(self, rows: Any) -> Tree:
        """Return the rows below their parents, or below the root if the parent is not shown."""
        chosen = {row.urn: row for row in rows}
        root = Tree("", hide_root=True)
        branches: dict[str, Tree] = {}

        def branch(urn: str) -> Tree:
            if urn not in chosen:
                return root
            if urn not in branches:
                row = chosen[urn]
                branches[urn] = branch(row.parent).add(row.text(self.preview))
            return branches[urn]

        for urn in chosen:
            branch(urn)
        return root

    def _closing(self) -> Iterator[RenderableType]:
        if self.diagnostics:
            yield Text("\nDiagnostics:", "bold")
        for one in self.diagnostics:
            colour = {"error": "red", "warning": "yellow"}.get(one.severity, "default")
            where = f"{type_of(one.urn)} {one.urn.rsplit('::', 1)[-1]}: " if one.urn else ""
            yield Text(f"  {where}{one.severity.replace('info#err', 'stderr')}: ", colour).append(
                plain(one.message).strip(), "default"
            )
        yield Text(f"\n{self.summary()}")

    def summary(self) -> str:
        """Return the counts by operation and the duration, in Pulumi's words."""
        lines = ["Resources:"]
        changed = {op: count for op, count in self.changes.items() if op != "same" and count}
        for op, count in sorted(changed.items()):
            sign = SIGNS.get(op, ("?", ""))[0]
            lines.append(f"    {sign} {count} {f'to {op}' if self.preview else DONE.get(op, op)}")
        if same := self.changes.get("same"):
            lines.append(f"    {same} unchanged")
        return "\n".join([*lines, "", f"Duration: {duration(self.elapsed)}"])


def plain(message: str) -> str:
    """Return a message of the engine without its colour directives, `<{%fg 1%}>`."""
    while "<{%" in message and "%}>" in message:
        head, _, rest = message.partition("<{%")
        message = head + rest.partition("%}>")[2]
    return message


def duration(seconds: float) -> str:
    """Return seconds as readable text, such as 7s or 1m12s."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
