"""Models that the stack does not train, where a copy to the shared storage finds them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.bucket import Bucket
from components.iam import Statement, read_objects, read_prefix
from components.prefix_dataset import PrefixDataset


@dataclass(frozen=True)
class StoredModel:
    """Files of a model below a prefix in S3."""

    uri: pulumi.Input[str]
    """Address in S3, with a slash at its end."""
    version: str
    """Digest of the content; part of the directory name on the shared storage."""
    listing: str
    """Digest of the listing that a copy must find; empty where the prefix has one content only."""
    access: list[Statement]
    """IAM statements that allow to read it."""
    uploads: tuple[pulumi.Resource, ...]
    """Resources that are there once the files are."""


def stored_models(bucket: Bucket, prefixes: Mapping[str, PrefixDataset]) -> dict[str, StoredModel]:
    """Return the models of local files and those that are in S3 already, by name.

    Args:
        bucket: Data bucket with the local files.
        prefixes: Models that are in S3 already.
    """
    local = {
        name: StoredModel(
            uri=pulumi.Output.concat("s3://", bucket.name, "/", model.prefix),
            version=model.digest,
            listing="",
            access=[*read_objects(bucket.arn, [model.prefix]), *bucket.use_key],
            uploads=(model,),
        )
        for name, model in bucket.models.items()
    }
    found = {
        name: StoredModel(
            uri=model.place.uri,
            version=model.content.digest,
            # A manifest tells the content by another digest than that of the listing.
            listing="" if model.manifest else model.content.digest,
            access=read_prefix(model),
            uploads=(),
        )
        for name, model in prefixes.items()
    }
    return {**local, **found}
