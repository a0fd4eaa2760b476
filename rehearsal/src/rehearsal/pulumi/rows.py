"""Lines of resources in the display of an update, in Pulumi's own words and signs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.text import Text

SIGNS = {
    "same": (" ", "dim"),
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
    "read": (">", "cyan"),
    "refresh": ("~", "cyan"),
    "import": ("=", "green"),
    "replace": ("+-", "magenta"),
    "create-replacement": ("++", "green"),
    "delete-replaced": ("--", "red"),
    "discard": ("<", "cyan"),
}
UNDER_WAY = {
    "create": "creating",
    "update": "updating",
    "delete": "deleting",
    "read": "reading",
    "refresh": "refreshing",
    "import": "importing",
    "create-replacement": "creating replacement",
    "delete-replaced": "deleting original",
}
DONE = {
    "same": "unchanged",
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "read": "read",
    "refresh": "refreshed",
    "import": "imported",
    "replace": "replaced",
    "create-replacement": "created replacement",
    "delete-replaced": "deleted original",
}
PLANNED = {"replace": "replace", "create-replacement": "create replacement"}
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@dataclass
class Row:
    """One resource, as far as the engine has reported on it."""

    urn: str
    op: str
    parent: str = ""
    custom: bool = True
    """True for a resource in AWS or in the cluster; False for a component."""
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    failed: bool = False
    status: str = ""

    @property
    def label(self) -> str:
        """Type and name of the resource."""
        return f"{type_of(self.urn)} {self.urn.rsplit('::', 1)[-1]}"

    @property
    def seconds(self) -> float:
        """Seconds that the operation has taken so far, or took in all."""
        return (self.ended or time.monotonic()) - self.began

    def state(self, preview: bool) -> str:
        """Return the state of the operation in words."""
        if self.failed:
            return "failed"
        if preview:
            return PLANNED.get(self.op, self.op) if self.op != "same" else ""
        if self.ended is None:
            return f"{UNDER_WAY.get(self.op, self.op)} ({self.seconds:.0f}s)"
        if self.op == "same":
            return ""
        return f"{DONE.get(self.op, self.op)} ({self.seconds:.2f}s)"

    def text(self, preview: bool) -> Text:
        """Return the row as it is shown."""
        sign, colour = ("!", "red") if self.failed else SIGNS.get(self.op, ("?", "dim"))
        spinning = self.ended is None and not preview
        lead = SPINNER[int(time.monotonic() * 10) % len(SPINNER)] if spinning else sign
        line = Text.assemble((f"{lead:<2} ", colour), self.label, " ")
        line.append(self.state(preview), colour)
        if self.status and self.ended is None:
            line.append(f"  {self.status}", "dim")
        return line


def type_of(urn: str) -> str:
    """Return the type in a URN, the innermost of those joined by `$`."""
    return urn.split("::")[2].rsplit("$", 1)[-1] if urn.count("::") >= 3 else ""
