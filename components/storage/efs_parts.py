"""Parts of an EFS file system: access points, transitions, volumes, and its driver's settings."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from components.storage.base import Directory, DriverSettings, StorageClassSettings, VolumeSource
from components.storage.directory_claim_spec import NOBODY
from components.storage.efs_access_point_spec import AccessPointSpec
from components.storage.efs_class_spec import EfsClassSpec
from components.storage.efs_replication_spec import ReplicationSpec
from components.storage.efs_spec import EfsSpec
from components.tags import stack_tags

MOUNT_OPTIONS = ["noresvport"]
"""Without it a reconnection may take port 988 of a node that mounts Lustre too."""


def file_system(name: str, spec: EfsSpec, opts: pulumi.ResourceOptions) -> aws.efs.FileSystem:
    """Make the file system."""
    return aws.efs.FileSystem(
        name,
        encrypted=True,
        kms_key_id=spec.kms_key_arn,
        availability_zone_name=spec.zone,
        throughput_mode=spec.throughput_mode,
        provisioned_throughput_in_mibps=spec.provisioned_throughput_mibps,
        performance_mode=spec.performance_mode,
        lifecycle_policies=lifecycle_policies(spec),
        opts=opts,
    )


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


def directory_access_point(
    name: str,
    file_system_id: pulumi.Output[str],
    root: str,
    directory: Directory,
    opts: pulumi.ResourceOptions,
) -> aws.efs.AccessPoint:
    """Make the access point of one directory below the root of the claims.

    Args:
        name: Name of the resource.
        file_system_id: Id of the file system.
        root: Root of the claims on the file system, without a slash at its end.
        directory: The directory; one for reading is read as nobody.
        opts: Options of the resource.
    """
    user = NOBODY if directory.read_only else directory.uid
    group = NOBODY if directory.read_only else directory.gid
    return aws.efs.AccessPoint(
        name,
        file_system_id=file_system_id,
        posix_user={"uid": user, "gid": group},
        root_directory={
            "path": f"{root}/{directory.path}",
            "creation_info": {
                "owner_uid": directory.uid,
                "owner_gid": directory.gid,
                "permissions": directory.permissions,
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
    if spec.transition_to_primary_storage_class:
        policies.append(
            aws.efs.FileSystemLifecyclePolicyArgs(
                transition_to_primary_storage_class=spec.transition_to_primary_storage_class
            )
        )
    return policies


def replication(
    name: str,
    file_system_id: pulumi.Output[str],
    spec: ReplicationSpec,
    opts: pulumi.ResourceOptions,
) -> aws.efs.ReplicationConfiguration:
    """Make the replication. A file system has only one, so that a changed one replaces the old."""
    return aws.efs.ReplicationConfiguration(
        name,
        source_file_system_id=file_system_id,
        destination=aws.efs.ReplicationConfigurationDestinationArgs(
            region=spec.region,
            availability_zone_name=spec.zone,
            kms_key_id=spec.kms_key_arn,
            file_system_id=spec.file_system_id,
        ),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )


def mount_options(zone: str | None) -> list[str]:
    """Return the options of mount(8); those of a One Zone file system name its zone.

    By it, nodes of other zones find the mount target, at the price of traffic between zones.
    Source: aws-efs-csi-driver, docs/parameters.md.
    """
    return [*MOUNT_OPTIONS, *([f"az={zone}"] if zone else [])]


def volume(
    file_system_id: pulumi.Output[str], access_point_id: pulumi.Output[str], zone: str | None
) -> VolumeSource:
    """Return the directory of an access point as a volume; the driver mounts it over TLS."""
    return VolumeSource(
        driver=EfsSpec.driver_name,
        handle=pulumi.Output.concat(file_system_id, "::", access_point_id),
        attributes={},
        mount_options=mount_options(zone),
        capacity="100Gi",
        zone=zone,
    )


def storage_classes(
    file_system_id: pulumi.Output[str],
    classes: Mapping[str, EfsClassSpec],
    options: list[str],
    default: str = "efs-access-points",
    mode: str = "efs-ap",
) -> list[StorageClassSettings]:
    """Return the classes of the spec, or else the one of the program.

    Each makes a directory and an access point of its own for each claim.

    Args:
        file_system_id: Id of the file system.
        classes: Specs of the classes by name.
        options: Options of mount(8) that the file system needs.
        default: Name of the class of the program.
        mode: Provisioning mode of the driver.
    """
    if not classes:
        program = EfsClassSpec(base_path="/dynamic")
        made = one_class(default, file_system_id, program, options, mode)
        return [replace(made, has_default_name=True)]
    return [
        replace(
            one_class(
                name, file_system_id, one, [*dict.fromkeys([*one.mount_options, *options])], mode
            ),
            reclaim_policy=one.reclaim_policy,
            volume_binding_mode=one.volume_binding_mode,
            allow_volume_expansion=False,
        )
        for name, one in classes.items()
    ]


def one_class(
    name: str,
    file_system_id: pulumi.Output[str],
    spec: EfsClassSpec,
    options: list[str],
    mode: str,
) -> StorageClassSettings:
    """Return a class with the parameters that its spec sets."""
    parameters = {
        "directoryPerms": spec.directory_perms,
        "uid": spec.uid,
        "gid": spec.gid,
        "gidRangeStart": spec.gid_range_start,
        "gidRangeEnd": spec.gid_range_end,
        "basePath": spec.base_path,
        "subPathPattern": spec.sub_path_pattern,
        "ensureUniqueDirectory": None if spec.ensure_unique_directory else "false",
        "reuseAccessPoint": "true" if spec.reuse_access_point else None,
    }
    return StorageClassSettings(
        name=name,
        provisioner=EfsSpec.driver_name,
        parameters={
            "provisioningMode": mode,
            "fileSystemId": file_system_id,
            **{key: str(value) for key, value in parameters.items() if value is not None},
        },
        mount_options=options,
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


def mount_command(
    file_system_id: pulumi.Output[str], access_point_id: pulumi.Output[str], zone: str | None
) -> pulumi.Output[str]:
    """Return the command that mounts an access point by the package amazon-efs-utils."""
    options = ",".join(["tls", "noresvport", *([f"az={zone}"] if zone else [])])
    return pulumi.Output.concat(
        f"mount -t efs -o {options},accesspoint=", access_point_id, " ", file_system_id, ":/ /mnt"
    )
