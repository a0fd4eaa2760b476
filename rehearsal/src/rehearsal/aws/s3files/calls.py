"""API calls of S3 Files for file systems, their policies and their synchronization."""

from __future__ import annotations

import time
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from rehearsal.aws import keys, policy_documents, tags
from rehearsal.aws.s3files import rules
from rehearsal.aws.s3files.models import (
    MOST_FILE_SYSTEMS,
    FileSystem,
    S3Files,
    conflict,
    invalid,
    new_id,
    refusal,
    s3files_backends,
)
from rehearsal.aws.service import Lifecycle, Service
from rehearsal.faults import active

LONGEST_POLICY = 20_000
"""Characters of a file system's policy. Source: S3 User Guide, "S3 Files quotas"."""


class S3FilesCalls(Service):
    """Base of S3 Files' API calls."""

    NAME = "s3files"

    @property
    def s3files(self) -> S3Files:
        """S3 Files of the account in the Region of the call."""
        return s3files_backends[self.current_account][self.region]

    def available(self, named: str) -> FileSystem:
        """Return a file system that is ready for what belongs to it.

        Raises:
            Refusal: ResourceNotFoundException, or ConflictException while it is created.
        """
        found = self.s3files.file_system(named)
        state = self.described(found)["status"]
        if state not in {"available", "updating"}:
            raise conflict(
                f"The file system {found.id} is {state}.",
                resourceId=found.id,
                resourceType="file-system",
            )
        return found

    def described(self, found: FileSystem) -> dict[str, Any]:
        """Return the present description of a file system, by its bucket's and role's state."""
        arn = found.description["fileSystemArn"]
        denied = rules.denial(self.current_account, found.description, arn)
        before = found.lifecycle.state
        described = found.describe_with(denied)
        if denied and before == "available":
            return described | {"status": "misconfigured"}
        return described


class FileSystemCalls(S3FilesCalls):
    """CreateFileSystem and the other calls for file systems."""

    def create_file_system(self) -> ActionResult:
        """Create a file system over a prefix of a bucket; a repeated token finds the first one."""
        found: FileSystem = self.s3files.tokens.once(
            self.given,
            "clientToken",
            self._create_file_system,
            lambda: conflict("The client token was used before with other parameters."),
        )
        return ActionResult(found.as_created())

    def _create_file_system(self) -> FileSystem:
        given, s3files = self.given, self.s3files
        if len(s3files.file_systems) >= MOST_FILE_SYSTEMS:
            raise refusal(
                "ServiceQuotaExceededException",
                f"The account has {MOST_FILE_SYSTEMS} file systems, the most in a Region.",
            )
        rules.check_bucket(self.current_account, self.region, given)
        key = self._key(given.get("kmsKeyId"))
        id_, given_tags = new_id("fs"), given.get("tags", [])
        description = {
            "creationTime": time.time(),
            "fileSystemArn": s3files.arn(f"file-system/{id_}"),
            "fileSystemId": id_,
            "bucket": given["bucket"],
            "prefix": given.get("prefix", ""),
            "clientToken": given.get("clientToken", id_),
            "roleArn": given["roleArn"],
            "ownerId": self.current_account,
            "tags": given_tags,
            "name": tags.name(given_tags),
        }
        if key:
            description["kmsKeyId"] = key
        made = FileSystem(description, Lifecycle("creating", "available"))
        if fault := active.applied("file-system", "s3files", name=description["name"]):
            made.lifecycle.then = fault.state
        s3files.file_systems[id_] = made
        return made

    def get_file_system(self) -> ActionResult:
        """Describe a file system."""
        return ActionResult(self.described(self.s3files.file_system(self.given["fileSystemId"])))

    def list_file_systems(self) -> ActionResult:
        """List file systems, all or those of a bucket."""
        bucket = self.given.get("bucket")
        found = [
            self.described(one)
            for one in self.s3files.file_systems.values()
            if bucket in (None, one.description["bucket"])
        ]
        return self.page("fileSystems", found)

    def delete_file_system(self) -> ActionResult:
        """Delete a file system that nothing uses and whose files are all exported."""
        found = self.s3files.file_system(self.given["fileSystemId"])
        about = {"resourceId": found.id, "resourceType": "file-system"}
        if targets := self.s3files.targets_of(found.id):
            raise conflict(
                f"The file system {found.id} has {len(targets)} mount targets. Delete them first.",
                **about,
            )
        if points := self.s3files.points_of(found.id):
            raise conflict(
                f"The file system {found.id} has {len(points)} access points. Delete them first.",
                **about,
            )
        if found.pending_exports and not self._forces:
            raise conflict(
                f"The file system {found.id} has {found.pending_exports} files that are not "
                "exported to the bucket yet. Wait, or set forceDelete to lose them.",
                **about,
            )
        del self.s3files.file_systems[found.id]
        self.s3files.tokens.forget(found)
        return EmptyResult()

    @property
    def _forces(self) -> bool:
        return str(self.given.get("forceDelete", False)).lower() == "true"

    def put_file_system_policy(self) -> ActionResult:
        """Set the resource policy of a file system."""
        found, policy = self.available(self.given["fileSystemId"]), self.given["policy"]
        fault = policy_documents.fault(policy, self.current_account, "s3files")
        if len(policy) > LONGEST_POLICY:
            fault = f"The policy has more than {LONGEST_POLICY} characters."
        if fault:
            raise invalid(fault)
        found.policy = policy
        return EmptyResult()

    def get_file_system_policy(self) -> ActionResult:
        """Return the resource policy of a file system that has one."""
        found = self.s3files.file_system(self.given["fileSystemId"])
        if found.policy is None:
            raise refusal("ResourceNotFoundException", f"The file system {found.id} has no policy.")
        return ActionResult({"fileSystemId": found.id, "policy": found.policy})

    def delete_file_system_policy(self) -> ActionResult:
        """Delete the resource policy of a file system."""
        self.s3files.file_system(self.given["fileSystemId"]).policy = None
        return EmptyResult()

    def put_synchronization_configuration(self) -> ActionResult:
        """Set the rules of imports and expirations, of a given version if one is named."""
        found, given = self.available(self.given["fileSystemId"]), self.given
        if given.get("latestVersionNumber") not in (None, found.version):
            raise conflict(f"The version is {found.version}, not {given['latestVersionNumber']}.")
        prefixes = [one["prefix"] for one in given["importDataRules"]]
        if len({*prefixes}) < len(prefixes):
            raise invalid("Two import data rules have the same prefix.")
        found.imports, found.expirations = given["importDataRules"], given["expirationDataRules"]
        found.version += 1
        return EmptyResult()

    def get_synchronization_configuration(self) -> ActionResult:
        """Return the rules of imports and expirations, and their version."""
        found = self.s3files.file_system(self.given["fileSystemId"])
        return ActionResult(
            {
                "latestVersionNumber": found.version,
                "importDataRules": found.imports,
                "expirationDataRules": found.expirations,
            }
        )

    def _key(self, named: str | None) -> str | None:
        if named is None:
            return None
        try:
            return keys.resolve(self.current_account, self.region, named)
        except keys.KeyNotFoundError as error:
            raise invalid(f"The key {named} cannot be used: {error}") from error
