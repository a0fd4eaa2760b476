"""Rules of Amazon EFS that other sections of the config have a part in."""

from __future__ import annotations

from collections.abc import Iterator

from components.names import kms_region_errors
from components.spec.errors import ConfigError, Path
from settings.stack import Settings

EFS: Path = ("storage", "efs")


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the key is one of the stack's Region."""
    path: Path = (*EFS, "kmsKeyArn")
    yield from kms_region_errors(path, settings.storage.efs.kms_key_arn, settings.region)


def access_point_permissions(settings: Settings) -> Iterator[ConfigError]:
    """Check that SageMaker, which mounts EFS without an access point, can read the datasets."""
    point = settings.storage.efs.access_point
    if settings.training.jobs and not point.lets_others_read:
        rule = "SageMaker reads the datasets as any other user: others must read and enter"
        path: Path = (*EFS, "accessPoint", "permissions")
        remedy, depends_on = point.permissions_remedy, (("training", "jobs"),)
        yield ConfigError(path, rule, point.permissions, remedy, depends_on)


RULES = (kms_key, access_point_permissions)
