"""Content of a prefix of the data bucket, as S3 lists it when the stack is deployed."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

MAX_KEYS = 100_000
"""Number of objects of a prefix that are looked at; a model has some tens of files."""


class ListedObject(NamedTuple):
    """An object below a prefix."""

    name: str
    """Key without the prefix."""
    size: int
    """Size in bytes."""
    etag: str
    """ETag, which changes with the content, and with the parts and the key of an upload."""


def listing_digest(
    bucket_name: pulumi.Input[str], prefix: str, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Return a digest of the objects below a prefix, read with the stack's own credentials.

    Args:
        bucket_name: Name of the bucket.
        prefix: A prefix with a slash at its end.
        parent: Resource whose provider is used.

    Returns:
        A digest of names, sizes and ETags; empty where there is nothing yet.
    """
    options = pulumi.InvokeOutputOptions(parent=parent)

    def listed(key: str) -> pulumi.Output[tuple[str, int, str]]:
        found = aws.s3.get_object_output(
            bucket=bucket_name, key=key, download_body="false", opts=options
        )
        return found.apply(lambda one: (key.removeprefix(prefix), one.content_length, one.etag))

    def all_of(keys: Sequence[str]) -> pulumi.Output[str]:
        # A console makes keys that end in a slash, to show empty folders.
        objects = [listed(key) for key in keys if not key.endswith("/")]
        return pulumi.Output.all(*objects).apply(
            lambda known: objects_digest(ListedObject(*each) for each in known)
        )

    return aws.s3.get_objects_output(
        bucket=bucket_name, prefix=prefix, max_keys=MAX_KEYS, opts=options
    ).keys.apply(all_of)


def objects_digest(objects: Iterable[ListedObject]) -> str:
    """Return a digest of the names and contents of objects, 12 hexadecimal digits; or empty.

    Agreed with `workloads.download`, which refuses a prefix that has changed since.
    """
    lines = sorted(f"{one.name}\t{one.size}\t{one.etag}\n" for one in objects)
    return sha256("".join(lines).encode()).hexdigest()[:12] if lines else ""
