"""Rules of the image that the cluster's own pods run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.faults import Fault
from settings.stack import Settings

PINNED = re.compile(
    r"[^\s:@]+(:\d+/[^\s:@]+)?(:(?P<tag>[\w][\w.-]{0,127}))?(@sha256:[0-9a-f]{64})?"
)
MOVING_TAGS = {"latest"}


def image(settings: Settings) -> Iterator[Fault]:
    """Pods that start later run the same as those that started first."""
    value = settings.workloads.image
    if value is None:
        return
    found = PINNED.fullmatch(value)
    pinned = found and ("@" in value or found["tag"] not in {None, *MOVING_TAGS})
    if not pinned:
        rule = "must be an image with a tag or digest that does not move: never :latest or none"
        yield Fault(("workloads", "image"), rule, value, "write REGISTRY/NAME:TAG, or remove it")


RULES = (image,)
