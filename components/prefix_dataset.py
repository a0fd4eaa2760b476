"""Datasets that lie in S3 already, named by their prefix."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from components.data_source_spec import S3Prefix
from components.prefix_listing import DIGEST_LENGTH, PrefixListing


@dataclass(frozen=True)
class PrefixDataset:
    """A dataset below a prefix of a bucket, which nobody of this stack writes to."""

    name: str
    """Name of the dataset."""
    place: S3Prefix
    """Bucket and prefix."""
    content: PrefixListing
    """Content, as it was listed."""
    folders: Mapping[str, str]
    """Folder of each channel below the prefix, no slash at either end; empty for all of it."""
    manifest: str | None = None
    """Key of the object whose ETag tells the content; None if the listing does."""
    kms_key_arn: str | None = None
    """ARN of the KMS key that encrypts the objects; None for S3's own."""
    on_storage: bool = field(default=True)
    """True if the shared storage is to have the objects."""

    @property
    def digest(self) -> str:
        """Digest of what a job reads: the content, and the folder of each channel."""
        folders = json.dumps(dict(self.folders), sort_keys=True)
        both = sha256(f"{self.content.digest} {folders}".encode())
        return both.hexdigest()[:DIGEST_LENGTH]

    def uris(self) -> dict[str, str]:
        """Return the address in S3 of each channel, with a slash at its end."""
        return {
            channel: f"{self.place.uri}{folder}/" if folder else self.place.uri
            for channel, folder in self.folders.items()
        }
