"""Rules of the image that the cluster's own pods run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.spec.errors import NOT_SET, ConfigError, Path
from settings.account import Account
from settings.stack import Settings

NAME_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
PINNED = re.compile(
    rf"([a-zA-Z0-9.-]+(:\d+)?/)?{NAME_PART}(/{NAME_PART})*"
    r"(:(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
"""An image as the Open Container Initiative's distribution names it, maybe with a registry."""
MOVING_TAGS = {"latest"}
IMAGE: Path = ("workloads", "image")
TEARDOWN_IMAGE: Path = ("drivers", "teardown", "image")


def images(settings: Settings) -> Iterator[ConfigError]:
    """Pods that start later run the same as those that started first."""
    for path, value in _images(settings):
        found = PINNED.fullmatch(value)
        pinned = found and (found["digest"] or found["tag"] not in {None, *MOVING_TAGS})
        if not pinned:
            rule = "must be an image with a tag or digest that does not move: never :latest or none"
            yield ConfigError(path, rule, value, "write REGISTRY/NAME:TAG, or remove it")


def _images(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Every image of the user's own that pods run, and where it is set."""
    if settings.workloads.image is not None:
        yield IMAGE, settings.workloads.image
    yield TEARDOWN_IMAGE, settings.drivers.teardown.image
    repository = settings.patterns.model_repository
    for name, model in repository.models.items() if repository else ():
        if model.server.image is not None:
            path: Path = ("patterns", "modelRepository", "models", name, "server", "image")
            yield path, model.server.image


def pushed(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """A pod whose image is not there waits for it, and the update for the pod."""
    if account.missing_image is not None:
        rule = "without one, pods run what `make image` pushes, which is not in Amazon ECR yet"
        remedy = (
            f"run `make image STACK={settings.stack}`, which is needed again after a change of "
            f"workloads/, or set an image of your own. AWS says: {account.missing_image}"
        )
        yield ConfigError(IMAGE, rule, NOT_SET, remedy)


RULES = (images,)
IN_ACCOUNT = (pushed,)
