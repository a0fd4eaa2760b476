"""API calls of EFS about the replication of a file system to another one.

The destination gets none of the source's files here: a replication is only its configuration.

Sources: EFS API Reference, CreateReplicationConfiguration, DeleteReplicationConfiguration and
UpdateFileSystemProtection; EFS User Guide, "Replicating file systems".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.core.responses import ActionResult, EmptyResult
from moto.efs.models import FileSystem, efs_backends

from rehearsal.aws import clock, interfaces
from rehearsal.aws.efs.backend import EFS, Replication
from rehearsal.aws.efs.calls import EFSCalls
from rehearsal.aws.service import Refusal


class ReplicationCalls(EFSCalls):
    """Calls about replications and the protection of their destinations."""

    def create_replication_configuration(self) -> ActionResult:
        """Replicate a file system to a new or an existing one."""
        source = self.efs.file_system(self.given["SourceFileSystemId"])
        if self.efs.replication(source.file_system_id):
            raise _conflict(source.file_system_id)
        if len(self.given["Destinations"]) != 1:
            raise Refusal("ValidationException", "A replication has exactly one destination.")
        wanted = self.given["Destinations"][0]
        zone, named = wanted.get("AvailabilityZoneName"), wanted.get("FileSystemId")
        region = wanted.get("Region") or (zone[:-1] if zone else self.region)
        there = self.efs_in(region)
        if named:
            destination = self._existing(there, named, source)
        else:
            destination = self._new(there, source, zone, wanted.get("KmsKeyId"))
        made = Replication(
            source.file_system_id, self.region, destination.file_system_id, region, clock.now()
        )
        self.efs.replications[source.file_system_id] = made
        return ActionResult(self._described(made, "ENABLING"))

    def describe_replication_configurations(self) -> ActionResult:
        """Describe the replication that a file system is part of, or all of this Region."""
        if system := self.given.get("FileSystemId"):
            found = self.efs.replication(self.efs.file_system(system).file_system_id)
            if found is None:
                raise _not_found(system)
            listed = [found]
        else:
            listed = [*self.efs.replications.values()]
        return ActionResult({"Replications": [self._described(one, "ENABLED") for one in listed]})

    def delete_replication_configuration(self) -> ActionResult:
        """End a replication; its destination stays, can be written and is protected again."""
        system = self.given["SourceFileSystemId"]
        for region in [*efs_backends[self.current_account]]:
            if made := self.efs_in(region).replications.pop(system, None):
                self.efs_in(made.destination_region).overwritable.discard(made.destination_id)
                return EmptyResult()
        raise _not_found(system)

    def update_file_system_protection(self) -> ActionResult:
        """Switch the protection from becoming the destination of a replication."""
        system = self.efs.file_system(self.given["FileSystemId"]).file_system_id
        if self.efs.replication(system):
            raise Refusal("ReplicationAlreadyExists", f"The file system {system} is replicated.")
        wanted = self.given.get("ReplicationOverwriteProtection", "ENABLED")
        if wanted == "REPLICATING":
            raise Refusal("BadRequest", "REPLICATING is set by a replication only.")
        if wanted == "DISABLED":
            self.efs.overwritable.add(system)
        else:
            self.efs.overwritable.discard(system)
        return ActionResult({"ReplicationOverwriteProtection": self.efs.protection(system)})

    def _existing(self, there: EFS, named: str, source: FileSystem) -> FileSystem:
        """Return an existing destination: unprotected, in no replication, encrypted if need be."""
        found = there.file_system(named)
        if there.replication(found.file_system_id):
            raise _conflict(found.file_system_id)
        if found is source:
            raise Refusal("BadRequest", "A file system cannot be its own destination.")
        if there.protection(found.file_system_id) != "DISABLED":
            raise Refusal(
                "BadRequest",
                f"The replication overwrite protection of {found.file_system_id} must be disabled.",
            )
        if source.encrypted and not found.encrypted:
            raise Refusal(
                "BadRequest",
                "The source file system is encrypted, and the destination file system is not.",
            )
        return found

    def _new(self, there: EFS, source: FileSystem, zone: str | None, key: str | None) -> FileSystem:
        """Create an encrypted destination with the settings of its source."""
        region = there.region_name
        network = interfaces.network(self.current_account, region)
        zones = [one.name for one in network.describe_availability_zones()]
        if zone and zone not in zones:
            raise Refusal("UnsupportedAvailabilityZone", f"{zone} is not a zone of {region}.")
        return there.create_file_system(
            creation_token=f"destination-{uuid4()}",
            performance_mode="generalPurpose",
            encrypted=True,
            kms_key_id=self.key(key, region),
            throughput_mode=source.throughput_mode,
            provisioned_throughput_in_mibps=source.provisioned_throughput_in_mibps,
            availability_zone_name=zone or "",
            backup=False,
            tags=[],
        )

    def _described(self, made: Replication, status: str) -> dict[str, Any]:
        source = self.efs_in(made.source_region).file_system(made.source_id)
        since = datetime.fromtimestamp(made.since, UTC)
        return {
            "SourceFileSystemId": made.source_id,
            "SourceFileSystemRegion": made.source_region,
            "SourceFileSystemArn": source.file_system_arn,
            "OriginalSourceFileSystemArn": source.file_system_arn,
            "SourceFileSystemOwnerId": self.current_account,
            "CreationTime": since,
            "Destinations": [
                {
                    "Status": status,
                    "FileSystemId": made.destination_id,
                    "Region": made.destination_region,
                    "OwnerId": self.current_account,
                    "LastReplicatedTimestamp": since,
                }
            ],
        }


def _conflict(system: str) -> Refusal:
    return Refusal(
        "ConflictException",
        f"The file system {system} is already part of a replication configuration.",
    )


def _not_found(system: str) -> Refusal:
    return Refusal("ReplicationNotFound", f"The file system {system} is not replicated.")
