"""The data bucket: datasets in, models out."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from components.spec.model import Spec

StorageClass = Literal[
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
]
Days = Annotated[int, Field(ge=1)]


class Transition(Spec):
    """A move of objects to a cheaper storage class."""

    days: Annotated[int, Field(ge=0)]
    """The age at which they move, in days."""

    storage_class: StorageClass
    """Where they move to."""


class LifecycleRule(Spec):
    """What becomes of the objects under a prefix as they age."""

    prefix: str = ""
    """The objects it covers, such as models/; empty means the whole bucket."""

    transitions: tuple[Transition, ...] = ()
    """Moves to cheaper storage classes, by age."""

    expiration_days: Days | None = None
    """The age at which objects are deleted, in days; of no rule that covers the datasets."""

    noncurrent_expiration_days: Days | None = None
    """How many days a replaced or deleted version is kept."""


DEFAULT_LIFECYCLE: Final = (LifecycleRule.model_validate({"noncurrentExpirationDays": 30}),)


class Dataset(Spec):
    """A dataset to train on: CSV, the label first, no header."""

    train: str
    """The file to train with, relative to the project."""

    validation: str
    """The file to validate with, relative to the project."""


class Bucket(Spec):
    """An S3 bucket, created by the stack unless it names an existing one."""

    existing: str | None = None
    """The name of a bucket to adopt. It is left as it is, but for the datasets put in it."""

    name: str | None = None
    """The name of the bucket to create. Without one, a unique name is made."""

    kms_key_arn: str | None = None
    """The KMS key that encrypts its objects, as an ARN: of an existing bucket the one it has, of a
    bucket that is created the one it gets. Without one, S3's own key. The key's policy has to
    leave permissions to IAM, as a key's first policy does."""

    versioning: bool = True
    """Keep replaced and deleted objects as noncurrent versions."""

    force_destroy: bool = False
    """Let destroy delete a bucket that has objects in it."""

    lifecycle: tuple[LifecycleRule, ...] = DEFAULT_LIFECYCLE
    """What becomes of objects as they age."""

    datasets: dict[str, Dataset] = Field(default_factory=dict)
    """Datasets by name; each is uploaded to datasets/NAME/DIGEST/train/ and
    datasets/NAME/DIGEST/validation/, where the digest tells the content of its files."""
