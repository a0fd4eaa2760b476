"""Settings of the workloads image, and the form of an image reference that pods may run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.spec.model import Spec

NAME_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
REFERENCE = re.compile(
    rf"([a-zA-Z0-9.-]+(:\d+)?/)?{NAME_PART}(/{NAME_PART})*"
    r"(:(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
"""Image reference of the Open Container Initiative's distribution, with or without a registry."""
MOVING_TAGS = {"latest"}


class ImageSpec(Spec):
    """Workloads image, which the stack's own pods run."""

    image: str | None = Field(
        default=None, examples=["123456789012.dkr.ecr.us-west-2.amazonaws.com/my-workloads:1.4.0"]
    )
    """Image of your own, with its tag or digest. Without it, pods run the image that `make image`
    builds from workloads/ and pushes to the repository PROJECT-workloads of the account's registry;
    its tag is a hash of the sources."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for an image whose tag can move."""
        yield from image_errors(("image",), self.image)


def image_errors(path: Path, image: str | None) -> Iterator[ConfigError]:
    """Yield an error for an image whose tag can move: pods that start later must run the same.

    Args:
        path: Path of the image in the config.
        image: The image; None for none.
    """
    if image is None:
        return
    found = REFERENCE.fullmatch(image)
    if not (found and (found["digest"] or found["tag"] not in {None, *MOVING_TAGS})):
        rule = "must be an image with a tag or digest that does not move: never :latest or none"
        yield ConfigError(path, rule, image, "write REGISTRY/NAME:TAG, or remove it")
