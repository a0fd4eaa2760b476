"""Amazon EFS as shared storage."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.iam import Document, document
from components.security_rules import Ports, Rules
from components.storage.shared_storage import (
    DriverArgs,
    SharedStorage,
    StorageArgs,
    StorageClassArgs,
    VolumeArgs,
)
from components.tags import stack_tags

NFS = Ports(2049, 2049)
DRIVER = "efs.csi.aws.com"


class AccessPointArgs(TypedDict):
    """The directory that all pods share, and the identity by which they do."""

    path: str
    """The directory, from the root of the file system."""
    uid: int
    """Its owner, and the user of every access."""
    gid: int
    """Its group, and the group of every access."""
    permissions: str
    """Its POSIX mode in octal. SageMaker reads past the access point, as somebody else."""


class EfsFileSystemArgs(TypedDict):
    """The settings of an EFS file system."""

    throughput_mode: str
    """elastic, bursting or provisioned."""
    provisioned_throughput_mibps: float | None
    """MiB/s, with provisioned throughput only."""
    performance_mode: str
    """generalPurpose or maxIO; maxIO not with elastic throughput."""
    transition_to_ia: str | None
    """When unread files move to Infrequent Access, as AFTER_30_DAYS."""
    transition_to_archive: str | None
    """When unread files move to Archive, as AFTER_90_DAYS."""
    backup: bool
    """Whether AWS Backup keeps a daily copy."""
    kms_key_arn: str | None
    """The key that encrypts it; the account's EFS key when None."""
    access_point: AccessPointArgs
    """What claims see of it."""


class EfsStorageArgs(StorageArgs, EfsFileSystemArgs):
    """What an EfsStorage is made of."""


