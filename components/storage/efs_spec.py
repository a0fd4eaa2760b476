"""Settings of an EFS file system, and what EFS asks of them.

Sources: EFS API Reference, CreateFileSystem, CreateAccessPoint, PutLifecycleConfiguration and
PutFileSystemPolicy; EFS User Guide, "Performance specifications", "EFS storage classes" and
"Working with access points".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from components.names import kms_key_errors, label_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec
from components.storage.efs_access_point_spec import OCTAL_MODE, AccessPointSpec
from components.storage.efs_class_spec import EfsClassSpec
from components.storage.efs_client_policy import MOUNT, NFS, PODS, ROOT, WRITE
from components.storage.efs_policy_spec import PolicyStatementSpec
from components.storage.efs_replication_spec import FILE_SYSTEM_ID, ZONE, ReplicationSpec
from components.storage.efs_values import CREATED_FIELDS, Age, PerformanceMode, ThroughputMode
from components.storage.nfs_volume_spec import NfsVolumeSpec

MODE: Path = ("throughputMode",)
TO_IA: Path = ("transitionToIa",)
TO_ARCHIVE: Path = ("transitionToArchive",)
TO_PRIMARY: Path = ("transitionToPrimaryStorageClass",)
IN_ZONE: Path = ("zone",)
POINTS: Path = ("accessPoints",)

MAX_POINT_NAME_LENGTH = 40
MAX_POLICY_LENGTH = 20_000
OWN_STATEMENTS_LENGTH = 2_000
"""Characters of the policy that the program's own statements take at most."""
OWN_SIDS = ("ReadByMountTarget", "WriteByAccessPoint", "WriteOverTlsOnly", "EverythingByNfs")
"""Names of the program's own statements."""


class EfsSpec(Spec):
    """EFS file system, encrypted, with a mount target in each of its zones."""

    driver_name: ClassVar[str] = "efs.csi.aws.com"
    resource_type: ClassVar[str] = "aws:efs/fileSystem:FileSystem"

    existing: str | None = Field(default=None, examples=["fs-0123456789abcdef0"])
    """Id of an existing file system to use. The stack adds access points, mount targets in zones
    without one, and rules to the security groups of the others; it changes nothing else of it, and
    `pulumi destroy` removes what it added. Without it, the stack creates a file system."""

    throughput_mode: ThroughputMode = "elastic"
    """Throughput mode: elastic grows with use, bursting with the stored data; provisioned is a
    fixed rate. AWS changes the mode in place, once in 24 hours."""

    provisioned_throughput_mibps: Annotated[float, Field(ge=1, le=3414)] | None = Field(
        default=None, examples=[128]
    )
    """Rate in MiB/s, for throughputMode provisioned only. It can be raised at any time, and lowered
    once in 24 hours, counted from the last lowering or change of throughputMode."""

    performance_mode: PerformanceMode = "generalPurpose"
    """Performance mode: generalPurpose has the lowest latency; maxIO cannot be combined with
    throughputMode elastic. Fixed for the life of the file system."""

    transition_to_ia: Age | None = "AFTER_30_DAYS"
    """Time after its last access at which a file moves to Infrequent Access; null for never."""

    transition_to_archive: Age | None = Field(default=None, examples=["AFTER_90_DAYS"])
    """Time after its last access at which a file moves to Archive. Without it, no file does. It
    needs throughputMode elastic."""

    transition_to_primary_storage_class: Literal["AFTER_1_ACCESS"] | None = Field(
        default=None, examples=["AFTER_1_ACCESS"]
    )
    """Set to AFTER_1_ACCESS, a file that is read in Infrequent Access or Archive moves back to the
    Standard class. Without it, it stays there."""

    zone: str | None = Field(default=None, examples=["us-west-2a"])
    """Availability Zone of a One Zone file system, which costs less and is lost with its zone. Pods
    that mount it, and SageMaker jobs, run in this zone. Without it, the file system is in all zones
    of the network. Fixed for the life of the file system."""

    backup: bool = True
    """Make daily backups with AWS Backup; true by default."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the file system. Without it, AWS's own key for EFS is used.
    Fixed for the life of the file system."""

    access_point: AccessPointSpec = AccessPointSpec()
    """Directory of the claims, and their POSIX identity. It may be one that AWS Backup restored,
    such as /aws-backup-restore_TIME/shared."""

    access_points: dict[str, AccessPointSpec] = Field(
        default_factory=dict, examples=[{"team-a": {"path": "/teams/a", "uid": 2001, "gid": 2001}}]
    )
    """Further access points by name, for volumes and hosts of your own: each has a directory and a
    POSIX identity. The output accessPoints has their ids."""

    classes: dict[str, EfsClassSpec] = Field(
        default_factory=dict, examples=[{"efs-sc": {"directoryPerms": "700"}}]
    )
    """StorageClasses by name, each with its parameters. By default there is one, efs-access-points,
    whose directories have the mode 700 below /dynamic."""

    policy: tuple[PolicyStatementSpec, ...] = ()
    """Further statements of the file system's policy. The program's own let pods and SageMaker
    mount; see docs/efs.md."""

    nfs_volume: NfsVolumeSpec | None = Field(
        default=None, examples=[{"capacity": "100Gi", "request": "50Gi"}]
    )
    """Plain NFS volume of the whole file system, beside the claims on the access point."""

    replication: ReplicationSpec | None = Field(default=None, examples=[{"region": "us-east-1"}])
    """Copy of the file system in another Region or zone."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of EFS."""
        if self.existing is not None:
            yield from _existing(self, self.existing)
            return
        yield from _performance_mode(self)
        yield from _provisioned_throughput(self)
        yield from _archive(self)
        yield from _to_primary(self)
        yield from _zone(self)
        yield from label_errors(POINTS, self.access_points, MAX_POINT_NAME_LENGTH)
        yield from _access_points(self)
        yield from _policy(self)
        yield from kms_key_errors(("kmsKeyArn",), self.kms_key_arn)


