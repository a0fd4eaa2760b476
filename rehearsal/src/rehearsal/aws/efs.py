"""Amazon EFS: updates, policies and errors that moto lacks."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import NAMESPACE_DNS, uuid5

from moto.core.responses import ActionResult, EmptyResult
from moto.efs.models import AccessPoint, EFSBackend, FileSystem, MountTarget, efs_backends
from moto.efs.responses import EFSResponse

from rehearsal.aws import clock, interfaces, keys, policy_documents, tags
from rehearsal.aws.replacement import use_backend, use_responses
from rehearsal.aws.service import Refusal, Service
from rehearsal.faults import active


def install() -> None:
    """Replace moto's EFS with this one."""
    use_backend(efs_backends, EFS)
    use_responses("efs", EFSResponses)


HOURS_BETWEEN_MODES = 24
"""Minimum hours between two changes of the throughput mode, or decreases of the throughput.

Source: EFS API Reference, UpdateFileSystem, TooManyRequests.
"""


MOST_THROUGHPUT_MIBPS = 3414
"""Source: EFS API Reference, CreateFileSystem; in some Regions it is 1024."""


class EFS(EFSBackend):
    """EFS of the account in one Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.throughput_changes: dict[str, float] = {}
        """Time when each file system's mode was changed or its throughput decreased, by its id."""

    def file_system(self, file_system_id: str) -> FileSystem:
        """Return the file system with an id or ARN.

        Raises:
            Refusal: FileSystemNotFound.
        """
        found = self.file_systems_by_id.get(file_system_id.rsplit("/", maxsplit=1)[-1])
        if found is None:
            raise Refusal("FileSystemNotFound", f"File system '{file_system_id}' does not exist.")
        return found

    def create_mount_target(
        self,
        file_system_id: str,
        subnet_id: str,
        ip_address: str | None = None,
        security_groups: list[str] | None = None,
    ) -> MountTarget:
        """Create a mount target, by default with a free address of the subnet."""
        zone = self.file_system(file_system_id).availability_zone_name
        subnet = interfaces.find_subnet(self.ec2_backend, subnet_id)
        if zone and subnet and subnet.availability_zone != zone:
            raise Refusal(
                "AvailabilityZonesMismatch",
                f"The file system {file_system_id} is in {zone} only, and the subnet {subnet_id} "
                f"in {subnet.availability_zone}.",
            )
        if ip_address is None and interfaces.find_subnet(self.ec2_backend, subnet_id):
            ip_address = interfaces.free_address(self.ec2_backend, subnet_id)
        target = super().create_mount_target(file_system_id, subnet_id, ip_address, security_groups)
        interface = self.ec2_backend.get_network_interface(target.network_interface_id)
        target.security_groups = [group.id for group in interface.group_set]
        interface.description = f"EFS mount target for {file_system_id} ({target.mount_target_id})"
        interface.status = "in-use"
        return target

    def delete_file_system(self, file_system_id: str) -> None:
        """Delete a file system without mount targets, and its access points."""
        super().delete_file_system(file_system_id)
        self.access_points = {
            access_point_id: one
            for access_point_id, one in self.access_points.items()
            if one.file_system_id != file_system_id
        }

    def delete_access_point(self, access_point_id: str) -> None:
        """Delete an existing access point."""
        self.describe_access_points(access_point_id, None)
        super().delete_access_point(access_point_id)


