"""Amazon EFS as shared storage."""

import pulumi
import pulumi_aws as aws

from components.dependencies import split_depends_on
from components.iam import Document, document
from components.security_rules import Ports
from components.storage.base import (
    DriverSettings,
    FileSystem,
    FileSystemArgs,
    StorageClassSettings,
    VolumeSource,
)
from components.storage.efs_access_point_spec import AccessPointSpec
from components.storage.efs_spec import EfsSpec
from components.tags import stack_tags

NFS_PORT = Ports(2049, 2049)
MOUNT_OPTIONS = ["noresvport"]
"""Without it a reconnection may take port 988 of a node that mounts Lustre too."""


class EfsFileSystemArgs(FileSystemArgs):
    """Arguments of `EfsFileSystem`."""

    spec: EfsSpec
    """Settings of the file system."""


class EfsFileSystem(FileSystem):
    """An encrypted file system with a mount target in each zone and one access point.

    It needs no bucket: it has no link to S3. EFS calls no clients, and replies need no rule.
    """

    backend = "efs"
    driver_name = EfsSpec.driver_name
    ports = (NFS_PORT,)
    calls_clients = False
    sagemaker_type = "EFS"
    access_point_id: pulumi.Output[str]
    """Id of the access point by which pods reach the shared directory."""

    def __init__(
        self, name: str, args: EfsFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:storage:EfsStorage", name, {}, split_depends_on(opts)[0])
        spec, child = args["spec"], pulumi.ResourceOptions(parent=self)
        self._root = spec.access_point.path.rstrip("/")
        self.zones = [*args["subnet_ids"]]
        self.subnet_ids = [pulumi.Output.from_input(one) for one in args["subnet_ids"].values()]
        file_system = aws.efs.FileSystem(
            f"{name}-file-system",
            encrypted=True,
            kms_key_id=spec.kms_key_arn,
            throughput_mode=spec.throughput_mode,
            provisioned_throughput_in_mibps=spec.provisioned_throughput_mibps,
            performance_mode=spec.performance_mode,
            lifecycle_policies=lifecycle_policies(spec),
            opts=pulumi.ResourceOptions(parent=self, protect=args.get("protect", False)),
        )
        self.file_system_id = file_system.id
        self.dns_name = file_system.dns_name
        self.mount_name = pulumi.Output.from_input("/")
        self.needs_preload = False
        self.security_group_id = aws.ec2.SecurityGroup(
            f"{name}-mount-targets",
            description="EFS mount targets",
            vpc_id=args["vpc_id"],
            opts=child,
        ).id
        # One in each zone, so that no client's traffic crosses zones.
        for zone, subnet_id in args["subnet_ids"].items():
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
        aws.efs.FileSystemPolicy(
            f"{name}-policy",
            file_system_id=self.file_system_id,
            policy=pulumi.Output.json_dumps(mount_policy(file_system.arn)),
            opts=child,
        )
        aws.efs.BackupPolicy(
            f"{name}-backup",
            file_system_id=self.file_system_id,
            backup_policy={"status": "ENABLED" if spec.backup else "DISABLED"},
            opts=child,
        )
        self.volume = volume(self.file_system_id, self.access_point_id)
        self.storage_class = storage_class(self.file_system_id)
        self.driver = driver_settings()
        # By the package amazon-efs-utils.
        options = pulumi.Output.concat("tls,noresvport,accesspoint=", self.access_point_id)
        self.mount_command = pulumi.Output.concat(
            "mount -t efs -o ", options, " ", self.file_system_id, ":/ /mnt"
        )
        self.register_outputs({"fileSystemId": self.file_system_id})

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


def access_point(
    name: str,
    file_system_id: pulumi.Output[str],
    spec: AccessPointSpec,
    opts: pulumi.ResourceOptions,
) -> aws.efs.AccessPoint:
    """Make the access point of the pods. EFS makes its directory on first use."""
    return aws.efs.AccessPoint(
        name,
        file_system_id=file_system_id,
        posix_user={"uid": spec.uid, "gid": spec.gid},
        root_directory={
            "path": spec.path,
            "creation_info": {
                "owner_uid": spec.uid,
                "owner_gid": spec.gid,
                "permissions": spec.permissions,
            },
        },
        opts=opts,
    )


def lifecycle_policies(spec: EfsSpec) -> list[aws.efs.FileSystemLifecyclePolicyArgs]:
    """Return a policy for each transition: EFS takes one field in each."""
    policies = []
    if spec.transition_to_ia:
        policies.append(
            aws.efs.FileSystemLifecyclePolicyArgs(transition_to_ia=spec.transition_to_ia)
        )
    if spec.transition_to_archive:
        policies.append(
            aws.efs.FileSystemLifecyclePolicyArgs(transition_to_archive=spec.transition_to_archive)
        )
    return policies


def volume(file_system_id: pulumi.Output[str], access_point_id: pulumi.Output[str]) -> VolumeSource:
    """Return the directory of an access point as a volume; the driver mounts it over TLS."""
    return VolumeSource(
        driver=EfsSpec.driver_name,
        handle=pulumi.Output.concat(file_system_id, "::", access_point_id),
        attributes={},
        mount_options=MOUNT_OPTIONS,
        capacity="100Gi",
    )


def storage_class(file_system_id: pulumi.Output[str]) -> StorageClassSettings:
    """Return a class that makes a directory and an access point of its own for each claim."""
    return StorageClassSettings(
        name="efs-access-points",
        provisioner=EfsSpec.driver_name,
        parameters={
            "provisioningMode": "efs-ap",
            "fileSystemId": file_system_id,
            "directoryPerms": "700",
            "basePath": "/dynamic",
        },
        mount_options=MOUNT_OPTIONS,
    )


def driver_settings() -> DriverSettings:
    """Return the settings of the EFS CSI driver, whose policy AWS manages.

    That policy is for access points with the driver's own tag.
    """
    return DriverSettings(
        service_account="efs-csi-controller-sa",
        values={
            "controller": {
                "serviceAccount": {"create": True, "name": "efs-csi-controller-sa"},
                "tags": stack_tags(),
            },
            "node": {"serviceAccount": {"create": True, "name": "efs-csi-node-sa"}},
        },
        policies=[],
        managed_policies=["service-role/AmazonEFSCSIDriverPolicy"],
    )


def mount_policy(arn: pulumi.Output[str]) -> Document:
    """Allow writing through an access point only, which EFS mounts over TLS only; reading to all.

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