def _existing(efs: EfsSpec, system: str) -> Iterator[ConfigError]:
    if not FILE_SYSTEM_ID.fullmatch(system):
        rule = "must be the id of an EFS file system: fs- and hexadecimal digits"
        yield ConfigError(("existing",), rule, system, "see `aws efs describe-file-systems`")
    values = efs.model_dump(by_alias=True)
    for field in CREATED_FIELDS:
        if field in efs.model_fields_set:
            alias = EfsSpec.model_fields[field].alias or field
            rule = "an existing file system is used as it is"
            remedy = f"remove {alias}, or existing to have a file system created"
            yield ConfigError((alias,), rule, values[alias], remedy, (("existing",),))
    yield from label_errors(POINTS, efs.access_points, MAX_POINT_NAME_LENGTH)
    yield from _access_points(efs)


def _performance_mode(efs: EfsSpec) -> Iterator[ConfigError]:
    if efs.performance_mode == "maxIO" and efs.throughput_mode == "elastic":
        rule = "maxIO is not offered with elastic throughput"
        remedy = "set generalPurpose, or throughputMode bursting or provisioned"
        yield ConfigError(("performanceMode",), rule, efs.performance_mode, remedy, (MODE,))


def _provisioned_throughput(efs: EfsSpec) -> Iterator[ConfigError]:
    path, rate = ("provisionedThroughputMibps",), efs.provisioned_throughput_mibps
    if efs.throughput_mode == "provisioned" and rate is None:
        rule = "throughputMode provisioned needs its rate"
        remedy = "set it in MiB/s, or throughputMode elastic"
        yield ConfigError(path, rule, NOT_SET, remedy, (MODE,))
    if efs.throughput_mode != "provisioned" and rate is not None:
        rule = f"has no meaning with throughputMode {efs.throughput_mode}"
        yield ConfigError(path, rule, rate, "remove it, or set throughputMode provisioned", (MODE,))


