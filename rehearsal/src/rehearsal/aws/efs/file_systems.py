"""API calls of EFS about file systems and their mount targets."""

from __future__ import annotations

import json
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.efs.models import FileSystem

from rehearsal.aws import clock, interfaces, tags
from rehearsal.aws.efs import rules
from rehearsal.aws.efs.calls import EFSCalls
from rehearsal.aws.service import Refusal
from rehearsal.faults import active


class FileSystemCalls(EFSCalls):
    """Calls that create and change file systems and mount targets."""

    def create_file_system(self) -> Any:
        """Create a file system; a creation token that is in use is an error."""
        token = self.given["CreationToken"]
        for other in self.efs.file_systems_by_id.values():
            if other.creation_token == token:
                raise Refusal(
                    "FileSystemAlreadyExists",
                    f"File system '{other.file_system_id}' already exists with creation token "
                    f"'{token}'",
                    FileSystemId=other.file_system_id,
                )
        rules.check_modes(self.given)
        network = interfaces.network(self.current_account, self.region)
        zones = [one.name for one in network.describe_availability_zones()]
        rules.check_zone(self.given, self.region, zones)
        key = self.key(self.given.get("KmsKeyId"), self.region)
        body, headers = super().create_file_system()
        file_system = self.efs.file_system(json.loads(body)["FileSystemId"])
        if file_system.encrypted:
            file_system.kms_key_id = key
        # AWS's default depends on the kind of file system; moto backs up every One Zone one.
        file_system._backup = self.given.get(
            "Backup", file_system.availability_zone_name is not None
        )
        if fault := active.applied("file-system", "efs", name=tags.name(self.given.get("Tags"))):
            file_system.life_cycle_state = fault.state
        return json.dumps(file_system.info_json() | {"LifeCycleState": "creating"}), headers

    def describe_file_systems(self) -> Any:
        """Describe file systems, with their protection from a replication."""
        body, headers = super().describe_file_systems()
        answer = json.loads(body)
        for one in answer["FileSystems"]:
            protection = self.efs.protection(one["FileSystemId"])
            one["FileSystemProtection"] = {"ReplicationOverwriteProtection": protection}
        return json.dumps(answer), headers

    def update_file_system(self) -> ActionResult:
        """Change the throughput of a file system."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        mode = self.given.get("ThroughputMode", file_system.throughput_mode)
        amount = self.given.get(
            "ProvisionedThroughputInMibps", file_system.provisioned_throughput_in_mibps
        )
        provisioned = {"ProvisionedThroughputInMibps": amount} if mode == "provisioned" else {}
        rules.check_modes(
            {"PerformanceMode": file_system.performance_mode, "ThroughputMode": mode, **provisioned}
        )
        self._check_wait(file_system, mode, amount)
        file_system.throughput_mode = mode
        file_system.provisioned_throughput_in_mibps = cast(
            int, provisioned.get("ProvisionedThroughputInMibps")
        )
        return ActionResult(file_system.info_json())

    def _check_wait(self, file_system: FileSystem, mode: str, amount: float | None) -> None:
        """Allow one change of the mode, or decrease of the throughput, in 24 hours.

        Raises:
            Refusal: TooManyRequests.
        """
        less = (amount or 0) < (file_system.provisioned_throughput_in_mibps or 0)
        if mode == file_system.throughput_mode and not (mode == "provisioned" and less):
            return
        times, hours = self.efs.throughput_changes, rules.HOURS_BETWEEN_MODES
        if wait := clock.wait_left(times.get(file_system.file_system_id), hours):
            raise Refusal(
                "TooManyRequests",
                "The throughput mode can be changed, and provisioned throughput decreased, once "
                f"in 24 hours; the next time in {wait / clock.HOUR:.1f} hours.",
            )
        times[file_system.file_system_id] = clock.now()

    def create_mount_target(self) -> Any:
        """Create a mount target, which is available at the next call."""
        body, headers = super().create_mount_target()
        return json.dumps(json.loads(body) | {"LifeCycleState": "creating"}), headers
