"""Default zones of a deployed file system and of deployed node groups."""

from __future__ import annotations

from components.node_group_spec import NodeGroupSpec
from settings.stack import Settings


def with_deployed_zones(settings: Settings) -> Settings:
    """Return settings with the deployed zones where the config names none.

    The default zones of a file system and of node groups follow network.zones. A change of that
    list alone must not replace them.
    """
    storage, zones = settings.storage, settings.network.zones
    zone = settings.deployed.file_system_zone
    if storage.fsx.existing is None and storage.fsx.zone is None and zone in zones:
        fsx = storage.fsx.model_copy(update={"zone": zone})
        storage = storage.model_copy(update={"fsx": fsx})
    groups = {
        name: _with_deployed_zones(settings, name, group)
        for name, group in settings.node_groups.items()
    }
    return settings.model_copy(update={"storage": storage, "node_groups": groups})


def _with_deployed_zones(settings: Settings, name: str, group: NodeGroupSpec) -> NodeGroupSpec:
    """Return a node group with its deployed zones, unless the network has lost one of them.

    EKS moves no node group to other subnets: a group that loses a zone is replaced.
    """
    zones = settings.deployed.node_group_zones.get(name, ())
    if group.zones or not zones or not set(zones) <= set(settings.network.zones):
        return group
    return group.model_copy(update={"zones": zones})
