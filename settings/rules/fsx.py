"""Rules of FSx for Lustre that other sections of the config have a part in."""

from __future__ import annotations

from collections.abc import Iterator

from components.names import kms_region_errors
from components.spec.errors import ConfigError, Path
from components.storage.fsx_types import join_options
from settings.stack import Settings

FSX: Path = ("storage", "fsx")


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the key is one of the stack's Region."""
    path: Path = (*FSX, "kmsKeyArn")
    yield from kms_region_errors(path, settings.storage.fsx.kms_key_arn, settings.region)


def zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that the file system's zone is one of the network's."""
    value, zones = settings.storage.fsx.zone, settings.network.zones
    if value is not None and value not in zones:
        rule = "must be one of network.zones: the file system lies in a subnet of the VPC"
        remedy = f"set {join_options(zones)}" if zones else "add it to network.zones"
        yield ConfigError((*FSX, "zone"), rule, value, remedy, (("network", "zones"),))


RULES = (kms_key, zone)
