"""moto's backends: all the state there is, a backend for each service, account and region."""

from __future__ import annotations

from typing import Any

from moto.core.base_backend import BackendDict
from moto.s3.models import s3_backends


def in_use() -> list[BackendDict[Any]]:
    """The services that were called, each with its backends by account and region."""
    return list(BackendDict._instances)  # type: ignore[misc] # of any kind of backend


def clear() -> None:
    """Empties the account. moto's own reset makes every backend anew, only to drop it."""
    for _, _, s3 in s3_backends.iter_backends():
        s3.reset()  # closes the temporary files that hold its objects
    for backends in in_use():
        backends.clear()
    BackendDict._instances.clear()  # type: ignore[misc] # of any kind of backend