def _archive(efs: EfsSpec) -> Iterator[ConfigError]:
    value, ages = efs.transition_to_archive, get_args(Age)
    if value is None:
        return
    if efs.throughput_mode != "elastic":
        rule = "the Archive class is for throughputMode elastic only"
        yield ConfigError(TO_ARCHIVE, rule, value, "remove it", (MODE,))
    soonest = -1 if efs.transition_to_ia is None else ages.index(efs.transition_to_ia)
    if ages.index(value) <= soonest:
        rule = "must be later than transitionToIa"
        remedy = "set a longer time, or a shorter one for transitionToIa"
        yield ConfigError(TO_ARCHIVE, rule, value, remedy, (TO_IA,))


def _to_primary(efs: EfsSpec) -> Iterator[ConfigError]:
    value = efs.transition_to_primary_storage_class
    if value is not None and efs.transition_to_ia is None and efs.transition_to_archive is None:
        rule = "no file leaves the Standard class, so that none can return to it"
        remedy = "remove it, or set transitionToIa"
        yield ConfigError(TO_PRIMARY, rule, value, remedy, (TO_IA, TO_ARCHIVE))


def _zone(efs: EfsSpec) -> Iterator[ConfigError]:
    if efs.zone is None:
        return
    if not ZONE.fullmatch(efs.zone):
        rule = "must be an Availability Zone, such as us-west-2a"
        yield ConfigError(IN_ZONE, rule, efs.zone, "see `aws ec2 describe-availability-zones`")
    if efs.performance_mode == "maxIO":
        rule = "maxIO is not offered for One Zone file systems"
        path: Path = ("performanceMode",)
        yield ConfigError(path, rule, efs.performance_mode, "set generalPurpose", (IN_ZONE,))


def _access_points(efs: EfsSpec) -> Iterator[ConfigError]:
    """Yield an error for a directory that two access points would make in different ways.

    The one that a client mounts first makes it, and nothing changes it later.
    """
    seen: dict[str, tuple[Path, AccessPointSpec]] = {}
    seen[efs.access_point.path.rstrip("/")] = (("accessPoint",), efs.access_point)
    for name, point in efs.access_points.items():
        first, other = seen.setdefault(point.path.rstrip("/"), ((*POINTS, name), point))
        if _owner(other) != _owner(point):
            rule = "another access point makes this directory with another owner or mode"
            path: Path = (*POINTS, name, "path")
            remedy = "set another path, or the same uid, gid and permissions"
            yield ConfigError(path, rule, point.path, remedy, (first,))


def _owner(point: AccessPointSpec) -> tuple[int, int, int | str]:
    mode = point.permissions
    return point.uid, point.gid, int(mode, 8) if OCTAL_MODE.fullmatch(mode) else mode


def _policy(efs: EfsSpec) -> Iterator[ConfigError]:
    for i, one in enumerate(efs.policy):
        # A statement that keeps out pods is an error of its own.
        of_all = one.locks_out(PODS, MOUNT, WRITE)
        if efs.nfs_volume is not None and not of_all and one.locks_out(NFS, MOUNT, WRITE, ROOT):
            rule = "denies the plain NFS volume, which has no TLS, credentials or access point"
            remedy = "remove it, or nfsVolume"
            path: Path = ("policy", i, "actions")
            yield ConfigError(path, rule, list(one.actions), remedy, (("nfsVolume",),))
    sids = [one.sid for one in efs.policy]
    for i, sid in enumerate(sids):
        if sid in OWN_SIDS or sid in sids[:i]:
            rule = "the names of a policy's statements differ, those of the program's own included"
            yield ConfigError(("policy", i, "sid"), rule, sid, "rename it", (("policy",),))
    length = len(json.dumps([one.statement for one in efs.policy])) + OWN_STATEMENTS_LENGTH
    if efs.policy and length > MAX_POLICY_LENGTH:
        rule = f"a file system policy has at most {MAX_POLICY_LENGTH} characters"
        yield ConfigError(("policy",), rule, len(sids), "remove some statements")
