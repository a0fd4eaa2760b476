"""All faults of a file, by kind: examples of each with line and column, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workloads.faults import BadDataError

EXAMPLES = 5
"""Places that are named of a kind of fault; the others are counted."""


@dataclass
class Kind:
    """Faults of one kind."""

    remedy: str
    examples: list[str] = field(default_factory=list)
    count: int = 0


class Problems:
    """The faults that were found in a file so far."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self._kinds: dict[str, Kind] = {}

    def add(self, rule: str, where: str, *, remedy: str, most: int = EXAMPLES) -> None:
        """Note a fault.

        Args:
            rule: the kind of fault, as a sentence; faults of one kind are told together.
            where: line, column and the value found there.
            remedy: a sentence that says what to do; the first one of a kind is told.
            most: places that are named of this kind.
        """
        kind = self._kinds.setdefault(rule, Kind(remedy))
        kind.count += 1
        if len(kind.examples) < most:
            kind.examples.append(where)

    def count(self, rule: str, more: int) -> None:
        """Note that there are more faults of a kind, whose places nobody needs."""
        self._kinds[rule].count += more

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def check(self) -> None:
        """Go on only with a file that has no fault.

        Raises:
            BadDataError: it has some; the text tells of every kind.
        """
        if self._kinds:
            raise BadDataError(self._text())

    def _text(self) -> str:
        number = len(self._kinds)
        kinds = "1 kind of fault" if number == 1 else f"{number} kinds of faults"
        lines = [f"{self.source} has {kinds}. Nothing was written."]
        for index, (rule, kind) in enumerate(self._kinds.items(), start=1):
            more = kind.count - len(kind.examples)
            found = "; ".join(kind.examples) + (f"; {kind.count} in all" if more > 0 else "")
            lines += ["", f"{index}. {rule}", f"     found:  {found}"]
            lines.append(f"     remedy: {kind.remedy}")
        return "\n".join(lines)
