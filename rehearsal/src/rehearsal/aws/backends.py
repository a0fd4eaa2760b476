"""Access moto's backends, which hold all state: one for each service, account and Region."""

from __future__ import annotations

from typing import Any, cast

from moto.core.base_backend import BackendDict
from moto.s3.models import FakeKey, S3Backend, s3_backends


def in_use() -> list[BackendDict[Any]]:
    """Return the services that were called, each with its backends by account and Region."""
    return list(BackendDict._instances)  # type: ignore[misc] # of any kind of backend


def clear() -> None:
    """Empty the account; moto's own reset would create every backend first, only to drop it."""
    for _, _, s3 in s3_backends.iter_backends():
        _close_objects(cast(S3Backend, s3))
    for backends in in_use():
        backends.clear()
    s3_backends.bucket_accounts.clear()
    BackendDict._instances.clear()  # type: ignore[misc] # of any kind of backend


def _close_objects(s3: S3Backend) -> None:
    """Close the temporary files that hold the objects of an account's buckets."""
    for bucket in s3.buckets.values():
        for _, versions in bucket.keys._iterlists():
            for version in versions:
                if isinstance(version, FakeKey):
                    version.dispose()
