"""Types of FSx for Lustre file systems, and the throughputs and capacities that each comes in.

Sources: Amazon FSx API Reference, CreateFileSystem and CreateFileSystemLustreConfiguration; FSx for
Lustre User Guide, "Increasing storage capacity" (of EFA-enabled file systems too).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

DeploymentType = Literal["PERSISTENT_1", "PERSISTENT_2", "SCRATCH_2"]
StorageType = Literal["SSD", "HDD", "INTELLIGENT_TIERING"]
DriveCacheType = Literal["NONE", "READ"]
DataCompressionType = Literal["NONE", "LZ4"]
FileSystemTypeVersion = Literal["2.12", "2.15"]

THROUGHPUTS: Final[dict[tuple[DeploymentType, StorageType], tuple[int, ...]]] = {
    ("PERSISTENT_1", "SSD"): (50, 100, 200),
    ("PERSISTENT_1", "HDD"): (12, 40),
    ("PERSISTENT_2", "SSD"): (125, 250, 500, 1000),
    ("PERSISTENT_2", "INTELLIGENT_TIERING"): (),
    ("SCRATCH_2", "SSD"): (),
}
"""Throughputs in MB/s per TiB (FSx API, PerUnitStorageThroughput). FSx offers no other pair."""

MIN_SSD_GIB = 1200
SSD_STEP_GIB = 2400
HDD_STEPS_GIB = {12: 6000, 40: 1800}
"""Steps of capacity in GiB, by the throughput in MB/s per TiB."""
EFA_STEPS_GIB = {125: 38400, 250: 19200, 500: 9600, 1000: 4800}
"""Steps of capacity in GiB of an EFA-enabled file system, by the throughput in MB/s per TiB."""
TIERING_STEP_MBPS = 4000
MAX_TIERING_MBPS = 2_000_000
"""Step and maximum of the throughput of Intelligent-Tiering, in MB/s."""


class Capacities(NamedTuple):
    """Capacities that a type of file system comes in."""

    smallest: int
    """Smallest capacity, in GiB."""
    step: int
    """Every multiple of it is offered too, in GiB."""

    def nearest(self, capacity: int) -> tuple[int, ...]:
        """Return the capacities in GiB that FSx takes next to one: itself if FSx takes it.

        Args:
            capacity: The wanted capacity, in GiB.
        """
        smallest, step = self
        if capacity == smallest or (capacity > 0 and capacity % step == 0):
            return (capacity,)
        if capacity < smallest:
            return (smallest,)
        below = capacity // step * step or smallest
        return (below, (capacity // step + 1) * step)


def capacities(kind: StorageType, throughput: int | None, *, efa: bool) -> Capacities | None:
    """Return the capacities of a file system; None if there is no such file system.

    Args:
        kind: Type of the storage.
        throughput: Its throughput, in MB/s per TiB.
        efa: True for an EFA-enabled file system.
    """
    if kind == "INTELLIGENT_TIERING":
        return None
    if kind == "SSD" and not efa:
        return Capacities(MIN_SSD_GIB, SSD_STEP_GIB)
    steps = EFA_STEPS_GIB if efa else HDD_STEPS_GIB
    step = steps.get(throughput or 0)
    return None if step is None else Capacities(step, step)


def nearest_multiple(value: int, step: int, most: int) -> int:
    """Return the multiple of a step that is nearest to a value, from one step to a maximum."""
    return min(max(round(value / step) * step, step), most // step * step)


def join_options(options: tuple[int | str, ...]) -> str:
    """Return options as a sentence has them: 50, 100 or 200."""
    *others, last = (str(one) for one in options)
    return f"{', '.join(others)} or {last}" if others else last
