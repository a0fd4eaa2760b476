"""The columns of a table: which is the label, which are features, which are categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from workloads.datasets.layout import Layout
from workloads.datasets.problems import Problems


@dataclass(frozen=True)
class Columns:
    """The columns that are written, by their index in the file."""

    label: int
    """Below 0 where there is no such column."""
    features: Sequence[int]
    """In the file's order, without the label and without dropped ones."""
    categories: frozenset[int]
    """Columns of texts that are written as numbers, perhaps the label."""

    @property
    def written(self) -> list[int]:
        """The columns in the order in which they are written."""
        return [self.label, *self.features] if self.label >= 0 else [*self.features]


def choose_columns(
    layout: Layout,
    label: str,
    drop: Sequence[str],
    categories: Sequence[str],
    problems: Problems,
) -> Columns:
    """Find the columns that the user named.

    Args:
        layout: the file's.
        label: a name in the header, or a column's number, counted from 0.
        drop: columns that are left out, named so too.
        categories: columns of texts, named so too.
        problems: takes note of columns that are not there.
    """
    target = find_column(layout, "--label", label, problems)
    dropped = {find_column(layout, "--drop", name, problems) for name in drop}
    texts = {find_column(layout, "--categories", name, problems) for name in categories}
    if layout.row_names and target != 0 and 0 not in texts:
        dropped.add(0)
    if target is not None and target in dropped:
        problems.add(
            "The label cannot be left out",
            f"--label {label}, --drop {label}",
            remedy="give --drop other columns than the label's",
        )
    features = [one for one in range(layout.width) if one != target and one not in dropped]
    if not features:
        problems.add(
            "The table has no features, only a label",
            f"{layout.width} columns, separated by {layout.separator!r}",
            remedy="keep one column at least beside the label; if cells are separated by something "
            "else, give --separator",
        )
    return Columns(
        -1 if target is None else target,
        features,
        frozenset(one for one in texts if one is not None),
    )


def find_column(layout: Layout, option: str, name: str, problems: Problems) -> int | None:
    """Return the index of a column by its name or number; note it where there is none."""
    if name in layout.names:
        return layout.names.index(name)
    if name.isdecimal() and int(name) < layout.width:
        return int(name)
    if layout.names:
        close = get_close_matches(name, layout.names, n=1, cutoff=0.5)
        folded = [one for one in layout.names if one.casefold() == name.casefold()]
        hint = "".join(f"did you mean {best!r}? " for best in [*folded, *close][:1])
        remedy = f"{hint}The columns are: {listed(layout.names)}"
    else:
        remedy = f"the file has no header: give a number from 0 to {layout.width - 1}"
    problems.add("There is no such column", f"{option} {name}", remedy=remedy)
    return None


def listed(names: Sequence[str], most: int = 40) -> str:
    """Name some columns, and count the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
