"""Amazon S3 Files as shared storage: a file system over the data bucket."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from components.account import partition, region
from components.dependencies import split_depends_on
from components.storage.base import (
    Directory,
    DirectoryVolume,
    DriverSettings,
    FileSystem,
    FileSystemArgs,
    LoadedDataset,
    VolumeSource,
)
from components.storage.data_source import S3DataSource
from components.storage.directory_claim_spec import NOBODY
from components.storage.efs import NFS_PORT
from components.storage.efs_parts import driver_settings as efs_driver_settings
from components.storage.efs_parts import storage_classes
from components.storage.s3_files_parts_spec import S3FilesAccessPointSpec
from components.storage.s3_files_policies import (
    access_point_policy,
    controller_policy,
    node_policy,
    service_policy,
    service_trust,
)
from components.storage.s3_files_spec import S3FilesSpec

IDENTITY = {"eks-ml-storage/pod-identity": "s3files"}
"""Annotation by which the driver's pods on the nodes are replaced once they have an identity."""
NODE_ACCOUNT = "efs-csi-node-sa"
"""Service account of the driver's pods on the nodes, whose rights decide each mount."""


class S3FilesFileSystemArgs(FileSystemArgs):
    """Arguments of `S3FilesFileSystem`."""

    spec: S3FilesSpec
    """Settings of the file system."""


