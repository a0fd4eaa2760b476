"""AWS's rules for the settings of an EFS file system.

Sources: EFS API Reference, CreateFileSystem, UpdateFileSystem and PutLifecycleConfiguration; EFS
User Guide, "Performance".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from moto.efs.models import FileSystem

from rehearsal.aws.service import Refusal

HOURS_BETWEEN_MODES = 24
"""Minimum hours between two changes of the throughput mode, or decreases of the throughput.

Source: EFS API Reference, UpdateFileSystem, TooManyRequests.
"""

MOST_THROUGHPUT_MIBPS = 3414
"""Source: EFS API Reference, CreateFileSystem; in some Regions it is 1024."""


def check_modes(settings: Mapping[str, Any]) -> None:
    """Check that performance and throughput modes are compatible.

    Raises:
        Refusal: BadRequest, or ThroughputLimitExceeded.
    """
    mode = settings.get("ThroughputMode", "bursting")
    amount = settings.get("ProvisionedThroughputInMibps") or 0
    if amount > MOST_THROUGHPUT_MIBPS:
        raise Refusal(
            "ThroughputLimitExceeded",
            f"The provisioned throughput is at most {MOST_THROUGHPUT_MIBPS} MiB/s, got: {amount:g}",
        )
    if mode == "elastic" and settings.get("PerformanceMode") == "maxIO":
        raise Refusal("BadRequest", "Elastic throughput is not supported with Max I/O.")
    if (mode == "provisioned") != bool(amount):
        raise Refusal(
            "BadRequest",
            "ProvisionedThroughputInMibps is required with throughput mode provisioned, and "
            f"not allowed with another, got mode {mode}.",
        )


def check_zone(settings: Mapping[str, Any], region: str, zones: Collection[str]) -> None:
    """Check the zone of a One Zone file system.

    Raises:
        Refusal: BadRequest.
    """
    zone = settings.get("AvailabilityZoneName")
    if zone is None:
        return
    if zone not in zones:
        raise Refusal("BadRequest", f"The Availability Zone {zone} is not in {region}.")
    if settings.get("PerformanceMode") == "maxIO":
        raise Refusal("BadRequest", "Max I/O is not supported for One Zone file systems.")


def check_lifecycle(file_system: FileSystem, policies: Sequence[Mapping[str, str]]) -> None:
    """Check that each policy has one transition, and that Archive is possible and the last one.

    Raises:
        Refusal: BadRequest.
    """
    if any(len(policy) != 1 for policy in policies):
        raise Refusal("BadRequest", "Each lifecycle policy must have a single transition.")
    names = [name for policy in policies for name in policy]
    if len({*names}) < len(names):
        raise Refusal("BadRequest", f"A transition is given more than once: {names}.")
    steps = {name: value for policy in policies for name, value in policy.items()}
    archive, infrequent = steps.get("TransitionToArchive"), steps.get("TransitionToIA")
    if archive is None:
        return
    if file_system.throughput_mode != "elastic" or file_system.performance_mode != "generalPurpose":
        raise Refusal(
            "BadRequest",
            "TransitionToArchive is only supported for file systems with Elastic throughput "
            "mode and General Purpose performance mode.",
        )
    if infrequent is not None and _days(archive) <= _days(infrequent):
        raise Refusal(
            "BadRequest",
            f"TransitionToArchive ({archive}) must be later than TransitionToIA ({infrequent}).",
        )


def _days(age: str) -> int:
    """Return the days of an age such as AFTER_30_DAYS or AFTER_1_DAY."""
    return int(age.split("_")[1])
