"""Amazon EFS as shared storage."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from components.dependencies import split_depends_on
from components.security_rules import Ports
from components.storage.base import Directory, DirectoryVolume, FileSystem, FileSystemArgs
from components.storage.client_access import ClientAccess
from components.storage.efs_parts import (
    access_point,
    directory_access_point,
    driver_settings,
    file_system,
    mount_command,
    mount_options,
    replication,
    storage_classes,
    volume,
)
from components.storage.efs_policy import mount_policy
from components.storage.efs_spec import EfsSpec
from components.storage.existing_efs import OWNER_TAG, find_file_system, owner
from components.storage.found_efs import FoundEfs

NFS_PORT = Ports(2049, 2049)


class EfsFileSystemArgs(FileSystemArgs):
    """Arguments of `EfsFileSystem`."""

    spec: EfsSpec
    """Settings of the file system."""


class EfsFileSystem(FileSystem):
    """A file system with a mount target in each of its zones, and access points.

    It is encrypted, with a policy and backups, unless it exists already: then it is used as it is.

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
        spec = args["spec"]
        self._root = spec.access_point.path.rstrip("/")
        self._found: FoundEfs | None = None
        self._adds_targets = True
        self.replica_id = None
        self.mount_name, self.needs_preload = pulumi.Output.from_input("/"), False
        zone = self._adopt(name, args) if spec.existing else self._create(name, args)
        child = pulumi.ResourceOptions(parent=self)
        self.access_point_id = access_point(
            f"{name}-access-point", self.file_system_id, spec.access_point, child
        ).id
        self.access_point_ids = {
            key: access_point(f"{name}-access-point-{key}", self.file_system_id, one, child).id
            for key, one in spec.access_points.items()
        }
        self.volume = volume(self.file_system_id, self.access_point_id, zone)
        # Without the zone, nodes of other zones would not find a One Zone file system.
        self.storage_classes = storage_classes(
            self.file_system_id, spec.classes, mount_options(zone)
        )
        self.driver = driver_settings()
        self.mount_command = mount_command(self.file_system_id, self.access_point_id, zone)
        self.register_outputs({"fileSystemId": self.file_system_id})

    def _create(self, name: str, args: EfsFileSystemArgs) -> str | None:
        """Make a file system with its policies; return the zone of a One Zone one."""
        spec, child = args["spec"], pulumi.ResourceOptions(parent=self)
        made = file_system(
            f"{name}-file-system",
            spec,
            pulumi.ResourceOptions(parent=self, protect=args.get("protect", False)),
        )
        self.file_system_id, self.dns_name = made.id, made.dns_name
        self._in_zones(in_zone(args["subnet_ids"], spec.zone))
        self.security_group_id = self._mount_targets(name, args, self.zones)
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
        if spec.replication is not None:
            copy = replication(f"{name}-replication", self.file_system_id, spec.replication, child)
            self.replica_id = copy.destination.file_system_id
        return spec.zone

    def _adopt(self, name: str, args: EfsFileSystemArgs) -> str | None:
        """Use an existing file system, with a mount target more in each zone that has none.

        Raises:
            RunError: There is no such file system, or no zone of it has a subnet.
        """
        system = str(args["spec"].existing)
        found = find_file_system(system, pulumi.InvokeOptions(parent=self))
        if found is None:
            raise pulumi.RunError(f"EFS has no file system {system} in the Region of the stack")
        subnets = in_zone(args["subnet_ids"], found.zone)
        if not subnets:
            raise pulumi.RunError(f"{system} is in {found.zone} only, and no subnet is there")
        self._found = found
        self.file_system_id = pulumi.Output.from_input(system)
        self.dns_name = pulumi.Output.from_input(found.dns_name)
        self._in_zones(subnets)
        missing = [zone for zone in self.zones if zone not in found.served_zones]
        groups = found.groups_in(subnets)
        self.security_group_id = (
            self._mount_targets(name, args, missing, {OWNER_TAG: owner()})
            if missing
            else pulumi.Output.from_input(groups[0])
        )
        self._adds_targets = bool(missing)
        return found.zone

    def _in_zones(self, subnets: Mapping[str, pulumi.Input[str]]) -> None:
        self.zones = [*subnets]
        self.subnet_ids = [pulumi.Output.from_input(one) for one in subnets.values()]

    def _mount_targets(
        self,
        name: str,
        args: EfsFileSystemArgs,
        zones: Sequence[str],
        tags: Mapping[str, str] | None = None,
    ) -> pulumi.Output[str]:
        """Make a mount target in each zone, so that no client's traffic crosses zones.

        Returns:
            Id of their security group.
        """
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-mount-targets",
            description="EFS mount targets",
            vpc_id=args["vpc_id"],
            tags=tags,
            opts=child,
        )
        for zone in zones:
            aws.efs.MountTarget(
                f"{name}-{zone}",
                file_system_id=self.file_system_id,
                subnet_id=args["subnet_ids"][zone],
                security_groups=[group.id],
                opts=child,
            )
        return group.id

    def allow_from(
        self,
        client: str,
        security_group_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> ClientAccess:
        """Let the members of a security group mount the file system.

        Mount targets of others let them in by rules of the stack in the groups of these. A group
        that is known to let them in already gets none: EC2 takes no rule twice.
        """
        found = self._found
        if found is None:
            return super().allow_from(client, security_group_id, opts)
        name = f"{self._name}-{self.backend}"
        groups = [
            one
            for one in found.groups_in(dict.fromkeys(self.zones))
            if security_group_id not in found.admitted.get(one, frozenset())
        ]
        return ClientAccess(
            f"{name}-{client}",
            {
                "file_system": name,
                "client": client,
                "security_group_id": self.security_group_id if self._adds_targets else None,
                "further_security_group_ids": groups,
                "client_security_group_id": security_group_id,
                "ports": self.ports,
                "calls_clients": self.calls_clients,
            },
            opts,
        )

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


def in_zone(
    subnet_ids: Mapping[str, pulumi.Input[str]], zone: str | None
) -> dict[str, pulumi.Input[str]]:
    """Return the subnets of a file system by zone: that of a One Zone one, or all."""
    return {key: one for key, one in subnet_ids.items() if zone in {None, key}}
