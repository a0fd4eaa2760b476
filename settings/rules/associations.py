"""Rules of data repository associations that depend on the data bucket.

Source: Amazon FSx API Reference, CreateDataRepositoryAssociation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from components.spec.errors import ConfigError, Path
from components.storage.fsx_association_spec import FsxAssociationSpec, overlaps, path_overlap
from components.storage.fsx_link_spec import S3
from settings.stack import Settings

FSX: Path = ("storage", "fsx")


def one_bucket(settings: Settings) -> Iterator[ConfigError]:
    """Compare a prefix of the data bucket with an s3:// path, which may be of the same bucket."""
    bucket = settings.bucket.existing or settings.bucket.name
    for (first, one), (second, other) in combinations(wanted_associations(settings).items(), 2):
        mixed = one.path.startswith(S3) != other.path.startswith(S3)
        if mixed and overlaps(one.path, other.path, bucket):
            yield path_overlap(second, other, first).prefixed(FSX)


def wanted_associations(settings: Settings) -> Mapping[str, FsxAssociationSpec]:
    """Return the associations of the file system that is in use, by name."""
    fsx = settings.storage.used_fsx
    return fsx.associations if fsx is not None else {}


RULES = (one_bucket,)
