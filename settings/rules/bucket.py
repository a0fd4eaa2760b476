"""Rules of the data bucket that depend on other sections or on the Region."""

from __future__ import annotations

from collections.abc import Iterator

from components.data_source_spec import MODEL_PREFIX, PREFIX
from components.names import kms_region_errors
from components.spec.errors import ConfigError, Path
from settings.stack import Settings


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the bucket's key is one of the stack's Region."""
    path, arn = ("bucket", "kmsKeyArn"), settings.bucket.kms_key_arn
    yield from kms_region_errors(path, arn, settings.region)


def dataset_expiration(settings: Settings) -> Iterator[ConfigError]:
    """Check that no lifecycle rule deletes what the stack uploads.

    Pulumi would not notice: its state does not change when the objects expire.
    """
    spec = settings.bucket
    if spec.existing is not None:
        return
    prefixes = [f"{PREFIX}{name}/" for name in settings.datasets if name in settings.local_datasets]
    prefixes += [f"{MODEL_PREFIX}{name}/" for name in settings.local_models]
    for i, lifecycle in enumerate(spec.lifecycle):
        prefix, days = lifecycle.prefix, lifecycle.expiration_days
        covers = any(one.startswith(prefix) or prefix.startswith(one) for one in prefixes)
        if covers and days is not None:
            rule = "deletes objects of datasets and models, which no later update would bring back"
            path: Path = ("bucket", "lifecycle", i)
            remedy = "remove it, or set another prefix, such as models/"
            depends_on: tuple[Path, ...] = ((*path, "prefix"), ("datasets",), ("models",))
            yield ConfigError((*path, "expirationDays"), rule, days, remedy, depends_on)


RULES = (kms_key, dataset_expiration)
