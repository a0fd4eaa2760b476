"""Resources of an FSx for Lustre file system: the file system, and its security group's rules."""

import pulumi
import pulumi_aws as aws

from components.security_rules import ALL_TRAFFIC, Ports, allow_from, allow_to
from components.storage.base import FileSystemArgs
from components.storage.fsx_links import s3_path
from components.storage.fsx_spec import FsxSpec
from components.storage.fsx_tier_spec import FsxMetadataSpec, FsxReadCacheSpec

LUSTRE_PORTS = (Ports(988, 988), Ports(1018, 1023))
"""Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html"""


class FsxFileSystemArgs(FileSystemArgs):
    """Arguments of `FsxFileSystem`."""

    spec: FsxSpec
    """Settings of the file system."""


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


def ports_of(spec: FsxSpec) -> tuple[Ports, ...]:
    """Return the traffic among the file servers, and between them and clients.

    EFA needs all traffic.
    Source: FSx for Lustre User Guide, "EFA-enabled security groups".
    """
    return (*LUSTRE_PORTS, ALL_TRAFFIC) if spec.efa_enabled else LUSTRE_PORTS


def server_rules(
    name: str, group_id: pulumi.Output[str], spec: FsxSpec, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Create the rules that let the file servers connect to each other."""
    itself = (name, group_id, group_id, "itself")
    return [
        rule
        for ports in ports_of(spec)
        for rule in (allow_from(*itself, ports, opts), allow_to(*itself, ports, opts))
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
        storage_capacity=spec.capacity_gib,
        per_unit_storage_throughput=spec.throughput,
        throughput_capacity=spec.throughput_capacity,
        data_read_cache_configuration=read_cache(spec.data_read_cache_configuration),
        metadata_configuration=metadata(spec.metadata_configuration),
        efa_enabled=spec.efa_enabled or None,
        data_compression_type=spec.data_compression_type,
        weekly_maintenance_start_time=spec.weekly_maintenance_start_time,
        # Said even when 0, because FSx refuses backups of a linked file system; a scratch one takes
        # no answer at all.
        automatic_backup_retention_days=(
            None if spec.deployment_type == "SCRATCH_2" else spec.automatic_backup_retention_days
        ),
        daily_automatic_backup_start_time=spec.daily_automatic_backup_start_time,
        copy_tags_to_backups=spec.copy_tags_to_backups or None,
        skip_final_backup=False if spec.final_backup else None,
        final_backup_tags=spec.final_backup_tags or None,
        backup_id=spec.backup_id,
        kms_key_id=spec.kms_key_arn,
        import_path=s3_path(name, bucket, link.import_path) if link else None,
        export_path=s3_path(name, bucket, link.export_path) if link and link.export_path else None,
        auto_import_policy=link.auto_import_policy if link else None,
        imported_file_chunk_size=link.imported_file_chunk_size_mib if link else None,
        opts=opts,
    )


def metadata(
    spec: FsxMetadataSpec | None,
) -> aws.fsx.LustreFileSystemMetadataConfigurationArgsDict | None:
    """Return the metadata performance as pulumi-aws takes it."""
    if spec is None:
        return None
    if spec.iops is None:
        return {"mode": spec.mode}
    return {"mode": spec.mode, "iops": spec.iops}


def read_cache(
    spec: FsxReadCacheSpec | None,
) -> aws.fsx.LustreFileSystemDataReadCacheConfigurationArgsDict | None:
    """Return the cache of Intelligent-Tiering as pulumi-aws takes it."""
    if spec is None:
        return None
    if spec.size_gib is None:
        return {"sizing_mode": spec.sizing_mode}
    return {"sizing_mode": spec.sizing_mode, "size": spec.size_gib}
