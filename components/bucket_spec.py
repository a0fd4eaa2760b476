"""Settings of a data bucket and its datasets, and the rules of S3 about them.

Sources: S3 User Guide, "General purpose bucket naming rules" and "Transitioning objects using
Amazon S3 Lifecycle".
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePath
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from components.bucket_name import is_bucket_name
from components.data_source_spec import is_file
from components.names import kms_key_errors, label_errors
from components.spec.errors import ConfigError
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

CREATED_BUCKET_FIELDS = ("name", "versioning", "force_destroy", "lifecycle")
"""Fields that have no effect on an existing bucket."""

INFREQUENT_ACCESS = {"STANDARD_IA", "ONEZONE_IA"}
MIN_INFREQUENT_ACCESS_DAYS = 30
ARCHIVES = {"GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"}
DAYS_BEFORE_ARCHIVE = 30
"""Days that an object is paid for as infrequent access before it may move to an archive."""
COLDNESS = {name: rank for rank, name in enumerate(get_args(StorageClass))}
"""Rank of each storage class: objects move to a class of a higher rank only."""
MAX_DATASET_NAME_LENGTH = 40
"""Characters of a dataset's name, which is part of names in Kubernetes."""


class TransitionSpec(Spec):
    """Move of objects to a cheaper storage class."""

    days: Annotated[int, Field(ge=0)]
    """Age at which objects move, in days."""

    storage_class: StorageClass
    """Storage class that objects move to."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for a move to infrequent access before 30 days."""
        if self.storage_class in INFREQUENT_ACCESS and self.days < MIN_INFREQUENT_ACCESS_DAYS:
            rule = (
                f"{self.storage_class} takes objects of {MIN_INFREQUENT_ACCESS_DAYS} days or more"
            )
            remedy = f"set {MIN_INFREQUENT_ACCESS_DAYS} or more"
            yield ConfigError(("days",), rule, self.days, remedy)


class LifecycleRuleSpec(Spec):
    """Rule that moves or deletes the objects under a prefix by their age."""

    prefix: str = ""
    """Prefix of the objects' keys, such as models/; by default the whole bucket."""

    transitions: tuple[TransitionSpec, ...] = ()
    """Moves to cheaper storage classes, by age."""

    expiration_days: Days | None = Field(default=None, examples=[365])
    """Age at which objects are deleted, in days. Without it, objects stay. A rule that covers the
    datasets must not set it."""

    noncurrent_expiration_days: Days | None = None
    """Days that a replaced or deleted version is kept. Without it, versions stay."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a lifecycle rule's actions and their order."""
        yield from _transition_order(self)
        last = max((step.days for step in self.transitions), default=0)
        if self.expiration_days is not None and self.expiration_days <= last:
            rule = "must be later than the rule's last transition"
            remedy = f"set {last + 1} or more"
            yield ConfigError(("expirationDays",), rule, self.expiration_days, remedy)
        if not (self.transitions or self.expiration_days or self.noncurrent_expiration_days):
            rule = "must have transitions, expirationDays or noncurrentExpirationDays"
            yield ConfigError((), rule, self.model_dump(by_alias=True), "add one of them")


DEFAULT_LIFECYCLE: Final = (LifecycleRuleSpec.model_validate({"noncurrentExpirationDays": 30}),)


