"""Rules of the data bucket and its datasets.

Sources: S3 User Guide, "General purpose bucket naming rules" and "Transitioning objects using
Amazon S3 Lifecycle".
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import get_args

from components.names import kms_key_errors, kms_region_errors, label_errors
from components.spec.errors import ConfigError, Path
from settings.bucket import LifecycleRule, StorageClass
from settings.rules.link import overlapping
from settings.stack import Settings

BUCKET: Path = ("bucket",)
LIFECYCLE: Path = (*BUCKET, "lifecycle")
DATASETS: Path = (*BUCKET, "datasets")

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
OF_CREATED_BUCKETS = ("name", "versioning", "force_destroy", "lifecycle")

INFREQUENT_ACCESS = {"STANDARD_IA", "ONEZONE_IA"}
SOONEST_INFREQUENT = 30
GLACIER = {"GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"}
FROM_INFREQUENT_TO_GLACIER = 30
"""Days that an object is paid for as infrequent access before it may move to an archive."""
COLDER = {name: rank for rank, name in enumerate(get_args(StorageClass))}
"""The waterfall: objects move from a class to later ones only."""


def bucket_names(settings: Settings) -> Iterator[ConfigError]:
    """A bucket's name is a DNS name of 3 to 63 characters."""
    for key, value in (("name", settings.bucket.name), ("existing", settings.bucket.existing)):
        if value is not None and not _is_bucket_name(value):
            rule = "must be a bucket name: 3 to 63 lower-case letters, digits, hyphens and dots"
            yield ConfigError(
                (*BUCKET, key), rule, value, "rename it (a name, not an ARN or a URL)"
            )


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """A customer's key is given by its ARN."""
    path, arn = (*BUCKET, "kmsKeyArn"), settings.bucket.kms_key_arn
    yield from kms_key_errors(path, arn)
    yield from kms_region_errors(path, arn, settings.region)


def created_or_adopted(settings: Settings) -> Iterator[ConfigError]:
    """An adopted bucket is left as it is, so nothing about it can be set."""
    bucket = settings.bucket
    if bucket.existing is None:
        return
    for field in OF_CREATED_BUCKETS:
        if field in bucket.model_fields_set:
            alias = type(bucket).model_fields[field].alias or field
            rule = "a bucket named by bucket.existing is adopted as it is"
            remedy = f"remove {alias}, or existing to have a bucket created"
            value = bucket.model_dump(by_alias=True)[alias]
            yield ConfigError((*BUCKET, alias), rule, value, remedy, ((*BUCKET, "existing"),))


def transition_ages(settings: Settings) -> Iterator[ConfigError]:
    """Infrequent access begins at 30 days."""
    for i, rule in enumerate(settings.bucket.lifecycle):
        for j, step in enumerate(rule.transitions):
            if step.storage_class in INFREQUENT_ACCESS and step.days < SOONEST_INFREQUENT:
                path = (*LIFECYCLE, i, "transitions", j, "days")
                text = f"{step.storage_class} takes objects of {SOONEST_INFREQUENT} days or more"
                yield ConfigError(path, text, step.days, f"set {SOONEST_INFREQUENT} or more")


def transition_order(settings: Settings) -> Iterator[ConfigError]:
    """Later transitions go to colder classes."""
    for i, rule in enumerate(settings.bucket.lifecycle):
        for j, (warm, cold) in enumerate(zip(rule.transitions, rule.transitions[1:], strict=False)):
            path = (*LIFECYCLE, i, "transitions", j + 1)
            archived = cold.storage_class in GLACIER and warm.storage_class in INFREQUENT_ACCESS
            wait = FROM_INFREQUENT_TO_GLACIER if archived else 1
            if cold.days < warm.days + wait:
                text = "must be later than the transition before it"
                if archived:
                    text = f"must be {wait} days or more after the transition before it"
                remedy = f"set {warm.days + wait} or more, or change their order"
                yield ConfigError((*path, "days"), text, cold.days, remedy)
            if COLDER[cold.storage_class] <= COLDER[warm.storage_class]:
                text = f"objects move only in the order {', '.join(COLDER)}"
                remedy = "choose a later class, or remove the transition"
                yield ConfigError((*path, "storageClass"), text, cold.storage_class, remedy)


def expiration(settings: Settings) -> Iterator[ConfigError]:
    """Objects move before they are deleted."""
    for i, rule in enumerate(settings.bucket.lifecycle):
        last = max((step.days for step in rule.transitions), default=0)
        if rule.expiration_days is not None and rule.expiration_days <= last:
            text = "must be later than the rule's last transition"
            path = (*LIFECYCLE, i, "expirationDays")
            yield ConfigError(path, text, rule.expiration_days, f"set {last + 1} or more")


def datasets_are_kept(settings: Settings) -> Iterator[ConfigError]:
    """What jobs train on stays in the bucket; Pulumi would not miss it."""
    if settings.bucket.existing is not None:
        return
    prefixes = [f"datasets/{name}/" for name in settings.bucket.datasets]
    for i, rule in enumerate(settings.bucket.lifecycle):
        covers = any(overlapping(rule.prefix, prefix) for prefix in prefixes)
        if covers and rule.expiration_days is not None:
            text = "deletes objects of bucket.datasets, which no later update would bring back"
            remedy = "remove it, or set a prefix outside datasets/, such as models/"
            depends_on: tuple[Path, ...] = ((*LIFECYCLE, i, "prefix"), DATASETS)
            where: Path = (*LIFECYCLE, i, "expirationDays")
            yield ConfigError(where, text, rule.expiration_days, remedy, depends_on)


def rules_that_do_something(settings: Settings) -> Iterator[ConfigError]:
    """S3 refuses a rule without an action."""
    for i, rule in enumerate(settings.bucket.lifecycle):
        if not _acts(rule):
            text = "must have transitions, expirationDays or noncurrentExpirationDays"
            yield ConfigError(
                (*LIFECYCLE, i), text, rule.model_dump(by_alias=True), "add one of them"
            )


def dataset_names(settings: Settings) -> Iterator[ConfigError]:
    """A dataset's name is part of object keys and of names in Kubernetes."""
    yield from label_errors(DATASETS, settings.bucket.datasets, longest=40)


def dataset_files(settings: Settings) -> Iterator[ConfigError]:
    """Every file to upload is there."""
    for name, dataset in settings.bucket.datasets.items():
        for channel, file in (("train", dataset.train), ("validation", dataset.validation)):
            if not is_file(pathlib.Path(file)):
                made = pathlib.PurePath(file).parts[:2] == ("data", "digits")
                remedy = "run `make data`" if made else "give a path relative to the project"
                yield ConfigError((*DATASETS, name, channel), "the file must exist", file, remedy)


def is_file(path: pathlib.Path) -> bool:
    """Whether a file is there; a path that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_bucket_name(name: str) -> bool:
    """Whether S3 takes it as a general purpose bucket's name."""
    return (
        NAME.fullmatch(name) is not None
        and ".." not in name
        and re.fullmatch(r"\d+(\.\d+){3}", name) is None
        and not name.startswith(RESERVED_STARTS)
        and not name.endswith(RESERVED_ENDS)
    )


def _acts(rule: LifecycleRule) -> bool:
    """Whether a lifecycle rule does anything."""
    return bool(rule.transitions or rule.expiration_days or rule.noncurrent_expiration_days)


RULES = (
    bucket_names,
    kms_key,
    created_or_adopted,
    transition_ages,
    transition_order,
    expiration,
    rules_that_do_something,
    datasets_are_kept,
    dataset_names,
    dataset_files,
)
