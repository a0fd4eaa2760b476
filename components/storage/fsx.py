"""Amazon FSx for Lustre as shared storage."""

from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components.iam import account_id
from components.security_rules import Ports, Rules
from components.storage.fsx_driver import controller_policy, dynamic_parameters
from components.storage.shared_storage import (
    DriverArgs,
    SharedStorage,
    StorageArgs,
    StorageClassArgs,
    VolumeArgs,
)
from components.tags import stack_tags

LINK_OPERATIONS = (
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "DescribeKey",
)
"""What FSx asks of the key of a linked bucket, as operations of a KMS grant."""

LUSTRE = (Ports(988, 988), Ports(1018, 1023))
"""Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html"""

DRIVER = "fsx.csi.aws.com"


class LinkArgs(TypedDict):
    """How a file system is linked to S3. Paths are prefixes of the data bucket or s3://BUCKET/..."""

    import_path: str
    """The objects that appear as files, read from S3 on first access."""
    export_path: str | None
    """Where `lfs hsm_archive` writes, in the bucket of import_path."""
    auto_import_policy: str
    """NONE, NEW, NEW_CHANGED or NEW_CHANGED_DELETED."""
    imported_file_chunk_size_mib: int
    """MiB of an imported file that one disk holds, 1 to 512000."""
    preload: bool
    """Whether datasets are read from S3 before anyone needs them."""


class LustreFileSystemArgs(TypedDict):
    """The settings of an FSx for Lustre file system."""

    deployment_type: str
    """PERSISTENT_1, PERSISTENT_2 or SCRATCH_2; a link needs PERSISTENT_1."""
    file_system_type_version: str
    """The Lustre version; FSx's default (2.10) has clients too old for Amazon Linux 2023."""
    zone: str | None
    """The zone of the file servers; the first of the network's when None."""
    storage_type: str
    """SSD or HDD."""
    drive_cache_type: str | None
    """NONE or READ, with HDD only."""
    storage_capacity_gib: int
    """SSD: 1200, 2400, then steps of 2400. HDD: steps of 6000 or 1800, by the throughput."""
    throughput: int | None
    """MB/s per TiB: 50, 100 or 200 (SSD), 12 or 40 (HDD); None for SCRATCH_2."""
    data_compression_type: str
    """NONE or LZ4."""
    weekly_maintenance_start_time: str | None
    """d:HH:MM in UTC, Monday is 1."""
    automatic_backup_retention_days: int
    """0 to 90; 0 when linked to S3."""
    daily_automatic_backup_start_time: str | None
    """HH:MM in UTC, with backups only."""
    kms_key_arn: str | None
    """The key that encrypts it; the account's FSx key when None."""
    link: LinkArgs | None
    """The link to S3, if there is one."""


class LustreStorageArgs(StorageArgs, LustreFileSystemArgs):
    """What a LustreStorage is made of."""