class S3FilesFileSystem(FileSystem):
    """A file system that shows the objects of a prefix of the data bucket as files.

    The bucket must have versioning, and be a resource of `depends_on` if the program makes it. What
    is written through a mount is in the bucket after a minute; SageMaker reads it from there. At
    the end, the role outlives the file system, which still writes to the bucket while it is
    deleted. S3 Files calls no clients, and replies need no rule.
    """

    backend = "s3files"
    driver_name = S3FilesSpec.driver_name
    ports = (NFS_PORT,)
    calls_clients = False
    sagemaker_type = ""
    mirrors_bucket = True
    access_point_id: pulumi.Output[str]
    """Id of the access point by which pods reach the files."""

    def __init__(
        self, name: str, args: S3FilesFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:S3FilesStorage", name, {}, own)
        spec, child = args["spec"], pulumi.ResourceOptions(parent=self)
        self._root, self._bucket = spec.root, bucket_name(name, args)
        self.zones = [*args["subnet_ids"]]
        self.subnet_ids = [pulumi.Output.from_input(one) for one in args["subnet_ids"].values()]
        self.exported_to = pulumi.Output.concat("s3://", self._bucket, "/", self._root)
        bucket_arn = pulumi.Output.concat("arn:", partition(), ":s3:::", self._bucket)
        file_system = synced_file_system(name, args, bucket_arn, self, depends_on)
        self.file_system_id = file_system.id
        self.dns_name = pulumi.Output.concat(file_system.id, ".s3files.", region(), ".on.aws")
        self.mount_name = pulumi.Output.from_input("/")
        self.needs_preload = False
        self.security_group_id = aws.ec2.SecurityGroup(
            f"{name}-mount-targets",
            description="S3 Files mount targets",
            vpc_id=args["vpc_id"],
            opts=child,
        ).id
        # One in each zone, in which alone its clients can be.
        for zone, subnet_id in args["subnet_ids"].items():
            aws.s3.FilesMountTarget(
                f"{name}-{zone}",
                file_system_id=self.file_system_id,
                subnet_id=subnet_id,
                security_groups=[self.security_group_id],
                opts=pulumi.ResourceOptions.merge(
                    child,
                    pulumi.ResourceOptions(
                        custom_timeouts=pulumi.CustomTimeouts(create="20m", delete="20m")
                    ),
                ),
            )
        self.access_point_id = access_point(
            f"{name}-access-point", self.file_system_id, spec.access_point, child
        ).id
        aws.s3.FilesSynchronizationConfiguration(
            f"{name}-synchronization",
            file_system_id=self.file_system_id,
            import_data_rules=[
                {
                    "prefix": rule.prefix,
                    "trigger": rule.trigger,
                    "size_less_than": rule.size_less_than_bytes,
                }
                for rule in spec.import_rules
            ],
            expiration_data_rules=[{"days_after_last_access": spec.expiration_days}],
            opts=child,
        )
        aws.s3.FilesFileSystemPolicy(
            f"{name}-policy",
            file_system_id=self.file_system_id,
            policy=pulumi.Output.json_dumps(access_point_policy(file_system.arn)),
            opts=child,
        )
        self._access_root = spec.access_point.path.rstrip("/")
        self.volume = volume(self.file_system_id, self.access_point_id)
        self.storage_classes = storage_classes(
            self.file_system_id, spec.classes, [], "s3files-access-points", "s3files-ap"
        )
        self.driver = driver_settings(
            file_system.arn, bucket_arn, spec.prefix, args.get("bucket_kms_key_arn")
        )
        # By the package amazon-efs-utils, 3.1.2 or later. S3 Files knows no mount without TLS.
        options = pulumi.Output.concat("accesspoint=", self.access_point_id)
        self.mount_command = pulumi.Output.concat(
            "mount -t s3files -o ", options, " ", self.file_system_id, ":/ /mnt"
        )
        self.register_outputs({"fileSystemId": self.file_system_id})

    def is_linked(self, key: str) -> bool:
        """Return whether a key is below the root of the claims: then its objects are files."""
        return f"{key}/".startswith(self._root)

    def path_of(self, key: str) -> str:
        """Return a key without the prefix of the claims' root; any other as it is.

        Args:
            key: A key prefix of the bucket, no slash at either end.
        """
        return f"{key}/".removeprefix(self._root).strip("/")

    def sagemaker_path(self, directory: str) -> pulumi.Output[str]:
        """Return the URI of the objects of a directory, which SageMaker reads in the bucket."""
        return pulumi.Output.concat("s3://", self._bucket, "/", self._root, directory, "/")

    def input_prefixes(self, *directories: str) -> list[str]:
        """Return the prefixes of the data bucket below which SageMaker reads directories.

        Args:
            directories: Key prefixes of datasets and directories of the claims.
        """
        return [f"{f'{self._root}{self.path_of(one)}'.strip('/')}/" for one in directories]

    def waits_of_jobs(self, dataset: LoadedDataset) -> tuple[pulumi.Resource, ...]:
        """Return the objects of a dataset: a job that reads them asks for no file."""
        return dataset.uploads

    def dataset_source(
        self, dataset: LoadedDataset, security_group_id: pulumi.Input[str]
    ) -> S3DataSource:
        """Return the input of a SageMaker job that reads a dataset where it lies in S3.

        A copy on the file system is in the bucket a minute later at the earliest.

        Args:
            dataset: The dataset.
            security_group_id: Id of the job's security group.
        """
        return S3DataSource(
            channels=dataset.uris,
            subnet_ids=self.subnet_ids,
            security_group_id=security_group_id,
        )

    def directory(
        self, name: str, directory: Directory, opts: pulumi.ResourceOptions
    ) -> DirectoryVolume:
        """Return a directory as a volume, by an access point, which makes it at the first mount.

        Accesses for reading are made as nobody, so that the servers refuse what the option `ro` of
        the mount refuses on the node.
        """
        owner = S3FilesAccessPointSpec(
            path=f"{self._access_root}/{directory.path}",
            uid=directory.uid,
            gid=directory.gid,
            permissions=directory.permissions,
        )
        user = (NOBODY, NOBODY) if directory.read_only else (owner.uid, owner.gid)
        point = access_point(f"{name}-access-point", self.file_system_id, owner, opts, user)
        return DirectoryVolume(
            replace(
                volume(self.file_system_id, point.id),
                mount_options=["ro"] if directory.read_only else [],
            ),
            makes_itself=True,
        )

    def data_source(
        self, directories: Mapping[str, str], security_group_id: pulumi.Input[str]
    ) -> S3DataSource:
        """Return the input of a SageMaker job that reads the objects of directories.

        Args:
            directories: Directory of each channel, from the root of the claims.
            security_group_id: Id of the job's security group.
        """
        return S3DataSource(
            channels={each: self.sagemaker_path(path) for each, path in directories.items()},
            subnet_ids=self.subnet_ids,
            security_group_id=security_group_id,
        )


def bucket_name(name: str, args: S3FilesFileSystemArgs) -> pulumi.Output[str]:
    """Return the name of the data bucket.

    Raises:
        pulumi.RunError: There is none.
    """
    bucket = args.get("bucket_name")
    if bucket is None:
        raise pulumi.RunError(f"{name}: S3 Files shows the objects of a bucket: pass bucket_name")
    return pulumi.Output.from_input(bucket)


def synced_file_system(
    name: str,
    args: S3FilesFileSystemArgs,
    bucket_arn: pulumi.Output[str],
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> aws.s3.FilesFileSystem:
    """Make the file system, and the role by which it reads and writes the bucket.

    Args:
        name: Name of the component.
        args: Arguments of the component.
        bucket_arn: ARN of the bucket.
        parent: The component.
        depends_on: Resources that the file system waits for.
    """
    spec, child = args["spec"], pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-service-role",
        description="S3 Files, to read and write the data bucket",
        assume_role_policy=pulumi.Output.json_dumps(service_trust()),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-service-policy",
        role=role.name,
        policy=pulumi.Output.json_dumps(
            service_policy(bucket_arn, spec.prefix, args.get("bucket_kms_key_arn"))
        ),
        opts=child,
    )
    return aws.s3.FilesFileSystem(
        f"{name}-file-system",
        bucket=bucket_arn,
        prefix=spec.prefix or None,  # the provider reads an empty one back as none
        role_arn=role.arn,
        kms_key_id=spec.kms_key_arn,
        accept_bucket_warning=spec.accept_bucket_warning,
        opts=pulumi.ResourceOptions(
            parent=parent,
            # S3 Files tries the role before there is a file system, and uses it to the last.
            depends_on=[policy, *depends_on],
            protect=args.get("protect", False),
            custom_timeouts=pulumi.CustomTimeouts(create="30m", delete="30m"),
        ),
    )


def access_point(
    name: str,
    file_system_id: pulumi.Output[str],
    spec: S3FilesAccessPointSpec,
    opts: pulumi.ResourceOptions,
    user: tuple[int, int] | None = None,
) -> aws.s3.FilesAccessPoint:
    """Make an access point for pods. S3 Files makes its directory on first use.

    Args:
        name: Name of the resource.
        file_system_id: Id of the file system.
        spec: Directory with its owner.
        opts: Options of the resource.
        user: User and group of all accesses; the owner's by default.
    """
    uid, gid = user or (spec.uid, spec.gid)
    root: aws.s3.FilesAccessPointRootDirectoryArgsDict = {"path": spec.path}
    if spec.path != "/":
        root["creation_permissions"] = [
            {"owner_uid": spec.uid, "owner_gid": spec.gid, "permissions": spec.permissions}
        ]
    return aws.s3.FilesAccessPoint(
        name,
        file_system_id=file_system_id,
        posix_users=[{"uid": uid, "gid": gid}],
        root_directories=[root],
        opts=opts,
    )


def volume(file_system_id: pulumi.Output[str], access_point_id: pulumi.Output[str]) -> VolumeSource:
    """Return the directory of an access point as a volume.

    Without s3files: before it, the driver takes the id for one of EFS.
    """
    return VolumeSource(
        driver=S3FilesSpec.driver_name,
        handle=pulumi.Output.concat("s3files:", file_system_id, "::", access_point_id),
        attributes={},
        mount_options=[],
        capacity="100Gi",
    )


def driver_settings(
    file_system_arn: pulumi.Output[str],
    bucket_arn: pulumi.Output[str],
    prefix: str,
    kms_key_arn: pulumi.Input[str] | None,
) -> DriverSettings:
    """Return the settings of the EFS CSI driver, which mounts S3 Files too.

    Args:
        file_system_arn: ARN of the file system.
        bucket_arn: ARN of its bucket.
        prefix: Prefix of its objects; empty for the whole bucket.
        kms_key_arn: ARN of the key that encrypts the bucket; None for S3's own key.
    """
    chart = efs_driver_settings()
    # EKS gives a pod the credentials of its account when it is made: pods that were there before
    # have none.
    values = {**chart.values, "node": {**chart.values["node"], "podAnnotations": IDENTITY}}
    return DriverSettings(
        service_account=chart.service_account,
        values=values,
        policies=[controller_policy(file_system_arn)],
        managed_policies=[],
        node_account=NODE_ACCOUNT,
        node_policies=[node_policy(file_system_arn, bucket_arn, prefix, kms_key_arn)],
    )
