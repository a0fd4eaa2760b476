"""Amazon EFS as shared storage."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from components.dependencies import split_depends_on
from components.security_rules import Ports
from components.storage.base import Directory, DirectoryVolume, FileSystem, FileSystemArgs
from components.storage.efs_parts import (
    access_point,
    directory_access_point,
    driver_settings,
    file_system,
    replication,
    storage_classes,
    volume,
)
from components.storage.efs_policy import mount_policy
from components.storage.efs_spec import EfsSpec

NFS_PORT = Ports(2049, 2049)


class EfsFileSystemArgs(FileSystemArgs):
    """Arguments of `EfsFileSystem`."""

    spec: EfsSpec
    """Settings of the file system."""


class EfsFileSystem(FileSystem):
    """An encrypted file system with a mount target in each of its zones, and access points.

    It needs no bucket: it has no link to S3. EFS calls no clients, and replies need no rule.
    """

    backend = "efs"
    driver_name = EfsSpec.driver_name
    ports = (NFS_PORT,)
    calls_clients = False
    sagemaker_type = "EFS"
    access_point_id: pulumi.Output[str]
    """Id of the access point by which pods reach the shared directory."""
    access_point_ids: dict[str, pulumi.Output[str]]
    """Ids of the further access points, by name."""
    replica_id: pulumi.Output[str] | None
    """Id of the copy that a replication keeps; None without one."""

    def __init__(
        self, name: str, args: EfsFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:storage:EfsStorage", name, {}, split_depends_on(opts)[0])
        spec, child = args["spec"], pulumi.ResourceOptions(parent=self)
        self._root = spec.access_point.path.rstrip("/")
        subnets = subnets_of(spec, args["subnet_ids"])
        self.zones = [*subnets]
        self.subnet_ids = [pulumi.Output.from_input(one) for one in subnets.values()]
        made = file_system(
            f"{name}-file-system",
            spec,
            pulumi.ResourceOptions(parent=self, protect=args.get("protect", False)),
        )
        self.file_system_id = made.id
        self.dns_name = made.dns_name
        self.mount_name = pulumi.Output.from_input("/")
        self.needs_preload = False
        self.security_group_id = aws.ec2.SecurityGroup(
            f"{name}-mount-targets",
            description="EFS mount targets",
            vpc_id=args["vpc_id"],
            opts=child,
        ).id
        # One in each zone, so that no client's traffic crosses zones.
        for zone, subnet_id in subnets.items():
            aws.efs.MountTarget(
                f"{name}-{zone}",
                file_system_id=self.file_system_id,
                subnet_id=subnet_id,
                security_groups=[self.security_group_id],
                opts=child,
            )
        self.access_point_id = access_point(
            f"{name}-access-point", self.file_system_id, spec.access_point, child
        ).id
        self.access_point_ids = {
            key: access_point(f"{name}-access-point-{key}", self.file_system_id, one, child).id
            for key, one in spec.access_points.items()
        }
        aws.efs.FileSystemPolicy(
            f"{name}-policy",
            file_system_id=self.file_system_id,
            policy=pulumi.Output.json_dumps(
                mount_policy(made.arn, spec.policy, nfs=spec.nfs_volume is not None)
            ),
            opts=child,
        )
        aws.efs.BackupPolicy(
            f"{name}-backup",
            file_system_id=self.file_system_id,
            backup_policy={"status": "ENABLED" if spec.backup else "DISABLED"},
            opts=child,
        )
        self.replica_id = None
        if spec.replication is not None:
            copy = replication(f"{name}-replication", self.file_system_id, spec.replication, child)
            self.replica_id = copy.destination.file_system_id
        self.volume = volume(self.file_system_id, self.access_point_id, spec.zone)
        self.storage_classes = storage_classes(self.file_system_id, spec)
        self.driver = driver_settings()
        self.mount_command = mount_command(self.file_system_id, self.access_point_id, spec.zone)
        self.register_outputs({"fileSystemId": self.file_system_id})

    def directory(
        self, name: str, directory: Directory, opts: pulumi.ResourceOptions
    ) -> DirectoryVolume:
        """Return a directory as a volume, by an access point. EFS makes it at the first mount.

        Accesses for reading are made as nobody, so that the servers refuse what the option `ro` of
        the mount refuses on the node.
        """
        point = directory_access_point(
            f"{name}-access-point", self.file_system_id, self._root, directory, opts
        )
        volume = replace(
            self.volume,
            handle=pulumi.Output.concat(self.file_system_id, "::", point.id),
            mount_options=[*self.volume.mount_options, *(["ro"] if directory.read_only else [])],
        )
        return DirectoryVolume(volume, makes_itself=True)

    def is_linked(self, key: str) -> bool:
        """Return False: EFS has no link to S3."""
        del key
        return False

    def path_of(self, key: str) -> str:
        """Return the key: files of the bucket are copied to the directory that it names."""
        return key

    def sagemaker_path(self, directory: str) -> pulumi.Output[str]:
        """Return the path of a directory from the root of the file system.

        SageMaker mounts EFS without an access point, so that it sees the directory of that too.
        """
        return pulumi.Output.from_input(f"{self._root}/{directory}")


def subnets_of(
    spec: EfsSpec, subnet_ids: Mapping[str, pulumi.Input[str]]
) -> dict[str, pulumi.Input[str]]:
    """Return the subnets of the mount targets by zone: that of a One Zone file system, or all."""
    return {zone: one for zone, one in subnet_ids.items() if spec.zone in {None, zone}}


def mount_command(
    file_system_id: pulumi.Output[str], access_point_id: pulumi.Output[str], zone: str | None
) -> pulumi.Output[str]:
    """Return the command that mounts an access point by the package amazon-efs-utils."""
    options = ",".join(["tls", "noresvport", *([f"az={zone}"] if zone else [])])
    return pulumi.Output.concat(
        f"mount -t efs -o {options},accesspoint=", access_point_id, " ", file_system_id, ":/ /mnt"
    )
