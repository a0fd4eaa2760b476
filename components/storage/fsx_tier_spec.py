"""Settings of PERSISTENT_2 file systems: metadata performance, and the cache of the tiers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.spec.model import Spec

MetadataMode = Literal["AUTOMATIC", "USER_PROVISIONED"]
SizingMode = Literal["NO_CACHE", "USER_PROVISIONED", "PROPORTIONAL_TO_THROUGHPUT_CAPACITY"]


class FsxMetadataSpec(Spec):
    """Metadata performance of a PERSISTENT_2 file system: creations, listings and deletions."""

    mode: MetadataMode = "AUTOMATIC"
    """AUTOMATIC: FSx follows the capacity of SSD storage. USER_PROVISIONED: as `iops` says."""

    iops: int | None = Field(default=None, examples=[12000])
    """Metadata IOPS of USER_PROVISIONED. SSD: 1500, 3000, 6000, or a multiple of 12000 to 192000,
    not below what AUTOMATIC gives. INTELLIGENT_TIERING: 6000 or 12000. They can be raised only,
    six hours after the last raise."""


class FsxReadCacheSpec(Spec):
    """SSD read cache of an Intelligent-Tiering file system."""

    sizing_mode: SizingMode = "PROPORTIONAL_TO_THROUGHPUT_CAPACITY"
    """NO_CACHE, USER_PROVISIONED for `sizeGib`, or PROPORTIONAL_TO_THROUGHPUT_CAPACITY."""

    size_gib: int | None = Field(default=None, examples=[4096])
    """Size of a USER_PROVISIONED cache in GiB: 32 to 131072 for each 4000 MB/s of throughput."""
