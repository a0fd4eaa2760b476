"""Figures that AWS gives for a storage with certain settings, as one pod can expect them.

Each is an upper limit or a baseline, not a measurement. MB are 10^6 bytes and MiB 2^20 bytes, as in
AWS's own pages.

Sources, read on 30 November 2026:
- FSx for Lustre API Reference, CreateFileSystemLustreConfiguration, PerUnitStorageThroughput (a
  2.4-TiB file system at 50 MB/s/TiB has 120 MB/s), and User Guide, "Performance characteristics of
  SSD and HDD storage classes" (SCRATCH_2: 200 MB/s/TiB) and "Managing throughput capacity";
- Amazon EFS User Guide, "Amazon EFS performance specifications" (throughput for each client, IOPS);
- Amazon S3 User Guide, "S3 Files performance" (3 GiB/s for each client; IOPS of a file system);
- https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md, "Configuring Mountpoint
  performance" (as much as the network of the instance);
- Amazon EC2 User Guide, "Instance store volumes" (figures differ by instance type).
"""

from collections.abc import Mapping

from components.storage.efs_spec import EfsSpec
from components.storage.fsx_spec import FsxSpec
from components.storage.mountpoint_spec import S3Spec
from components.storage.scratch_spec import ScratchSpec

SEQUENTIAL_WRITE, SEQUENTIAL_READ = "sequential write", "sequential read"
RANDOM_READ, RANDOM_WRITE = "random read 4k", "random write 4k"
MODEL_LOAD = "model load"

SCRATCH_MBPS_PER_TIB = 200
"""Baseline of SCRATCH_2, in MB/s per TiB."""
EFS_CLIENT_MIBPS, EFS_ELASTIC_CLIENT_MIBPS = 500, 1500
"""Throughput of one client of EFS in MiB/s; the second in elastic mode, with the CSI driver 2.0 or
later."""
EFS_IOPS: Mapping[str, tuple[int, int]] = {
    "elastic": (90_000, 50_000),
    "provisioned": (55_000, 25_000),
    "bursting": (35_000, 7_000),
}
"""Reads and writes a second of a Regional file system, by the throughput mode. In elastic mode the
reads are of data that is seldom read, and 250,000 of data that is often read."""
S3_FILES_CLIENT_GIBPS = 3
S3_FILES_IOPS = (250_000, 50_000)

Figures = dict[str, str]
"""Text of the figure by the name of the case."""


def promised(storage: str, spec: object) -> Figures:
    """Return AWS's figures for a storage; empty for one that AWS gives none for.

    Args:
        storage: Name of the storage.
        spec: Settings of the storage.
    """
    match spec:
        case FsxSpec():
            return of_fsx(spec)
        case EfsSpec():
            return of_efs(spec)
        case S3Spec():
            return _throughput("the network of the instance, by many requests to S3 at once")
        case ScratchSpec():
            return _all("by the instance type: EC2 User Guide, instance store volumes")
    return of_s3_files() if storage == "s3files" else {}


def of_fsx(spec: FsxSpec) -> Figures:
    """Return the baseline of FSx for Lustre: its throughput is that of its size."""
    if spec.throughput_capacity:
        return _throughput(f"{spec.throughput_capacity} MB/s for all clients together")
    per_tib = lustre_mbps_per_tib(spec)
    total = spec.storage_capacity_gib / 1000 * per_tib
    of_size = f"{spec.storage_capacity_gib / 1000:g} TiB x {per_tib} MB/s per TiB"
    return _throughput(f"{total:g} MB/s for all clients together ({of_size}), more for a while")


def lustre_mbps_per_tib(spec: FsxSpec) -> int:
    """Return the throughput of FSx for Lustre, in MB/s per TiB."""
    if spec.deployment_type == "SCRATCH_2":
        return SCRATCH_MBPS_PER_TIB
    return spec.throughput or SCRATCH_MBPS_PER_TIB


def of_efs(spec: EfsSpec) -> Figures:
    """Return the limits of EFS, those of one client where AWS gives them."""
    one_zone = getattr(spec, "zone", None) is not None
    mode = "bursting" if one_zone else spec.throughput_mode
    client = EFS_CLIENT_MIBPS
    if spec.throughput_mode == "elastic" and not one_zone:
        client = EFS_ELASTIC_CLIENT_MIBPS
    rate = f"up to {client} MiB/s a client"
    if spec.throughput_mode == "provisioned":
        rate = f"{spec.provisioned_throughput_mibps:g} MiB/s for all clients together, {rate}"
    reads, writes = EFS_IOPS[mode]
    return {
        **_throughput(rate),
        RANDOM_READ: f"up to {reads:,} IOPS of the file system",
        RANDOM_WRITE: f"up to {writes:,} IOPS of the file system",
    }


def of_s3_files() -> Figures:
    """Return the limits of S3 Files."""
    reads, writes = S3_FILES_IOPS
    return {
        **_throughput(f"up to {S3_FILES_CLIENT_GIBPS} GiB/s a client"),
        RANDOM_READ: f"up to {reads:,} IOPS of the file system",
        RANDOM_WRITE: f"up to {writes:,} IOPS of the file system",
    }


def _throughput(text: str) -> Figures:
    return dict.fromkeys((SEQUENTIAL_WRITE, SEQUENTIAL_READ, MODEL_LOAD), text)


def _all(text: str) -> Figures:
    return {**_throughput(text), RANDOM_READ: text, RANDOM_WRITE: text}
