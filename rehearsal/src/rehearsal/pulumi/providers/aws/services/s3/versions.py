"""Deletion of objects with all their versions, which a plain delete only hides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from rehearsal.pulumi.providers.server import ProviderError

# Maximum number of objects in one DeleteObjects call.
_AT_ONCE = 1000


def delete_versions(s3: Any, bucket: str, key: str | None = None, *, force: bool = False) -> None:
    """Delete every version and delete marker of one key, or of all keys.

    Args:
        s3: boto3 client of S3.
        bucket: Name of the bucket.
        key: Key of the object; None for all objects.
        force: True to bypass a governance retention.

    Raises:
        ProviderError: S3 kept some of the versions.
    """
    found = iter(list(_versions(s3, bucket, key)))
    bypass = {"BypassGovernanceRetention": True} if force else {}
    while batch := list(islice(found, _AT_ONCE)):
        answer = s3.delete_objects(
            Bucket=bucket, Delete={"Objects": batch, "Quiet": True}, **bypass
        )
        if kept := answer.get("Errors"):
            first = kept[0]
            raise ProviderError(
                f"deleting S3 Bucket ({bucket}) Object ({first['Key']}): {first['Message']}"
                f" ({len(kept)} in all)"
            )


def _versions(s3: Any, bucket: str, key: str | None) -> Iterator[dict[str, str]]:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key or "")
    for page in pages:
        for one in _listed(page):
            if key is None or one["Key"] == key:
                yield {"Key": one["Key"], "VersionId": one["VersionId"]}


def _listed(page: Mapping[str, Any]) -> Iterable[Mapping[str, str]]:
    return [*(page.get("Versions") or []), *(page.get("DeleteMarkers") or [])]
