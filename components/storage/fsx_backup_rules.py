"""Rules of FSx for Lustre about backups, and the restore of one.

Sources: Amazon FSx API Reference, CreateFileSystemFromBackup and DeleteFileSystem; FSx for Lustre
User Guide, "Working with backups".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.spec.errors import ConfigError, Path
from components.storage.fsx_association_spec import ASSOCIATIONS

if TYPE_CHECKING:
    from components.storage.fsx_spec import FsxSpec

TYPE: Path = ("deploymentType",)
LINK: Path = ("link",)
FINAL: Path = ("finalBackup",)
BACKUP: Path = ("backupId",)

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
BACKUP_ID = re.compile(r"backup-[0-9a-f]{8,121}")
MAX_FINAL_TAGS = 50


def _backups(fsx: FsxSpec) -> Iterator[ConfigError]:
    path, value = ("automaticBackupRetentionDays",), fsx.automatic_backup_retention_days
    if value and fsx.is_linked:
        rule = "a file system linked to S3 has no backups: the bucket is its durable copy"
        remedy = "set 0, or `link: null`" if fsx.link else "set 0, or remove the associations"
        yield ConfigError(path, rule, value, remedy, (LINK, ASSOCIATIONS))
    elif value and fsx.deployment_type == "SCRATCH_2":
        rule = "a scratch file system has no backups"
        yield ConfigError(path, rule, value, "set 0, or deploymentType PERSISTENT_1", (TYPE,))


def _backup_time(fsx: FsxSpec) -> Iterator[ConfigError]:
    path, value = ("dailyAutomaticBackupStartTime",), fsx.daily_automatic_backup_start_time
    if value is None:
        return
    if not TIME_OF_DAY.fullmatch(value):
        yield ConfigError(path, "must be HH:MM in UTC", value, 'set for instance "02:00"')
    if not fsx.automatic_backup_retention_days:
        rule = "has a meaning only where automaticBackupRetentionDays is above 0"
        depends_on = (("automaticBackupRetentionDays",),)
        yield ConfigError(path, rule, value, "remove it", depends_on)


def _other_backups(fsx: FsxSpec) -> Iterator[ConfigError]:
    """Check what belongs to backups against the types that have none."""
    for path, value in (
        (FINAL, fsx.final_backup),
        (("copyTagsToBackups",), fsx.copy_tags_to_backups),
    ):
        if value and fsx.is_linked:
            rule = "a file system linked to S3 has no backups: the bucket is its durable copy"
            remedy = "set false, or `link: null`" if fsx.link else "set false"
            yield ConfigError(path, rule, value, remedy, (LINK, ASSOCIATIONS))
        elif value and fsx.deployment_type == "SCRATCH_2":
            rule = "a scratch file system has no backups"
            yield ConfigError(path, rule, value, "set false, or a persistent type", (TYPE,))


def _final_tags(fsx: FsxSpec) -> Iterator[ConfigError]:
    path: Path = ("finalBackupTags",)
    if fsx.final_backup_tags and not fsx.final_backup:
        rule = "has a meaning only where finalBackup is true"
        yield ConfigError(path, rule, fsx.final_backup_tags, "set it, or remove the tags", (FINAL,))
    if len(fsx.final_backup_tags) > MAX_FINAL_TAGS:
        rule = f"must be at most {MAX_FINAL_TAGS}"
        yield ConfigError(path, rule, len(fsx.final_backup_tags), "remove some")


def _restore(fsx: FsxSpec) -> Iterator[ConfigError]:
    value = fsx.backup_id
    if value is None:
        return
    if not BACKUP_ID.fullmatch(value):
        rule = "must be the id of a backup of FSx: backup- and hexadecimal digits"
        yield ConfigError(BACKUP, rule, value, "see `aws fsx describe-backups`")
    if fsx.deployment_type == "SCRATCH_2":
        rule = "a backup is of a persistent file system, and so is what is made of it"
        remedy = "set deploymentType to that of the backup"
        yield ConfigError(BACKUP, rule, value, remedy, (TYPE,))


RULES = (_backups, _backup_time, _other_backups, _final_tags, _restore)
