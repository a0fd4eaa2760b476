"""Columns of a table: label, features and categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from workloads.datasets.layout import Layout
from workloads.datasets.problems import Problems


@dataclass(frozen=True)
class Columns:
    """Indexes of the columns that are written."""

    label: int
    """Index of the label, or -1 if it does not exist."""
    features: Sequence[int]
    """Indexes of the features in the order of the file."""
    categories: frozenset[int]
    """Indexes of columns whose texts are encoded; the label may be one of them."""

    @property
    def output(self) -> list[int]:
        """Indexes in the order in which the columns are written."""
        return [self.label, *self.features] if self.label >= 0 else [*self.features]


def select_columns(
    layout: Layout,
    label: str,
    drop: Sequence[str],
    categories: Sequence[str],
    problems: Problems,
) -> Columns:
    """Return the columns that the user named.

    Args:
        layout: Layout of the file.
        label: Label column: a name in the header, or a number from 0.
        drop: Columns to leave out, by name or number.
        categories: Columns of texts to encode, by name or number.
        problems: Receives columns that do not exist.
    """
    target = find_column(layout, "--label", label, problems)
    dropped = {find_column(layout, "--drop", name, problems) for name in drop}
    texts = {find_column(layout, "--categories", name, problems) for name in categories}
    if layout.has_row_names and target != 0 and 0 not in texts:
        dropped.add(0)
    if target is not None and target in dropped:
        problems.add(
            "The label cannot be left out",
            f"--label {label}, --drop {label}",
            remedy="remove the label from --drop",
        )
    features = [one for one in range(layout.width) if one != target and one not in dropped]
    if not features:
        problems.add(
            "The table has no features, only a label",
            f"{layout.width} columns, separated by {layout.separator!r}",
            remedy="keep at least one column besides the label; give --separator if the cells are "
            "separated by something else",
        )
    return Columns(
        -1 if target is None else target,
        features,
        frozenset(one for one in texts if one is not None),
    )


def find_column(layout: Layout, option: str, name: str, problems: Problems) -> int | None:
    """Return the index of a column by its name or number; report it if it does not exist."""
    if name in layout.names:
        return layout.names.index(name)
    if name.isdecimal() and int(name) < layout.width:
        return int(name)
    if layout.names:
        similar = get_close_matches(name, layout.names, n=1, cutoff=0.5)
        same_letters = [one for one in layout.names if one.casefold() == name.casefold()]
        hint = "".join(f"did you mean {best!r}? " for best in [*same_letters, *similar][:1])
        remedy = f"{hint}The columns are: {format_names(layout.names)}"
    else:
        remedy = f"the file has no header: give a number from 0 to {layout.width - 1}"
    problems.add("There is no such column", f"{option} {name}", remedy=remedy)
    return None


def format_names(names: Sequence[str], limit: int = 40) -> str:
    """Return names as one text; above the limit, only their number."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
