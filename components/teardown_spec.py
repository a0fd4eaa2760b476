"""Settings of the hook that deletes what users made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.spec.model import Spec


class TeardownSpec(Spec):
    """The hook that deletes what users made, before a destroy deletes the drivers."""

    image: str = "public.ecr.aws/docker/library/python:3.13.5-slim"
    """Image with Python 3.11 or later, with its tag or digest; nothing else in it is used."""

    timeout_seconds: Annotated[int, Field(ge=60, le=7200)] = 1800
    """Seconds that a destroy waits until the claims, load balancers and training jobs of users are
    gone."""
