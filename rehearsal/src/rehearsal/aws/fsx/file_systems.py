"""API calls of FSx for file systems."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from rehearsal.aws import clock, interfaces
from rehearsal.aws.fsx import rules, tiers
from rehearsal.aws.fsx.backups import BackupCalls
from rehearsal.aws.fsx.creation import refuse
from rehearsal.aws.fsx.models import FileSystem
from rehearsal.aws.service import Refusal

HOURS_BETWEEN_GROWTHS = 6
"""Minimum hours between two increases of the storage capacity.

Source: FSx for Lustre User Guide, "Managing storage capacity".
"""

UPDATABLE = (
    "WeeklyMaintenanceStartTime",
    "DailyAutomaticBackupStartTime",
    "AutomaticBackupRetentionDays",
    "DataCompressionType",
    "LogConfiguration",
    "RootSquashConfiguration",
    "PerUnitStorageThroughput",
    "MetadataConfiguration",
    "ThroughputCapacity",
    "DataReadCacheConfiguration",
)


class FileSystemCalls(BackupCalls):
    """CreateFileSystem and the other calls for file systems."""

    def create_file_system(self) -> ActionResult:
        """Create a Lustre file system; a repeated token returns the file system created before."""
        if self.given["FileSystemType"] != "LUSTRE":
            raise NotImplementedError("Of the types of file system, LUSTRE is.")
        made: FileSystem = self.fsx.tokens.once(
            self.given, "ClientRequestToken", lambda: self.create(self.given), self.token_refused
        )
        return ActionResult({"FileSystem": made.as_created()})

    def create_file_system_from_backup(self) -> ActionResult:
        """Create a file system with the settings and the files of a backed-up one."""
        made: FileSystem = self.fsx.tokens.once(
            self.given, "ClientRequestToken", self.restore, self.token_refused
        )
        return ActionResult({"FileSystem": made.as_created()})

    def describe_file_systems(self) -> ActionResult:
        """Describe file systems by id, or all."""
        ids = self.given.get("FileSystemIds") or list(self.fsx.file_systems)
        return self.page("FileSystems", [self.fsx.file_system(one).describe() for one in ids])

    def update_file_system(self) -> ActionResult:
        """Change the settings of a file system."""
        file_system = self.fsx.file_system(self.given["FileSystemId"])
        settings = self.given.get("LustreConfiguration") or {}
        refuse(self._update_refusal(file_system, settings))
        description = file_system.description
        changed: dict[str, Any] = {
            k: self.given[k]
            for k in ("StorageCapacity", "FileSystemTypeVersion")
            if k in self.given
        }
        description.update(changed)
        if "StorageCapacity" in changed:
            file_system.grown_at = clock.now()
        if "MetadataConfiguration" in settings:
            file_system.raised_at = clock.now()
        file_system.lustre.update({k: settings[k] for k in UPDATABLE if k in settings})
        if "AutoImportPolicy" in settings:
            link = file_system.lustre["DataRepositoryConfiguration"]
            link["AutoImportPolicy"] = settings["AutoImportPolicy"]
        if "AutoImportPolicy" in settings and file_system.subscription:
            file_system.subscription.put()
        description["AdministrativeActions"] = [
            {
                "AdministrativeActionType": "FILE_SYSTEM_UPDATE",
                "RequestTime": utcnow(),
                # The new capacity is available at once; moving data to it takes hours to days more.
                "Status": "UPDATED_OPTIMIZING" if "StorageCapacity" in changed else "COMPLETED",
                "TargetFileSystemValues": changed | {"LustreConfiguration": settings},
            }
        ]
        return ActionResult({"FileSystem": file_system.describe()})

    def delete_file_system(self) -> ActionResult:
        """Delete a file system, its interfaces and its associations."""
        file_system_id = self.given["FileSystemId"]
        file_system = self.fsx.file_system(file_system_id)
        answer: dict[str, Any] = {}
        wanted = self.given.get("LustreConfiguration") or {}
        if wanted.get("SkipFinalBackup") is False:
            backup = self.back_up(file_system, wanted.get("FinalBackupTags") or [])
            answer["FinalBackupId"] = backup.description["BackupId"]
        for subscription in file_system.subscriptions:
            subscription.remove()
        interfaces.leave(self.ec2, file_system.description["NetworkInterfaceIds"])
        del self.fsx.file_systems[file_system_id]
        self.fsx.tokens.forget(file_system)
        return ActionResult(
            {"FileSystemId": file_system_id, "Lifecycle": "DELETING", "LustreResponse": answer}
        )

    def _update_refusal(self, file_system: FileSystem, settings: dict[str, Any]) -> Refusal | None:
        description = file_system.description
        capacity = self.given.get("StorageCapacity")
        throughput = settings.get("PerUnitStorageThroughput")
        version = self.given.get("FileSystemTypeVersion")
        if capacity and throughput:
            return Refusal(
                "BadRequest", "Storage capacity and throughput can't change in one request."
            )
        if "AutoImportPolicy" in settings and (
            "DataRepositoryConfiguration" not in file_system.lustre
        ):
            return Refusal(
                "BadRequest", "AutoImportPolicy requires a file system with an import path."
            )
        if settings.get("AutomaticBackupRetentionDays") and file_system.linked:
            return Refusal(
                "BadRequest",
                "Backups are not supported for file systems linked to a data repository.",
            )
        if capacity and settings.get("MetadataConfiguration"):
            return Refusal(
                "BadRequest", "Storage capacity and metadata can't change in one request."
            )
        wait = clock.wait_left(file_system.grown_at, HOURS_BETWEEN_GROWTHS)
        since_raise = clock.wait_left(file_system.raised_at, tiers.HOURS_BETWEEN_RAISES)
        kind = rules.storage_type(description)
        return (
            tiers.update_refusal(file_system.lustre, kind, settings, since_raise)
            or (capacity and rules.growth(description, capacity, wait))
            or (throughput and rules.tier(description, throughput))
            or (version and rules.newer(description, version))
            or None
        )
