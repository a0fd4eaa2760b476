"""Create a Lustre file system if AWS would."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlparse
from uuid import NAMESPACE_DNS, uuid5

from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet
from moto.s3.models import s3_backends

from rehearsal.aws import interfaces, keys, tags
from rehearsal.aws.fsx import ports, rules
from rehearsal.aws.fsx.models import FileSystem, FSxCalls, new_id
from rehearsal.aws.service import Lifecycle, Refusal
from rehearsal.faults import active

# Ids of zones that have EC2 but not FSx (AWS General Reference, as its users report).
ZONES_WITHOUT_FSX = ("use1-az3",)


def refuse(refusal: Refusal | None) -> None:
    """Raise the API error, if there is one."""
    if refusal:
        raise refusal


class Creation(FSxCalls):
    """Creation of a file system after a check of the rules, the network and the buckets."""

    @property
    def ec2(self) -> EC2Backend:
        """EC2 of the account in the Region of the call."""
        return interfaces.network(self.current_account, self.region)

    def create(self, request: dict[str, Any]) -> FileSystem:
        """Create the file system of a request in the shape of CreateFileSystem."""
        refuse(rules.first_refusal(request))
        subnet = self._subnet(request["SubnetIds"][0])
        groups = self._groups(request.get("SecurityGroupIds") or [], subnet)
        if rules.lustre(request).get("EfaEnabled") and not ports.lets_everything_through(groups):
            raise self._group_refused(
                groups[0].id,
                "The security groups of an EFA-enabled file system must allow all traffic to and "
                "from themselves.",
            )
        self._check_buckets(rules.lustre(request))
        self._key(request.get("KmsKeyId"))
        file_system_id = new_id("fs")
        group_ids = [group.id for group in groups]
        interface_ids = interfaces.create(
            self.ec2, [subnet.id] * 2, group_ids, f"Created by Amazon FSx {file_system_id}"
        )
        description = self._describe(request, file_system_id) | {
            "VpcId": subnet.vpc_id,
            "NetworkInterfaceIds": interface_ids,
        }
        file_system = FileSystem(description, Lifecycle("CREATING", "AVAILABLE"), group_ids)
        self.fsx.file_systems[file_system_id] = file_system
        if fault := active.applied("file-system", "fsx", name=tags.name(request.get("Tags"))):
            file_system.fail(fault.state)
        if file_system.subscription:
            file_system.subscription.put()
        return file_system

    def _describe(self, request: dict[str, Any], file_system_id: str) -> dict[str, Any]:
        newest = rules.lustre(request)["DeploymentType"] == "PERSISTENT_2"
        return {
            "OwnerId": self.current_account,
            "CreationTime": utcnow(),
            "FileSystemId": file_system_id,
            "FileSystemType": "LUSTRE",
            **(
                {"StorageCapacity": capacity}
                if (capacity := request.get("StorageCapacity"))
                else {}
            ),
            "StorageType": rules.storage_type(request),
            "SubnetIds": request["SubnetIds"],
            "DNSName": f"{file_system_id}.fsx.{self.region}.amazonaws.com",
            "KmsKeyId": self._key(request.get("KmsKeyId")),
            "ResourceARN": self.fsx.new_arn("file-system", file_system_id),
            "Tags": request.get("Tags") or [],
            "LustreConfiguration": _lustre_configuration(rules.lustre(request)),
            "FileSystemTypeVersion": request.get("FileSystemTypeVersion")
            or ("2.12" if newest else "2.10"),
        }

    def _key(self, named: str | None) -> str:
        """Return the ARN of the key that encrypts; an alias is resolved once.

        FSx has no error of its own for a key that it can't use; BadRequest is believed.
        """
        managed = self._aws_managed_key()
        if named in {None, managed}:
            return managed
        try:
            return keys.resolve(self.current_account, self.region, str(named))
        except keys.KeyNotFoundError as error:
            raise Refusal("BadRequest", f"The KMS key {named} can't be used: {error}") from error

    def _aws_managed_key(self) -> str:
        """Return the ARN of the Region's key aws/fsx, the default for encryption."""
        key = uuid5(NAMESPACE_DNS, f"aws/fsx.{self.region}")
        return f"arn:{self.partition}:kms:{self.region}:{self.current_account}:key/{key}"

    def _subnet(self, subnet_id: str) -> Subnet:
        subnet = interfaces.find_subnet(self.ec2, subnet_id)
        if subnet is None:
            raise Refusal(
                "InvalidNetworkSettings",
                f"The subnet ID '{subnet_id}' does not exist.",
                InvalidSubnetId=subnet_id,
            )
        if subnet.availability_zone_id in ZONES_WITHOUT_FSX:
            raise Refusal(
                "BadRequest",
                f"Amazon FSx is not available in {subnet.availability_zone} "
                f"({subnet.availability_zone_id}): use a subnet in another zone.",
            )
        return subnet

    def _groups(self, group_ids: list[str], subnet: Subnet) -> list[SecurityGroup]:
        """Return the security groups by id, or the VPC's default one.

        Raises:
            Refusal: A group does not exist in the VPC, or the groups do not allow Lustre's traffic.
        """
        of_vpc = self.ec2.groups[subnet.vpc_id]
        ids = group_ids or [group.id for group in of_vpc.values() if group.is_default]
        for group_id in ids:
            if group_id not in of_vpc:
                raise self._group_refused(
                    group_id, f"The security group '{group_id}' does not exist in the VPC."
                )
        groups = [of_vpc[group_id] for group_id in ids]
        if closed := ports.missing(groups, subnet):
            raise self._group_refused(
                ids[0],
                "The file system cannot be created because the provided security groups "
                f"({', '.join(ids)}) do not permit Lustre LNET network traffic between the file "
                f"servers: {', '.join(closed)}.",
            )
        return groups

    def _group_refused(self, group_id: str, message: str) -> Refusal:
        return Refusal("InvalidNetworkSettings", message, InvalidSecurityGroupId=group_id)

    def _check_buckets(self, settings: Any) -> None:
        for setting, code in (
            ("ImportPath", "InvalidImportPath"),
            ("ExportPath", "InvalidExportPath"),
        ):
            if setting in settings and (fault := self.bucket_fault(settings[setting])):
                raise Refusal(code, fault)

    def bucket_fault(self, path: str) -> str | None:
        """Return the reason why the bucket of an s3:// path cannot be linked, or None."""
        name = urlparse(path).netloc
        bucket = s3_backends[self.current_account][self.partition].buckets.get(name)
        if bucket is None:
            return f"The S3 bucket of {path} does not exist."
        if bucket.region_name != self.region:
            return f"The S3 bucket of {path} is in {bucket.region_name}, not in {self.region}."
        return None


def _lustre_configuration(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the LustreConfiguration of AWS's answer for the one in a request."""
    answer = {
        "WeeklyMaintenanceStartTime": "7:03:00",
        "DataCompressionType": "NONE",
        "LogConfiguration": {"Level": "DISABLED"},
        "MountName": _mount_name(settings["DeploymentType"]),
    } | {key: value for key, value in settings.items() if key not in rules.LINK_SETTINGS}
    if settings["DeploymentType"].startswith("PERSISTENT"):
        answer.setdefault("AutomaticBackupRetentionDays", 0)
        answer.setdefault("CopyTagsToBackups", False)
    if "ImportPath" in settings:
        defaults = {"AutoImportPolicy": "NONE", "ImportedFileChunkSize": 1024}
        link = {key: settings[key] for key in rules.LINK_SETTINGS if key in settings}
        answer["DataRepositoryConfiguration"] = defaults | link | {"Lifecycle": "AVAILABLE"}
    return answer


def _mount_name(deployment: str) -> str:
    """Return the mount name: "fsx" for SCRATCH_1, otherwise eight random letters and digits."""
    if deployment == "SCRATCH_1":
        return "fsx"
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