class LustreStorage(SharedStorage):
    """A file system in one zone, with or without a link to S3.

    It needs a subnet and the rules of its security group, no cluster: the nodes, whose group
    exists once the control plane does, are admitted later.
    """

    back_end = "fsx"
    driver_name = DRIVER

    def __init__(
        self, name: str, args: LustreStorageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:storage:LustreStorage", name, {}, opts)
        self._name, self._args = name, args
        self.bucket = args["bucket"]
        self._rules = Rules(name, self)
        self._group_id = aws.ec2.SecurityGroup(
            f"{name}-file-servers",
            description="FSx for Lustre file servers",
            vpc_id=args["network"].vpc_id,
            opts=pulumi.ResourceOptions(parent=self),
        ).id
        zone = args["zone"] or args["network"].zones[0]
        self.zones = [zone]
        self.subnet_ids = args["network"].subnet_ids("private", self.zones)
        # FSx looks for the rules, not only for the group: without them it refuses the network.
        rules = [*self._among_servers(), *self.admit(args["clients"])]
        file_system = self._file_system(rules)
        self.file_system_id = file_system.id
        self.dns_name = file_system.dns_name
        self.mount_name = file_system.mount_name
        self.sagemaker_type = "FSxLustre"
        self.sagemaker_root = pulumi.Output.concat("/", self.mount_name)
        self.ready = [file_system, *self._key_of_the_bucket()]
        self.register_outputs({"fileSystemId": self.file_system_id, "mountName": self.mount_name})

    @property
    def volume(self) -> VolumeArgs:
        """The whole file system."""
        return {
            "driver": DRIVER,
            "handle": self.file_system_id,
            "attributes": {"dnsname": self.dns_name, "mountname": self.mount_name},
            "mount_options": ["flock"],
            "capacity": f"{self._args['storage_capacity_gib']}Gi",
        }

    @property
    def storage_class(self) -> StorageClassArgs:
        """A file system of its own for each claim: 1200 GiB at least, and up to 15 minutes."""
        return {
            "name": "fsx-lustre",
            "provisioner": DRIVER,
            "parameters": {
                "subnetId": self.subnet_ids[0],
                "securityGroupIds": self._group_id,
                **dynamic_parameters(self._args),
            },
            "mount_options": ["flock"],
        }

    @property
    def driver(self) -> DriverArgs:
        """The FSx CSI driver, which may delete and resize the file systems it made itself only."""
        account = {"create": True}
        return {
            "service_account": "fsx-csi-controller-sa",
            "values": {
                "controller": {
                    "serviceAccount": {**account, "name": "fsx-csi-controller-sa"},
                    # Pods do not reach the metadata service, which it would ask.
                    "region": aws.get_region_output().region,
                    "extraTags": stack_tags(),
                },
                "node": {
                    "serviceAccount": {**account, "name": "fsx-csi-node-sa"},
                    "tolerateAllTaints": True,
                },
            },
            "policies": [controller_policy(self._args["kms_key_arn"])],
            "managed_policies": [],
        }

    @property
    def mount_command(self) -> pulumi.Output[str]:
        """With the lustre-client package, 2.12 or later."""
        return pulumi.Output.concat(
            "mount -t lustre -o relatime,flock ",
            self.dns_name,
            "@tcp:/",
            self.mount_name,
            " /mnt",
        )

    def admit(self, clients: Mapping[str, pulumi.Input[str]]) -> list[pulumi.Resource]:
        """Lustre both ways between the file servers and the groups: servers call clients too."""
        return [
            rule
            for who, group_id in clients.items()
            for ports in LUSTRE
            for rule in (
                self._rules.admit(self._group_id, group_id, who, ports),
                self._rules.release(self._group_id, group_id, who, ports),
                self._rules.admit(group_id, self._group_id, f"servers-to-{who}", ports),
            )
        ]

    def brings(self, key: str) -> bool:
        """Whether the link's import path has the key under it, and new objects are imported.

        With the policy NONE only what was in the bucket when the file system was made ever shows,
        so that the dataset of a later update would never come.
        """
        return self._linked(key) is not None

    @property
    def preloads(self) -> bool:
        """Whether the link says so."""
        link = self._args["link"]
        return link is not None and link["preload"]

    def directory(self, key: str) -> str:
        """Under the import path, without it: FSx leaves the prefix away."""
        linked = self._linked(key)
        return key if linked is None else linked

    def _linked(self, key: str) -> str | None:
        """Where the link shows the objects of a key; None when it does not bring them."""
        link = self._args["link"]
        if link is None or link["auto_import_policy"] == "NONE":
            return None
        return below(link["import_path"], key)

    def _key_of_the_bucket(self) -> list[pulumi.Resource]:
        """A grant by which the link reads and writes a bucket that a customer's key encrypts.

        FSx makes a role for each linked file system, and the key's owner has to let it in.
        Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/s3-server-side-encryption-support.html
        """
        key = self.bucket.kms_key_arn
        if key is None or self._args["link"] is None:
            return []
        return [
            aws.kms.Grant(
                f"{self._name}-bucket-key",
                key_id=key,
                grantee_principal=link_role(account_id(), self.file_system_id),
                operations=[*LINK_OPERATIONS],
                opts=pulumi.ResourceOptions(parent=self),
            )
        ]

    def _among_servers(self) -> list[pulumi.Resource]:
        """Lustre among the file servers themselves."""
        group_id = self._group_id
        return [
            rule
            for ports in LUSTRE
            for rule in (
                self._rules.admit(group_id, group_id, "itself", ports),
                self._rules.release(group_id, group_id, "itself", ports),
            )
        ]

    def _file_system(self, rules: list[pulumi.Resource]) -> aws.fsx.LustreFileSystem:
        """The file system, after its rules and after what it is to find in the bucket."""
        args, link = self._args, self._args["link"]
        scratch = args["deployment_type"].startswith("SCRATCH")
        return aws.fsx.LustreFileSystem(
            f"{self._name}-file-system",
            subnet_ids=self.subnet_ids[0],  # one subnet, in spite of the name
            security_group_ids=[self._group_id],
            deployment_type=args["deployment_type"],
            file_system_type_version=args["file_system_type_version"],
            storage_type=args["storage_type"],
            drive_cache_type=args["drive_cache_type"],
            storage_capacity=args["storage_capacity_gib"],
            per_unit_storage_throughput=args["throughput"],
            data_compression_type=args["data_compression_type"],
            weekly_maintenance_start_time=args["weekly_maintenance_start_time"],
            # Said even when 0, because FSx refuses backups of a linked file system; a scratch
            # one takes no answer at all.
            automatic_backup_retention_days=(
                None if scratch else args["automatic_backup_retention_days"]
            ),
            daily_automatic_backup_start_time=args["daily_automatic_backup_start_time"],
            kms_key_id=args["kms_key_arn"],
            **link_inputs(link, self.bucket.name),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*rules, *(self.bucket.datasets.values() if link else [])],
                protect=args["protect"],
                custom_timeouts=pulumi.CustomTimeouts(create="40m", update="40m", delete="30m"),
            ),
        )


