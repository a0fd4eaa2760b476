"""Report of all problems of a file, by kind, with examples and a remedy."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workloads.errors import BadDataError

MAX_EXAMPLES = 5
"""Default number of examples in the report of one kind; all others are only counted."""


@dataclass
class ProblemKind:
    """Remedy, examples and number of the problems of one kind."""

    remedy: str
    examples: list[str] = field(default_factory=list)
    count: int = 0


class Problems:
    """Problems found in a file so far."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self._kinds: dict[str, ProblemKind] = {}

    def add(self, rule: str, where: str, *, remedy: str, max_examples: int = MAX_EXAMPLES) -> None:
        """Add a problem.

        Args:
            rule: Kind of the problem, as a sentence.
            where: Example: line, column and value.
            remedy: Sentence about the remedy; the report has the first one of each kind.
            max_examples: Maximum number of examples of this kind.
        """
        kind = self._kinds.setdefault(rule, ProblemKind(remedy))
        kind.count += 1
        if len(kind.examples) < max_examples:
            kind.examples.append(where)

    def add_count(self, rule: str, more: int) -> None:
        """Add a number of problems of an existing kind without examples."""
        self._kinds[rule].count += more

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def raise_if_any(self) -> None:
        """Raise an error with a report of all problems, if there are any.

        Raises:
            BadDataError: The file has problems.
        """
        if self._kinds:
            raise BadDataError(self._text())

    def _text(self) -> str:
        number = len(self._kinds)
        kinds = "1 kind of problem" if number == 1 else f"{number} kinds of problems"
        lines = [f"{self.source} has {kinds}. Nothing was written."]
        for index, (rule, kind) in enumerate(self._kinds.items(), start=1):
            more = kind.count - len(kind.examples)
            found = "; ".join(kind.examples) + (f"; {kind.count} in all" if more > 0 else "")
            lines += ["", f"{index}. {rule}", f"     found:  {found}"]
            lines.append(f"     remedy: {kind.remedy}")
        return "\n".join(lines)
