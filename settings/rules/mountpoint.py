"""Rules of Mountpoint for Amazon S3 that other sections of the config have a part in.

Sources: the chart's kubeVersion, https://github.com/awslabs/mountpoint-s3-csi-driver (2.7.0 needs
Kubernetes 1.31); Amazon FSx for Lustre User Guide, "Working with data repositories" (what two sides
write at the same time is not kept in order).
"""

from __future__ import annotations

from collections.abc import Iterator

from components.cluster_spec import VERSION
from components.names import kms_region_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.stack import Settings

S3: Path = ("storage", "s3")
ALSO: Path = ("storage", "also")
NAMESPACE = "mount-s3"
"""Namespace in which the driver's chart makes the pods of Mountpoint."""
LEAST_VERSION = (1, 31)
OWN_PREFIXES = ("datasets/", "models/", "checkpoints/")
"""Prefixes of the data bucket that the stack itself writes."""


def kubernetes_version(settings: Settings) -> Iterator[ConfigError]:
    """Check that the driver's chart takes the cluster's Kubernetes version."""
    version = settings.cluster.version
    if not _in_use(settings) or not VERSION.fullmatch(version):
        return
    if tuple(map(int, version.split("."))) < LEAST_VERSION:
        rule = "the driver of Mountpoint for Amazon S3 needs Kubernetes 1.31 or later"
        remedy = "set 1.31 or later, or remove s3 from storage.also"
        yield ConfigError(("cluster", "version"), rule, version, remedy, (ALSO,))


def own_prefixes(settings: Settings) -> Iterator[ConfigError]:
    """Check that pods cannot write where the stack's own datasets, models and checkpoints are."""
    spec, path = settings.storage.s3, (*S3, "prefix")
    if not _in_use(settings) or spec.read_only or spec.bucket is not None:
        return
    for prefix in OWN_PREFIXES:
        if prefix.startswith(spec.prefix) or spec.prefix.startswith(prefix):
            rule = f"pods may not write below {prefix}, whose content the stack answers for"
            remedy = "set another prefix, such as shared/, or set readOnly to true"
            depends_on = ((*S3, "readOnly"),)
            yield ConfigError(path, rule, spec.prefix or NOT_SET, remedy, depends_on)
            return


def export_path(settings: Settings) -> Iterator[ConfigError]:
    """Check that FSx for Lustre exports nothing to the prefix that pods write by Mountpoint."""
    spec, fsx = settings.storage.s3, settings.storage.used_fsx
    link = fsx.link if fsx is not None else None
    exported = link.export_path if link is not None else None
    if not _in_use(settings) or spec.read_only or spec.bucket is not None or not exported:
        return
    if "://" not in exported and _overlap(exported, spec.prefix):
        rule = f"must not overlap storage.fsx.link.exportPath, {exported}: of what both write to "
        rule += "one object, either is lost"
        remedy = "set another prefix, or set readOnly to true"
        path = ("storage", "fsx", "link", "exportPath")
        yield ConfigError((*S3, "prefix"), rule, spec.prefix, remedy, (path,))


def own_namespace(settings: Settings) -> Iterator[ConfigError]:
    """Check that no claim is in the namespace that the driver's chart makes."""
    for i, name in enumerate(settings.storage.namespaces):
        if _in_use(settings) and name == NAMESPACE:
            rule = "is the namespace of Mountpoint's pods, which the driver's chart makes"
            yield ConfigError(
                ("storage", "namespaces", i), rule, name, "choose another name", (ALSO,)
            )


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the key of another bucket is one of that bucket's Region."""
    spec = settings.storage.s3
    region = spec.bucket_region or settings.region
    yield from kms_region_errors((*S3, "kmsKeyArn"), spec.kms_key_arn, region)


def _in_use(settings: Settings) -> bool:
    return "s3" in settings.storage.also


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


RULES = (kubernetes_version, own_prefixes, export_path, own_namespace, kms_key)
