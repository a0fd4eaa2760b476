"""API calls of FSx for backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from rehearsal.aws.fsx import rules
from rehearsal.aws.fsx.creation import Creation, refuse
from rehearsal.aws.fsx.models import Described, FileSystem, new_id
from rehearsal.aws.service import Lifecycle, Refusal

INHERITED = (
    "DeploymentType",
    "PerUnitStorageThroughput",
    "DriveCacheType",
    "MetadataConfiguration",
    "ThroughputCapacity",
    "DataReadCacheConfiguration",
)
"""Settings of the backed-up file system that a request may leave out."""


class BackupCalls(Creation):
    """CreateBackup and the other calls for backups."""

    def create_backup(self) -> ActionResult:
        """Back up a persistent file system that is not linked to S3."""
        file_system = self.fsx.file_system(self.given["FileSystemId"])
        made: Described = self.fsx.tokens.once(
            self.given,
            "ClientRequestToken",
            lambda: self.back_up(file_system, self.given.get("Tags") or []),
            self.token_refused,
        )
        return ActionResult({"Backup": made.as_created()})

    def describe_backups(self) -> ActionResult:
        """Describe backups by id, all backups, or those of some file systems."""
        ids = self.given.get("BackupIds") or list(self.fsx.backups)
        backups = [self.backup(one).describe() for one in ids]
        for condition in self.given.get("Filters") or []:
            if condition["Name"] == "file-system-id":
                backups = [
                    b for b in backups if b["FileSystem"]["FileSystemId"] in condition["Values"]
                ]
        return self.page("Backups", backups)

    def delete_backup(self) -> ActionResult:
        """Delete a backup."""
        backup_id = self.given["BackupId"]
        self.fsx.tokens.forget(self.backup(backup_id))
        del self.fsx.backups[backup_id]
        return ActionResult({"BackupId": backup_id, "Lifecycle": "DELETED"})

    def back_up(self, file_system: FileSystem, tags: list[dict[str, str]]) -> Described:
        """Create and return a backup of a file system.

        Raises:
            Refusal: The file system is not persistent, or is linked to S3.
        """
        if file_system.linked or file_system.lustre["DeploymentType"].startswith("SCRATCH"):
            raise Refusal(
                "UnsupportedOperation",
                "Backups are supported for persistent file systems that are not linked to a data "
                "repository only.",
            )
        backup_id = new_id("backup")
        backup = Described(
            {
                "BackupId": backup_id,
                "Type": "USER_INITIATED",
                "ResourceType": "FILE_SYSTEM",
                "CreationTime": utcnow(),
                "OwnerId": self.current_account,
                "KmsKeyId": file_system.description["KmsKeyId"],
                "ResourceARN": self.fsx.new_arn("backup", backup_id),
                "Tags": tags,
                "FileSystem": file_system.describe(),
            },
            Lifecycle("CREATING", "AVAILABLE"),
        )
        self.fsx.backups[backup_id] = backup
        return backup

    def restore(self) -> FileSystem:
        """Create and return the file system of a backup.

        Raises:
            Refusal: The backup does not exist, or the request does not fit it.
        """
        backup_id = self.given["BackupId"]
        backup = self.backup(backup_id).description["FileSystem"]
        refuse(_restore_refusal(self.given, backup))
        inherited = {
            key: backup[key]
            for key in ("StorageCapacity", "StorageType", "FileSystemTypeVersion")
            if key in backup
        }
        lustre = {
            key: backup["LustreConfiguration"][key]
            for key in INHERITED
            if key in backup["LustreConfiguration"]
        } | (self.given.get("LustreConfiguration") or {})
        made = self.create(inherited | self.given | {"LustreConfiguration": lustre})
        made.restored_from = backup_id
        return made

    def backup(self, backup_id: str) -> Described:
        """Return the backup with an id.

        Raises:
            Refusal: BackupNotFound.
        """
        if found := self.fsx.backups.get(backup_id):
            return found
        raise Refusal("BackupNotFound", f"The backup '{backup_id}' does not exist.")


def _restore_refusal(request: Mapping[str, Any], backup: Mapping[str, Any]) -> Refusal | None:
    """Return the error for a request that does not fit the backed-up file system, or None.

    Source: FSx API reference of CreateFileSystemFromBackup.
    """
    capacity, there = request.get("StorageCapacity"), backup.get("StorageCapacity")
    if capacity is not None and capacity != there:
        return Refusal(
            "BadRequest",
            f"StorageCapacity must be that of the backup, {there} GiB, got: {capacity}.",
        )
    version, old = request.get("FileSystemTypeVersion"), backup["FileSystemTypeVersion"]
    if version and rules.VERSIONS.index(version) < rules.VERSIONS.index(old):
        return Refusal(
            "BadRequest", f"FileSystemTypeVersion {version} is older than the backup's, {old}."
        )
    metadata = (request.get("LustreConfiguration") or {}).get("MetadataConfiguration")
    if metadata and old != "2.15":
        return Refusal(
            "BadRequest",
            f"A file system of a backup of version {old} can't have a metadata configuration.",
        )
    return None