def link_role(account: pulumi.Input[str], file_system_id: pulumi.Output[str]) -> pulumi.Output[str]:
    """The ARN of the role by which FSx reaches the bucket that a file system is linked to."""
    partition = aws.get_partition_output().partition
    path = "aws-service-role/s3.data-source.lustre.fsx.amazonaws.com"
    name = pulumi.Output.concat("AWSServiceRoleForFSxS3Access_", file_system_id)
    return pulumi.Output.concat("arn:", partition, ":iam::", account, f":role/{path}/", name)


def link_inputs(link: LinkArgs | None, bucket_name: pulumi.Output[str]) -> dict[str, Any]:
    """The file system's inputs for a link, in the way of PERSISTENT_1."""
    if link is None:
        return {}
    export = link["export_path"]
    return {
        "import_path": s3_path(bucket_name, link["import_path"]),
        "export_path": None if export is None else s3_path(bucket_name, export),
        "auto_import_policy": link["auto_import_policy"],
        "imported_file_chunk_size": link["imported_file_chunk_size_mib"],
    }


def s3_path(bucket_name: pulumi.Output[str], path: str) -> pulumi.Output[str]:
    """A path of the config as an S3 path: a prefix is meant in the data bucket."""
    if path.startswith("s3://"):
        return pulumi.Output.from_input(path)
    return pulumi.Output.concat("s3://", bucket_name, "/", path.lstrip("/"))


def below(import_path: str, key: str) -> str | None:
    """Where a key of the data bucket is on a file system that imports a path.

    None when it is not there, or when that takes knowing a bucket's name: whole s3:// paths are
    for data of others.
    """
    prefix = import_path.strip("/")
    if import_path.startswith("s3://"):
        return None
    if prefix and not f"{key}/".startswith(f"{prefix}/"):
        return None
    return key[len(prefix) :].strip("/")
