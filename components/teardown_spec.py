"""Settings of the hook that deletes what users made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.spec.model import Spec


class TeardownSpec(Spec):
    """Hook that deletes the objects of users before a destroy deletes the drivers."""

    image: str = "public.ecr.aws/docker/library/python:3.13.5-slim"
    """Image with Python 3.11 or later, with a tag or digest that does not move. Nothing else in the
    image is used."""

    timeout_seconds: Annotated[int, Field(ge=60, le=7200)] = 1800
    """Maximum time that a destroy waits until users' claims, load balancers and training jobs are
    gone, in seconds."""
