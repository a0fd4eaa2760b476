"""API calls of FSx for data repository associations; tasks are refused."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from rehearsal.aws import clock
from rehearsal.aws.fsx.creation import Creation
from rehearsal.aws.fsx.models import Association, Described, FileSystem, new_id
from rehearsal.aws.service import Lifecycle, Refusal

MOST_ASSOCIATIONS = 8
SECONDS_TO_EMPTY = 60.0
"""Time that FSx is seen to take to delete the files of a deleted association, in seconds."""


class DataRepositoryCalls(Creation):
    """CreateDataRepositoryAssociation, its related calls, and CreateDataRepositoryTask."""

    def create_data_repository_association(self) -> ActionResult:
        """Link a directory of a file system to a prefix of a bucket."""
        made: Described = self.fsx.tokens.once(
            self.given, "ClientRequestToken", self._associate, self.token_refused
        )
        return ActionResult({"Association": made.as_created()})

    def describe_data_repository_associations(self) -> ActionResult:
        """Describe associations by id, all associations, or those of some file systems."""
        ids = self.given.get("AssociationIds") or list(self.fsx.associations())
        described = [self._association(one).describe() for one in ids]
        described += [] if self.given.get("AssociationIds") else self._emptied()
        return self.page("Associations", self._filtered(described))

    def update_data_repository_association(self) -> ActionResult:
        """Change the chunk size and the policies of an association."""
        association = self._association(self.given["AssociationId"])
        if "ImportedFileChunkSize" in self.given:
            association.description["ImportedFileChunkSize"] = self.given["ImportedFileChunkSize"]
        association.description["S3"].update(self.given.get("S3") or {})
        association.subscription.put()
        return ActionResult({"Association": association.describe()})

    def delete_data_repository_association(self) -> ActionResult:
        """Delete an association; the objects in the bucket stay."""
        association = self._association(self.given["AssociationId"])
        file_system = self.fsx.file_system(association.description["FileSystemId"])
        del file_system.associations[self.given["AssociationId"]]
        self.fsx.tokens.forget(association)
        association.subscription.remove()
        deleting = bool(self.given.get("DeleteDataInFileSystem"))
        if deleting:
            last = association.description | {"Lifecycle": "DELETING"}
            file_system.emptied[self.given["AssociationId"]] = (clock.now(), last)
        return ActionResult(
            {
                "AssociationId": self.given["AssociationId"],
                "Lifecycle": "DELETING",
                "DeleteDataInFileSystem": deleting,
            }
        )

    def create_data_repository_task(self) -> ActionResult:
        """Refuse the task, because nothing in a rehearsal runs it."""
        raise Refusal(
            "UnsupportedOperation",
            f"A rehearsal runs no data repository tasks, and so no {self.given['Type']}: names are "
            "imported by themselves as the link's policy says; for bytes use lfs hsm_restore and "
            "lfs hsm_archive on the mounted file system.",
        )

    def _associate(self) -> Association:
        file_system = self.fsx.file_system(self.given["FileSystemId"])
        self._refuse_association(file_system)
        association_id = new_id("dra")
        association = Association(
            {
                "AssociationId": association_id,
                "ResourceARN": self.fsx.new_arn(
                    "association", f"{self.given['FileSystemId']}/{association_id}"
                ),
                "FileSystemId": self.given["FileSystemId"],
                "FileSystemPath": self.given["FileSystemPath"],
                "DataRepositoryPath": self.given["DataRepositoryPath"],
                "BatchImportMetaDataOnCreate": self.given.get("BatchImportMetaDataOnCreate", False),
                "ImportedFileChunkSize": self.given.get("ImportedFileChunkSize", 1024),
                "S3": dict(self.given.get("S3") or {}),
                "Tags": self.given.get("Tags") or [],
                "CreationTime": utcnow(),
            },
            Lifecycle("CREATING", "AVAILABLE"),
            self.current_account,
        )
        file_system.associations[association_id] = association
        association.subscription.put()
        return association

    def _refuse_association(self, file_system: FileSystem) -> None:
        if "DataRepositoryConfiguration" in file_system.lustre:
            raise Refusal(
                "BadRequest",
                "The file system was created with an import path: it can't have data repository "
                "associations.",
            )
        if (
            file_system.lustre["DeploymentType"] == "SCRATCH_1"
            or file_system.description["FileSystemTypeVersion"] < "2.12"
        ):
            raise Refusal(
                "UnsupportedOperation",
                "Data repository associations need file system type version 2.12 or later, and "
                "another deployment type than SCRATCH_1.",
            )
        if file_system.description["StorageType"] == "INTELLIGENT_TIERING":
            raise Refusal(
                "UnsupportedOperation",
                "Data repository associations are not supported for Intelligent-Tiering.",
            )
        if file_system.lustre.get("AutomaticBackupRetentionDays"):
            raise Refusal(
                "BadRequest",
                "Backups are not supported for file systems linked to a data repository: set "
                "AutomaticBackupRetentionDays to 0 first.",
            )
        if not str(self.given.get("FileSystemPath", "")).startswith("/"):
            raise Refusal("BadRequest", "FileSystemPath is required, with a slash at its start.")
        if len(file_system.associations) >= MOST_ASSOCIATIONS:
            raise Refusal(
                "ServiceLimitExceeded",
                f"A file system has at most {MOST_ASSOCIATIONS} data repository associations.",
            )
        if fault := self.bucket_fault(self.given["DataRepositoryPath"]):
            raise Refusal("BadRequest", fault)
        self._refuse_overlap(file_system)

    def _refuse_overlap(self, file_system: FileSystem) -> None:
        """Raise an error if the directories or the prefixes of two associations overlap."""
        for other in file_system.associations.values():
            for key in ("FileSystemPath", "DataRepositoryPath"):
                mine = _folder(self.given[key])
                theirs = _folder(other.description[key])
                if mine.startswith(theirs) or theirs.startswith(mine):
                    raise Refusal(
                        "BadRequest",
                        f"{key} {mine} overlaps with {theirs} of the association "
                        f"{other.description['AssociationId']}.",
                    )

    def _emptied(self) -> list[dict[str, Any]]:
        """Describe the associations whose files are being deleted, for a minute after each."""
        return [
            last
            for file_system in self.fsx.file_systems.values()
            for since, last in file_system.emptied.values()
            if clock.now() - since < SECONDS_TO_EMPTY
        ]

    def _filtered(self, described: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for condition in self.given.get("Filters") or []:
            if condition["Name"] == "file-system-id":
                described = [one for one in described if one["FileSystemId"] in condition["Values"]]
        return described

    def _association(self, association_id: str) -> Association:
        if found := self.fsx.associations().get(association_id):
            return found
        raise Refusal(
            "DataRepositoryAssociationNotFound",
            f"The data repository association '{association_id}' does not exist.",
        )


def _folder(path: str) -> str:
    return path.rstrip("/") + "/"