class EfsStorage(SharedStorage):
    """An encrypted file system with a mount target in each zone and one access point."""

    back_end = "efs"
    driver_name = DRIVER
    access_point_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: EfsStorageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:storage:EfsStorage", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._rules = Rules(name, self)
        self.bucket = args["bucket"]
        file_system = self._file_system()
        self.file_system_id = file_system.id
        self.dns_name = file_system.dns_name
        self.mount_name = pulumi.Output.from_input("/")
        self.zones = args["network"].zones
        self.subnet_ids = args["network"].subnet_ids("private")
        self.sagemaker_type = "EFS"
        self.sagemaker_root = pulumi.Output.from_input(
            self._args["access_point"]["path"].rstrip("/")
        )
        self._group_id = self._security_group(args["network"].vpc_id)
        rules = self.admit(args["clients"])
        access_point = self._access_point()
        self.access_point_id = access_point.id
        policy = self._policy(file_system.arn)
        self._keep_copies()
        self.ready = [
            *self._mount_targets(args["network"].private_subnet_ids),
            *rules,
            access_point,
            policy,
        ]
        self.register_outputs({"fileSystemId": self.file_system_id})

    @property
    def volume(self) -> VolumeArgs:
        """The directory of the access point; the driver mounts it over TLS."""
        return {
            "driver": DRIVER,
            "handle": pulumi.Output.concat(self.file_system_id, "::", self.access_point_id),
            "attributes": {},
            # Without it a reconnection may take port 988 of a node that mounts Lustre too.
            "mount_options": ["noresvport"],
            "capacity": "100Gi",
        }

    @property
    def storage_class(self) -> StorageClassArgs:
        """A directory and an access point of its own for each claim."""
        return {
            "name": "efs-access-points",
            "provisioner": DRIVER,
            "parameters": {
                "provisioningMode": "efs-ap",
                "fileSystemId": self.file_system_id,
                "directoryPerms": "700",
                "basePath": "/dynamic",
            },
            "mount_options": ["noresvport"],
        }

    @property
    def driver(self) -> DriverArgs:
        """The EFS CSI driver, whose policy AWS keeps: access points with the driver's own tag."""
        return {
            "service_account": "efs-csi-controller-sa",
            "values": {
                "controller": {
                    "serviceAccount": {"create": True, "name": "efs-csi-controller-sa"},
                    "tags": stack_tags(),
                },
                "node": {"serviceAccount": {"create": True, "name": "efs-csi-node-sa"}},
            },
            "policies": [],
            "managed_policies": ["service-role/AmazonEFSCSIDriverPolicy"],
        }

    @property
    def mount_command(self) -> pulumi.Output[str]:
        """With the amazon-efs-utils package."""
        return pulumi.Output.concat(
            "mount -t efs -o tls,noresvport,accesspoint=",
            self.access_point_id,
            " ",
            self.file_system_id,
            ":/ /mnt",
        )

    def admit(self, clients: Mapping[str, pulumi.Input[str]]) -> list[pulumi.Resource]:
        """NFS from the groups; replies need no rule, and EFS calls nobody by itself."""
        return [
            self._rules.admit(self._group_id, group_id, who, NFS)
            for who, group_id in clients.items()
        ]

    def _file_system(self) -> aws.efs.FileSystem:
        """The file system, which needs nothing but its settings."""
        args = self._args
        return aws.efs.FileSystem(
            f"{self._name}-file-system",
            encrypted=True,
            kms_key_id=args["kms_key_arn"],
            throughput_mode=args["throughput_mode"],
            provisioned_throughput_in_mibps=args["provisioned_throughput_mibps"],
            performance_mode=args["performance_mode"],
            lifecycle_policies=lifecycle_policies(args),
            opts=pulumi.ResourceOptions(parent=self, protect=args["protect"]),
        )

    def _security_group(self, vpc_id: pulumi.Input[str]) -> pulumi.Output[str]:
        """The mount targets' group."""
        return aws.ec2.SecurityGroup(
            f"{self._name}-mount-targets",
            description="EFS mount targets",
            vpc_id=vpc_id,
            opts=self._child,
        ).id

    def _mount_targets(self, subnet_ids: Mapping[str, pulumi.Output[str]]) -> list[pulumi.Resource]:
        """One in each zone, so that no client's traffic crosses zones."""
        return [
            aws.efs.MountTarget(
                f"{self._name}-{zone}",
                file_system_id=self.file_system_id,
                subnet_id=subnet_id,
                security_groups=[self._group_id],
                opts=self._child,
            )
            for zone, subnet_id in subnet_ids.items()
        ]

    def _access_point(self) -> aws.efs.AccessPoint:
        """The way in for pods; EFS makes its directory on first use."""
        directory = self._args["access_point"]
        return aws.efs.AccessPoint(
            f"{self._name}-access-point",
            file_system_id=self.file_system_id,
            posix_user={"uid": directory["uid"], "gid": directory["gid"]},
            root_directory={
                "path": directory["path"],
                "creation_info": {
                    "owner_uid": directory["uid"],
                    "owner_gid": directory["gid"],
                    "permissions": directory["permissions"],
                },
            },
            opts=self._child,
        )

    def _policy(self, arn: pulumi.Output[str]) -> aws.efs.FileSystemPolicy:
        """Who may mount, by which way."""
        return aws.efs.FileSystemPolicy(
            f"{self._name}-policy",
            file_system_id=self.file_system_id,
            policy=pulumi.Output.json_dumps(mount_policy(arn)),
            opts=self._child,
        )

    def _keep_copies(self) -> None:
        """AWS Backup's daily copies, on or off."""
        aws.efs.BackupPolicy(
            f"{self._name}-backup",
            file_system_id=self.file_system_id,
            backup_policy={"status": "ENABLED" if self._args["backup"] else "DISABLED"},
            opts=self._child,
        )


def lifecycle_policies(args: EfsFileSystemArgs) -> list[aws.efs.FileSystemLifecyclePolicyArgs]:
    """Each transition is a policy of its own: EFS takes one field in each."""
    policies = []
    if args["transition_to_ia"]:
        policies.append(
            aws.efs.FileSystemLifecyclePolicyArgs(transition_to_ia=args["transition_to_ia"])
        )
    if args["transition_to_archive"]:
        policies.append(
            aws.efs.FileSystemLifecyclePolicyArgs(
                transition_to_archive=args["transition_to_archive"]
            )
        )
    return policies


def mount_policy(arn: pulumi.Output[str]) -> Document:
    """Writing through an access point only, which EFS mounts over TLS only; reading for all.

    SageMaker mounts without an access point and says nothing of TLS, so it gets to read. Both
    ways lead through a mount target, whose security group admits named clients.
    Source: https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """
    through_mount_target = {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
    access_points = "arn:*:elasticfilesystem:*:*:access-point/*"
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": arn}
    return document(
        {
            **anyone,
            "Sid": "ReadByMountTarget",
            "Action": ["elasticfilesystem:ClientMount"],
            "Condition": through_mount_target,
        },
        {
            **anyone,
            "Sid": "WriteByAccessPoint",
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Condition": {
                **through_mount_target,
                "StringLike": {"elasticfilesystem:AccessPointArn": access_points},
            },
        },
        {
            **anyone,
            "Sid": "WriteOverTlsOnly",
            "Effect": "Deny",
            "Action": ["elasticfilesystem:ClientWrite"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )
