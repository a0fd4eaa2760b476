"""API calls of FSx for backups."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from rehearsal.aws.fsx.creation import Creation
from rehearsal.aws.fsx.models import Described, FileSystem, new_id
from rehearsal.aws.service import Lifecycle, Refusal


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

    def backup(self, backup_id: str) -> Described:
        """Return the backup with an id.

        Raises:
            Refusal: BackupNotFound.
        """
        if found := self.fsx.backups.get(backup_id):
            return found
        raise Refusal("BackupNotFound", f"The backup '{backup_id}' does not exist.")
