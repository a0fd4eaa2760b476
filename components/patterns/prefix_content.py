"""The content of a prefix of the data bucket, as S3 lists it when the stack is deployed."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

MOST_KEYS = 100_000
"""Objects of a prefix that are looked at; a model has some tens of files."""


class Listed(NamedTuple):
    """An object below a prefix."""

    name: str
    """Key without the prefix."""
    size: int
    """Size in bytes."""
    etag: str
    """Changes with the content; that of a copy in other parts or with another key differs too."""


def listing_digest(
    bucket_name: pulumi.Output[str], prefix: str, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Ask S3 what is below a prefix, by the AWS provider, with the stack's own credentials.

    Args:
        bucket_name: Name of the bucket.
        prefix: A prefix with a slash at its end.
        parent: Resource by whose provider it is asked.

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
            lambda known: digest(Listed(*each) for each in known)
        )

    return aws.s3.get_objects_output(
        bucket=bucket_name, prefix=prefix, max_keys=MOST_KEYS, opts=options
    ).keys.apply(all_of)


def digest(objects: Iterable[Listed]) -> str:
    """A digest of what objects are called and hold, 12 hexadecimal digits; empty without any.

    Agreed with `workloads.download`, which refuses a prefix that has changed since.
    """
    lines = sorted(f"{one.name}\t{one.size}\t{one.etag}\n" for one in objects)
    return sha256("".join(lines).encode()).hexdigest()[:12] if lines else ""
