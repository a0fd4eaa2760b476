"""Amazon FSx for Lustre as shared storage."""

import pulumi
import pulumi_aws as aws

from components.account import account_id, partition, region
from components.dependencies import split_depends_on
from components.security_rules import Ports, allow_from, allow_to
from components.storage.base import (
    DriverSettings,
    FileSystem,
    FileSystemArgs,
    StorageClassSettings,
    VolumeSource,
)
from components.storage.fsx_driver import controller_policy, dynamic_parameters
from components.storage.fsx_link_spec import S3
from components.storage.fsx_spec import FsxSpec
from components.tags import stack_tags

LINK_OPERATIONS = (
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "DescribeKey",
)
"""Operations of a KMS grant that FSx needs on the key of a linked bucket."""

LUSTRE_PORTS = (Ports(988, 988), Ports(1018, 1023))
"""Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html"""


class FsxFileSystemArgs(FileSystemArgs):
    """Arguments of `FsxFileSystem`."""

    spec: FsxSpec
    """Settings of the file system."""


class FsxFileSystem(FileSystem):
    """A file system in one zone, with or without a link to S3.

    A linked file system waits for the resources of `depends_on`, such as the bucket with its
    datasets: it lists the bucket when it is created. Lustre servers open connections to clients
    too, so that `allow_from` adds rules to the client's group as well.
    """

    backend = "fsx"
    driver_name = FsxSpec.driver_name
    ports = LUSTRE_PORTS
    calls_clients = True
    sagemaker_type = "FSxLustre"

    def __init__(
        self, name: str, args: FsxFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:LustreStorage", name, {}, own)
        spec, child = args["spec"], pulumi.ResourceOptions(parent=self)
        self._link = spec.link
        zone = zone_of(name, args)
        self.zones = [zone]
        self.subnet_ids = [pulumi.Output.from_input(args["subnet_ids"][zone])]
        self.security_group_id = aws.ec2.SecurityGroup(
            f"{name}-file-servers",
            description="FSx for Lustre file servers",
            vpc_id=args["vpc_id"],
            opts=child,
        ).id
        # FSx looks for the rules, not only for the group: without them it refuses the network.
        rules = server_rules(name, self.security_group_id, child)
        file_system = lustre_file_system(
            name,
            args,
            zone,
            self.security_group_id,
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[*rules, *(depends_on if spec.link else [])],
                protect=args.get("protect", False),
                custom_timeouts=pulumi.CustomTimeouts(create="40m", update="40m", delete="30m"),
            ),
        )
        self.file_system_id = file_system.id
        self.dns_name = file_system.dns_name
        self.mount_name = file_system.mount_name
        self.needs_preload = spec.link is not None and spec.link.preload
        key = args.get("bucket_kms_key_arn")
        if key is not None and spec.link is not None:
            # FSx makes a role for each linked file system, and the key's owner has to let it in.
            # Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/s3-server-side-encryption-support.html
            aws.kms.Grant(
                f"{name}-bucket-key",
                key_id=key,
                grantee_principal=link_role(account_id(), self.file_system_id),
                operations=[*LINK_OPERATIONS],
                opts=child,
            )
        self.volume = VolumeSource(
            driver=FsxSpec.driver_name,
            handle=self.file_system_id,
            attributes={"dnsname": self.dns_name, "mountname": self.mount_name},
            mount_options=["flock"],
            capacity=f"{spec.storage_capacity_gib}Gi",
        )
        self.storage_class = storage_class(spec, self.subnet_ids[0], self.security_group_id)
        self.driver = driver_settings(spec)
        # By the package lustre-client, 2.12 or later.
        device = pulumi.Output.concat(self.dns_name, "@tcp:/", self.mount_name)
        self.mount_command = pulumi.Output.concat(
            "mount -t lustre -o relatime,flock ", device, " /mnt"
        )
        self.register_outputs({"fileSystemId": self.file_system_id, "mountName": self.mount_name})

    def is_linked(self, key: str) -> bool:
        """Return whether the link imports the key, and new objects under it too.

        With the policy NONE only objects that were in the bucket when the file system was created
        ever show, so that the dataset of a later update would never come.
        """
        return self._linked_path(key) is not None

    def path_of(self, key: str) -> str:
        """Return a linked key without the import path, which FSx leaves away; any other as it is.

        Args:
            key: A key prefix of the bucket, no slash at either end.
        """
        linked = self._linked_path(key)
        return key if linked is None else linked

    def sagemaker_path(self, directory: str) -> pulumi.Output[str]:
        """Return the absolute path by which SageMaker reads a directory, below the mount name."""
        return pulumi.Output.concat("/", self.mount_name, f"/{directory}")

    def _linked_path(self, key: str) -> str | None:
        link = self._link
        if link is None or link.auto_import_policy == "NONE":
            return None
        return imported_path(link.import_path, key)


def zone_of(name: str, args: FsxFileSystemArgs) -> str:
    """Return the Availability Zone of the file system, by default the first that has a subnet.

    Raises:
        pulumi.RunError: The zone of the spec has no subnet.
    """
    zone = args["spec"].zone or next(iter(args["subnet_ids"]))
    if zone not in args["subnet_ids"]:
        known = ", ".join(args["subnet_ids"])
        raise pulumi.RunError(f"{name}: spec.zone is {zone}, and subnet_ids has only {known}")
    return zone