class EFSResponses(Service, EFSResponse):
    """EFS's API calls: those of moto and the ones that it lacks."""

    NAME = "efs"
    INVALID_PARAMETER = "BadRequest"

    @property
    def efs(self) -> EFS:
        """EFS of the account in the Region of the call."""
        return cast(EFS, self.efs_backend)

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
        self._check_modes(self.given)
        self._check_zone(self.given)
        key = self._key(self.given.get("KmsKeyId"))
        body, headers = super().create_file_system()
        file_system = self.efs.file_system(json.loads(body)["FileSystemId"])
        if file_system.encrypted:
            file_system.kms_key_id = key
        if fault := active.applied("file-system", "efs", name=tags.name(self.given.get("Tags"))):
            file_system.life_cycle_state = fault.state
        return json.dumps(file_system.info_json() | {"LifeCycleState": "creating"}), headers

    def _check_zone(self, settings: dict[str, Any]) -> None:
        """Check the zone of a One Zone file system.

        Source: EFS API Reference, CreateFileSystem.
        """
        zone = settings.get("AvailabilityZoneName")
        if zone is None:
            return
        zones = interfaces.network(self.current_account, self.region).describe_availability_zones()
        if zone not in [one.name for one in zones]:
            raise Refusal("BadRequest", f"The Availability Zone {zone} is not in {self.region}.")
        if settings.get("PerformanceMode") == "maxIO":
            raise Refusal("BadRequest", "Max I/O is not supported for One Zone file systems.")

    def update_file_system(self) -> ActionResult:
        """Change the throughput of a file system."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        mode = self.given.get("ThroughputMode", file_system.throughput_mode)
        amount = self.given.get(
            "ProvisionedThroughputInMibps", file_system.provisioned_throughput_in_mibps
        )
        provisioned = {"ProvisionedThroughputInMibps": amount} if mode == "provisioned" else {}
        self._check_modes(
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
        times = self.efs.throughput_changes
        if wait := clock.wait_left(times.get(file_system.file_system_id), HOURS_BETWEEN_MODES):
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

    def create_access_point(self) -> Any:
        """Create an access point; a client token that is in use is an error."""
        self.efs.file_system(self.given["FileSystemId"])
        for other in self.efs.access_points.values():
            if other.client_token == self.given["ClientToken"]:
                raise self._access_point_exists(other)
        body, headers = super().create_access_point()
        return json.dumps(json.loads(body) | {"LifeCycleState": "creating"}), headers

    def describe_access_points(self) -> Any:
        """Describe access points, all or those of an existing file system."""
        if "FileSystemId" in self.given:
            self.efs.file_system(self.given["FileSystemId"])
        return super().describe_access_points()

    def put_lifecycle_configuration(self) -> Any:
        """Set when files move to colder storage classes."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        policies = self.given["LifecyclePolicies"]
        if any(len(policy) != 1 for policy in policies):
            raise Refusal("BadRequest", "Each lifecycle policy must have a single transition.")
        names = [name for policy in policies for name in policy]
        if len({*names}) < len(names):
            raise Refusal("BadRequest", f"A transition is given more than once: {names}.")
        steps = {name: value for policy in policies for name, value in policy.items()}
        self._check_archive(file_system, steps)
        return super().put_lifecycle_configuration()

    def _check_archive(self, file_system: FileSystem, steps: dict[str, str]) -> None:
        """Raise an error unless a transition to Archive is possible and after Infrequent Access.

        Source: EFS API Reference, PutLifecycleConfiguration.
        """
        archive, infrequent = steps.get("TransitionToArchive"), steps.get("TransitionToIA")
        if archive is None:
            return
        if (
            file_system.throughput_mode != "elastic"
            or file_system.performance_mode != "generalPurpose"
        ):
            raise Refusal(
                "BadRequest",
                "TransitionToArchive is only supported for file systems with Elastic throughput "
                "mode and General Purpose performance mode.",
            )
        if infrequent is not None and _days(archive) <= _days(infrequent):
            raise Refusal(
                "BadRequest",
                f"TransitionToArchive ({archive}) must be later than TransitionToIA "
                f"({infrequent}).",
            )

    def put_backup_policy(self) -> ActionResult:
        """Turn automatic backups on or off."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        status = self.given["BackupPolicy"]["Status"]
        file_system._backup = status in {"ENABLED", "ENABLING"}
        changing = "ENABLING" if file_system._backup else "DISABLING"
        return ActionResult({"BackupPolicy": {"Status": changing}})

    def describe_backup_policy(self) -> Any:
        """Describe the backup policy: automatic backups are on or off."""
        file_system = self.efs.file_system(self.given["FileSystemId"])
        status = "ENABLED" if file_system._backup else "DISABLED"
        return ActionResult({"BackupPolicy": {"Status": status}})

    def put_file_system_policy(self) -> Any:
        """Set the resource policy of a file system."""
        self.efs.file_system(self.given["FileSystemId"])
        policy = self.given["Policy"]
        fault = policy_documents.fault(policy, self.current_account, "elasticfilesystem")
        if fault:
            raise Refusal("InvalidPolicyException", fault)
        return super().put_file_system_policy()

    def describe_file_system_policy(self) -> Any:
        """Describe the resource policy of a file system."""
        self.efs.file_system(self.given["FileSystemId"])
        return super().describe_file_system_policy()

    def delete_file_system_policy(self) -> ActionResult:
        """Delete the resource policy of a file system."""
        self.efs.file_system(self.given["FileSystemId"]).file_system_policy = None
        return EmptyResult()

    def _check_modes(self, settings: dict[str, Any]) -> None:
        """Check that performance and throughput modes are compatible.

        Source: EFS user guide, "Performance".
        """
        mode = settings.get("ThroughputMode", "bursting")
        amount = settings.get("ProvisionedThroughputInMibps") or 0
        if amount > MOST_THROUGHPUT_MIBPS:
            raise Refusal(
                "ThroughputLimitExceeded",
                f"The provisioned throughput is at most {MOST_THROUGHPUT_MIBPS} MiB/s, got: "
                f"{amount:g}",
            )
        if mode == "elastic" and settings.get("PerformanceMode") == "maxIO":
            raise Refusal("BadRequest", "Elastic throughput is not supported with Max I/O.")
        if (mode == "provisioned") != bool(amount):
            raise Refusal(
                "BadRequest",
                "ProvisionedThroughputInMibps is required with throughput mode provisioned, and "
                f"not allowed with another, got mode {mode}.",
            )

    def _access_point_exists(self, other: AccessPoint) -> Refusal:
        return Refusal(
            "AccessPointAlreadyExists",
            f"Access point '{other.access_point_id}' already exists with this client token.",
            AccessPointId=other.access_point_id,
        )

    def _key(self, named: str | None) -> str:
        """Return the ARN of the key that encrypts; an alias is resolved once.

        The words are those of https://github.com/aws/aws-cdk/issues/7641; that the code is
        BadRequest, which EFS has for every wrong parameter, is believed.
        """
        managed = self._aws_managed_key()
        if named in {None, managed}:
            return managed
        try:
            return keys.resolve(self.current_account, self.region, str(named))
        except keys.KeyNotFoundError as error:
            raise Refusal(
                "BadRequest",
                f"The request was rejected because the specified key could not be found: {error}",
            ) from error

    def _aws_managed_key(self) -> str:
        """Return the ARN of the Region's key aws/elasticfilesystem."""
        key = uuid5(NAMESPACE_DNS, f"aws/elasticfilesystem.{self.region}")
        return f"arn:{self.partition}:kms:{self.region}:{self.current_account}:key/{key}"


def _days(age: str) -> int:
    """Return the days of an age such as AFTER_30_DAYS or AFTER_1_DAY."""
    return int(age.split("_")[1])
