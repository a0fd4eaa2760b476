"""Rules of the image that the cluster's own pods run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.account import Account
from settings.faults import NOT_SET, Fault, Path
from settings.stack import Settings

PINNED = re.compile(
    r"[^\s:@]+(:\d+/[^\s:@]+)?(:(?P<tag>[\w][\w.-]{0,127}))?(@sha256:[0-9a-f]{64})?"
)
MOVING_TAGS = {"latest"}
IMAGE: Path = ("workloads", "image")


def image(settings: Settings) -> Iterator[Fault]:
    """Pods that start later run the same as those that started first."""
    value = settings.workloads.image
    if value is None:
        return
    found = PINNED.fullmatch(value)
    pinned = found and ("@" in value or found["tag"] not in {None, *MOVING_TAGS})
    if not pinned:
        rule = "must be an image with a tag or digest that does not move: never :latest or none"
        yield Fault(IMAGE, rule, value, "write REGISTRY/NAME:TAG, or remove it")


def pushed(settings: Settings, account: Account) -> Iterator[Fault]:
    """A pod whose image is not there waits for it, and the update for the pod."""
    if account.missing_image is not None:
        rule = "without one, pods run what `make image` pushes, which is not in Amazon ECR yet"
        remedy = (
            f"run `make image STACK={settings.stack}`, which is needed again after a change of "
            f"workloads/, or set an image of your own. AWS says: {account.missing_image}"
        )
        yield Fault(IMAGE, rule, NOT_SET, remedy)


RULES = (image,)
IN_ACCOUNT = (pushed,)
