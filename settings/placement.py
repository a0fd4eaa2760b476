"""Zones that the config leaves open, settled by where things are already."""

from __future__ import annotations

from components.node_group_spec import NodeGroupSpec
from settings.stack import Settings


def settle(settings: Settings) -> Settings:
    """Settings in which a file system and node groups without zones of their own stay in theirs.

    Their defaults follow network.zones, and a change of that list is no reason to replace them.
    """
    storage, zones = settings.storage, settings.network.zones
    zone = settings.deployed.file_system_zone
    if storage.fsx.zone is None and zone in zones:
        fsx = storage.fsx.model_copy(update={"zone": zone})
        storage = storage.model_copy(update={"fsx": fsx})
    groups = {name: _settled(settings, name, group) for name, group in settings.node_groups.items()}
    return settings.model_copy(update={"storage": storage, "node_groups": groups})


def _settled(settings: Settings, name: str, group: NodeGroupSpec) -> NodeGroupSpec:
    """EKS moves no node group to other subnets; one that loses a zone is made again in all."""
    zones = settings.deployed.node_group_zones.get(name, ())
    if group.zones or not zones or not set(zones) <= set(settings.network.zones):
        return group
    return group.model_copy(update={"zones": zones})
