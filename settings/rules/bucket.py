"""Rules of the data bucket that depend on the Region."""

from __future__ import annotations

from collections.abc import Iterator

from components.names import kms_region_errors
from components.spec.errors import ConfigError
from settings.stack import Settings


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the bucket's key is one of the stack's Region."""
    path, arn = ("bucket", "kmsKeyArn"), settings.bucket.kms_key_arn
    yield from kms_region_errors(path, arn, settings.region)


RULES = (kms_key,)