def server_rules(
    name: str, group_id: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Create the rules that let the file servers connect to each other."""
    return [
        rule
        for ports in LUSTRE_PORTS
        for rule in (
            allow_from(name, group_id, group_id, "itself", ports, opts),
            allow_to(name, group_id, group_id, "itself", ports, opts),
        )
    ]


def lustre_file_system(
    name: str,
    args: FsxFileSystemArgs,
    zone: str,
    security_group_id: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> aws.fsx.LustreFileSystem:
    """Make the file system, with a link in the way of PERSISTENT_1.

    Args:
        name: Name of the component.
        args: Arguments of the component.
        zone: Availability Zone of the file system.
        security_group_id: Id of its security group.
        opts: Options of the resource.
    """
    spec, bucket = args["spec"], args.get("bucket_name")
    link = spec.link
    return aws.fsx.LustreFileSystem(
        f"{name}-file-system",
        subnet_ids=args["subnet_ids"][zone],  # one subnet, in spite of the name
        security_group_ids=[security_group_id],
        deployment_type=spec.deployment_type,
        file_system_type_version=spec.file_system_type_version,
        storage_type=spec.storage_type,
        drive_cache_type=spec.drive_cache_type,
        storage_capacity=spec.storage_capacity_gib,
        per_unit_storage_throughput=spec.throughput,
        data_compression_type=spec.data_compression_type,
        weekly_maintenance_start_time=spec.weekly_maintenance_start_time,
        # Said even when 0, because FSx refuses backups of a linked file system; a scratch one takes
        # no answer at all.
        automatic_backup_retention_days=(
            None if spec.deployment_type == "SCRATCH_2" else spec.automatic_backup_retention_days
        ),
        daily_automatic_backup_start_time=spec.daily_automatic_backup_start_time,
        kms_key_id=spec.kms_key_arn,
        import_path=s3_path(name, bucket, link.import_path) if link else None,
        export_path=s3_path(name, bucket, link.export_path) if link and link.export_path else None,
        auto_import_policy=link.auto_import_policy if link else None,
        imported_file_chunk_size=link.imported_file_chunk_size_mib if link else None,
        opts=opts,
    )


def storage_class(
    spec: FsxSpec, subnet_id: pulumi.Output[str], security_group_id: pulumi.Output[str]
) -> StorageClassSettings:
    """Return a class that makes a file system of its own for each claim.

    Such a file system has 1200 GiB at least, and is there within 15 minutes.
    """
    return StorageClassSettings(
        name="fsx-lustre",
        provisioner=FsxSpec.driver_name,
        parameters={
            "subnetId": subnet_id,
            "securityGroupIds": security_group_id,
            **dynamic_parameters(spec),
        },
        mount_options=["flock"],
    )


def driver_settings(spec: FsxSpec) -> DriverSettings:
    """Return the settings of the FSx CSI driver.

    Its controller may delete and resize only the file systems that it has made itself.
    """
    return DriverSettings(
        service_account="fsx-csi-controller-sa",
        values={
            "controller": {
                "serviceAccount": {"create": True, "name": "fsx-csi-controller-sa"},
                # Pods do not reach the metadata service, which it would ask.
                "region": region(),
                "extraTags": stack_tags(),
            },
            "node": {
                "serviceAccount": {"create": True, "name": "fsx-csi-node-sa"},
                "tolerateAllTaints": True,
            },
        },
        policies=[controller_policy(spec.kms_key_arn)],
        managed_policies=[],
    )


def link_role(account: pulumi.Input[str], file_system_id: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the ARN of the role by which FSx reaches the bucket of a linked file system."""
    path = "aws-service-role/s3.data-source.lustre.fsx.amazonaws.com"
    name = pulumi.Output.concat("AWSServiceRoleForFSxS3Access_", file_system_id)
    return pulumi.Output.concat("arn:", partition(), ":iam::", account, f":role/{path}/", name)


def s3_path(name: str, bucket_name: pulumi.Input[str] | None, path: str) -> pulumi.Output[str]:
    """Return a path of a link as an S3 path: a prefix is one of the data bucket.

    Args:
        name: Name of the component, for the error.
        bucket_name: Name of the data bucket, if there is one.
        path: The path.

    Raises:
        pulumi.RunError: The path is a prefix of the data bucket, and there is none.
    """
    if path.startswith(S3):
        return pulumi.Output.from_input(path)
    if bucket_name is None:
        raise pulumi.RunError(
            f"{name}: the link's {path!r} is a prefix of the data bucket: pass bucket_name, write "
            "s3://BUCKET/PREFIX, or set the link to None"
        )
    return pulumi.Output.concat(S3, bucket_name, "/", path.lstrip("/"))


def imported_path(import_path: str, key: str) -> str | None:
    """Return the path of a data bucket's key on a file system that imports a path.

    None when the key is not imported, or when that takes knowing a bucket's name: whole s3://
    paths are for data of others.
    """
    prefix = import_path.strip("/")
    if import_path.startswith(S3):
        return None
    if prefix and not f"{key}/".startswith(f"{prefix}/"):
        return None
    return key[len(prefix) :].strip("/")