class BucketDatasetSpec(Spec):
    """A dataset of two files, as the last release declared it; `datasets` takes its place."""

    train: str = Field(examples=["data/digits/train.csv"])
    """Path of the file to train with, relative to the project."""

    validation: str = Field(examples=["data/digits/validation.csv"])
    """Path of the file to validate with, relative to the project."""

    @property
    def channels(self) -> dict[str, str]:
        """Path of the file of each of SageMaker's channels."""
        return {"train": self.train, "validation": self.validation}

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for each file that does not exist on this machine."""
        for channel, file in (("train", self.train), ("validation", self.validation)):
            if not is_file(file):
                generated = PurePath(file).parts[:2] == ("data", "digits")
                remedy = "run `make data`" if generated else "give a path relative to the project"
                yield ConfigError((channel,), "the file must exist", file, remedy)


class BucketSpec(Spec):
    """An S3 bucket, created by the stack unless it names an existing one."""

    existing: str | None = Field(default=None, examples=["my-data-bucket"])
    """Name of an existing bucket to use. Only the datasets are put in it; nothing else in it
    changes. Without it, the stack creates a bucket."""

    name: str | None = Field(default=None, examples=["my-team-ml-data"])
    """Name of the bucket to create. Without it, Pulumi generates a unique name."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the objects. For an existing bucket, name its key; a new
    bucket gets this key. Without it, S3's own key is used. The key's policy must let IAM policies
    grant its use, as the default policy of a key does."""

    versioning: bool = True
    """Keep replaced and deleted objects as noncurrent versions; true by default."""

    force_destroy: bool = False
    """Let `pulumi destroy` delete a bucket that still has objects in it; false by default."""

    lifecycle: tuple[LifecycleRuleSpec, ...] = DEFAULT_LIFECYCLE
    """Lifecycle rules of the objects. By default, noncurrent versions are deleted after 30 days."""

    datasets: dict[str, BucketDatasetSpec] = Field(default_factory=dict)
    """Datasets by name, as the last release declared them. Declare them under `datasets`: with the
    same files, nothing is uploaded and no job trains again."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a bucket's name and key, and of fields that exclude others."""
        for key, value in (("name", self.name), ("existing", self.existing)):
            if value is not None and not is_bucket_name(value):
                rule = "must be a bucket name: 3 to 63 lower-case letters, digits, hyphens and dots"
                yield ConfigError((key,), rule, value, "rename it (a name, not an ARN or a URL)")
        yield from kms_key_errors(("kmsKeyArn",), self.kms_key_arn)
        yield from label_errors(("datasets",), self.datasets, MAX_DATASET_NAME_LENGTH)
        if self.existing is None:
            yield from _dataset_expiration(self)
        else:
            yield from _created_bucket_fields(self)


def _created_bucket_fields(spec: BucketSpec) -> Iterator[ConfigError]:
    values = spec.model_dump(by_alias=True)
    for field in CREATED_BUCKET_FIELDS:
        if field in spec.model_fields_set:
            alias = BucketSpec.model_fields[field].alias or field
            rule = "a bucket named by bucket.existing is adopted as it is"
            remedy = f"remove {alias}, or existing to have a bucket created"
            yield ConfigError((alias,), rule, values[alias], remedy, (("existing",),))


def _dataset_expiration(spec: BucketSpec) -> Iterator[ConfigError]:
    # Pulumi would not notice: its state does not change when the objects expire.
    prefixes = [f"datasets/{name}/" for name in spec.datasets]
    for i, lifecycle in enumerate(spec.lifecycle):
        prefix, days = lifecycle.prefix, lifecycle.expiration_days
        covers = any(one.startswith(prefix) or prefix.startswith(one) for one in prefixes)
        if covers and days is not None:
            rule = "deletes objects of bucket.datasets, which no later update would bring back"
            remedy = "remove it, or set a prefix outside datasets/, such as models/"
            path = ("lifecycle", i)
            depends_on = ((*path, "prefix"), ("datasets",))
            yield ConfigError((*path, "expirationDays"), rule, days, remedy, depends_on)


def _transition_order(spec: LifecycleRuleSpec) -> Iterator[ConfigError]:
    for i, (warm, cold) in enumerate(pairwise(spec.transitions), start=1):
        path = ("transitions", i)
        archived = cold.storage_class in ARCHIVES and warm.storage_class in INFREQUENT_ACCESS
        wait = DAYS_BEFORE_ARCHIVE if archived else 1
        if cold.days < warm.days + wait:
            rule = "must be later than the transition before it"
            if archived:
                rule = f"must be {wait} days or more after the transition before it"
            remedy = f"set {warm.days + wait} or more, or change their order"
            yield ConfigError((*path, "days"), rule, cold.days, remedy)
        if COLDNESS[cold.storage_class] <= COLDNESS[warm.storage_class]:
            rule = f"objects move only in the order {', '.join(COLDNESS)}"
            remedy = "choose a later class, or remove the transition"
            yield ConfigError((*path, "storageClass"), rule, cold.storage_class, remedy)
