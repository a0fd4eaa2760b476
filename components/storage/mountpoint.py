"""A prefix of a bucket as a volume of pods, by Mountpoint for Amazon S3 and its CSI driver.

The driver takes static volumes only. Each has a handle of its own, because Kubernetes mounts one
volume of a handle. Pods of other users than root reach the files by the option allow-other. The
Region stands in the options, since the pods of Mountpoint cannot ask the instance's metadata
service, which answers no further than to the host.
Source: https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi

from components.account import partition
from components.dependencies import split_depends_on
from components.helm_spec import ChartSpec
from components.iam import Document, Statement, allow, document, objects_below, use_key
from components.storage.base import Claim, DriverSettings, VolumeSource
from components.storage.claim_names import mount_path
from components.storage.claims import bound_claim, persistent_volume
from components.storage.csi_driver import CsiDriver
from components.storage.mountpoint_spec import S3CacheSpec, S3Spec

STORAGE = "s3"
"""Name of the storage, of its claims and of its driver's chart."""
SERVICE_ACCOUNT = "s3-csi-driver-sa"
CAPACITY = "1200Gi"
"""Capacity of the volumes. Kubernetes demands one; S3 has none."""


class DriverArgs(TypedDict):
    """Arguments of `driver`."""

    chart: ChartSpec
    """Chart of the driver."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    bucket_arn: pulumi.Input[str]
    """ARN of the data bucket."""
    use_key: Sequence[Statement]
    """Statements that allow the use of the data bucket's KMS key."""


class MountpointArgs(TypedDict):
    """Arguments of `Mountpoint`."""

    spec: S3Spec
    """Settings of the volume."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket, which is mounted unless the spec names another."""
    region: str
    """Region of the stack."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """Namespaces that get a claim, by name. The value is the name too, as an output where the
    namespace is made by the same program."""


class Mountpoint(pulumi.ComponentResource):
    """A claim named `s3` in each namespace, on a prefix of a bucket.

    The volumes wait for the resources of `depends_on`, the driver, so that none outlives it.
    """

    by_namespace: dict[str, Claim]
    """The claim in each namespace."""
    mount_path: str
    """Path at which pods of this stack mount their claim."""

    def __init__(
        self, name: str, args: MountpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:Mountpoint", name, {}, own)
        waiting = pulumi.ResourceOptions(parent=self, depends_on=depends_on)
        spec, self.mount_path = args["spec"], mount_path(STORAGE)
        bucket = spec.bucket or args["bucket_name"]
        self.by_namespace = {}
        for namespace, known in args["namespaces"].items():
            volume = persistent_volume(
                f"{name}-{namespace}-volume",
                STORAGE,
                namespace,
                VolumeSource(
                    driver=S3Spec.driver_name,
                    handle=f"{STORAGE}-{namespace}",
                    attributes=attributes(spec, bucket),
                    mount_options=mount_options(spec, args["region"]),
                    capacity=CAPACITY,
                ),
                waiting,
            )
            claim = bound_claim(
                f"{name}-{namespace}", STORAGE, known, volume, pulumi.ResourceOptions(parent=self)
            )
            self.by_namespace[namespace] = Claim(
                namespace=pulumi.Output.from_input(known),
                name=claim.metadata.name,
                mount_path=self.mount_path,
                volume=volume,
                file_system_id=pulumi.Output.from_input(bucket),
            )
        names = {namespace: claim.name for namespace, claim in self.by_namespace.items()}
        self.register_outputs({"names": names})


def driver(name: str, spec: S3Spec, args: DriverArgs, opts: pulumi.ResourceOptions) -> CsiDriver:
    """Install the driver, with a role for the prefix that is mounted.

    Args:
        name: Name of the component.
        spec: Settings of the volume.
        args: Chart, cluster and data bucket.
        opts: Options of the component.
    """
    arn, key = args["bucket_arn"], args["use_key"]
    if spec.bucket is not None:
        arn = pulumi.Output.concat("arn:", partition(), ":s3:::", spec.bucket)
        key = use_key(spec.kms_key_arn, "s3") if spec.kms_key_arn else []
    settings = driver_settings(spec, arn, key)
    return CsiDriver(
        name,
        {"spec": args["chart"], "cluster_name": args["cluster_name"], "driver": settings},
        opts,
    )


def mount_options(spec: S3Spec, region: str) -> list[str]:
    """Return the options of mount-s3, without the dashes before their names.

    Args:
        spec: Settings of the volume.
        region: Region of the stack.
    """
    switches = {
        "read-only": spec.read_only,
        "allow-delete": spec.allow_delete,
        "allow-overwrite": spec.allow_overwrite,
    }
    ttl = [] if spec.metadata_ttl is None else [f"metadata-ttl {spec.metadata_ttl}"]
    return [
        f"region {spec.bucket_region or region}",
        *([f"prefix {spec.prefix}"] if spec.prefix else []),
        f"uid={spec.uid}",
        f"gid={spec.gid}",
        "allow-other",
        *ttl,
        *(name for name, is_set in switches.items() if is_set),
    ]


def attributes(spec: S3Spec, bucket: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """Return the attributes of a volume, which the driver reads."""
    source: dict[str, pulumi.Input[str]] = {"authenticationSource": spec.authentication}
    cache = cache_attributes(spec.cache) if spec.cache is not None else {}
    return {"bucketName": bucket, **source, **cache}


def cache_attributes(cache: S3CacheSpec) -> dict[str, str]:
    """Return the attributes of a cache."""
    size = f"{cache.size_gib}Gi"
    if cache.kind == "ephemeral":
        return {
            "cache": cache.kind,
            "cacheEphemeralStorageClassName": cache.storage_class or "",
            "cacheEphemeralStorageResourceRequest": size,
        }
    medium = {"cacheEmptyDirMedium": "Memory"} if cache.medium == "memory" else {}
    return {"cache": cache.kind, "cacheEmptyDirSizeLimit": size, **medium}


def driver_settings(
    spec: S3Spec, bucket_arn: pulumi.Input[str], key_access: Sequence[Statement]
) -> DriverSettings:
    """Return the settings of the driver: no permission where each pod has its own role.

    Args:
        spec: Settings of the volume.
        bucket_arn: ARN of the bucket that is mounted.
        key_access: Statements that allow the use of the bucket's KMS key.
    """
    permissions = [driver_policy(spec, bucket_arn, key_access)] if _by_driver(spec) else []
    return DriverSettings(
        service_account=SERVICE_ACCOUNT,
        values={"node": {"serviceAccount": {"create": True, "name": SERVICE_ACCOUNT}}},
        policies=permissions,
        managed_policies=[],
    )


def driver_policy(
    spec: S3Spec, bucket_arn: pulumi.Input[str], key_access: Sequence[Statement]
) -> Document:
    """Return the permissions that a mount needs, on the objects below its prefix alone.

    Source: https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md#iam-permissions

    Args:
        spec: Settings of the volume.
        bucket_arn: ARN of the bucket that is mounted.
        key_access: Statements that allow the use of the bucket's KMS key.
    """
    actions = ["s3:GetObject"]
    if not spec.read_only:
        actions += ["s3:PutObject", "s3:AbortMultipartUpload"]
    if spec.allow_delete:
        actions.append("s3:DeleteObject")
    below = {"StringLike": {"s3:prefix": [f"{spec.prefix}*"]}} if spec.prefix else None
    return document(
        allow(["s3:ListBucket"], [bucket_arn], below),
        allow(actions, objects_below(bucket_arn, [spec.prefix])),
        *key_access,
    )


def _by_driver(spec: S3Spec) -> bool:
    return spec.authentication == "driver"
