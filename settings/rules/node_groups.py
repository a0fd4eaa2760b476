"""Rules of managed node groups that depend on the network, the cluster and each other."""

from __future__ import annotations

from collections.abc import Iterator

from components.names import label_errors
from components.node_group_spec import RELEASE_VERSION, release_version_parameter
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.stack import Settings

GROUPS: Path = ("nodeGroups",)
NAT: Path = ("network", "nat")


def group_names(settings: Settings) -> Iterator[ConfigError]:
    """Check the names of groups, which become part of the names of their resources."""
    yield from label_errors(GROUPS, settings.node_groups, max_length=40)


def nodes_for_the_drivers(settings: Settings) -> Iterator[ConfigError]:
    """Check that add-ons and drivers, which tolerate no taint of the user's, find a node."""
    groups = settings.node_groups
    if settings.cluster.existing is not None:
        return
    if not any(group.desired_size and not group.repels_pods for group in groups.values()):
        rule = "at least one node group must have a node, and no taint that repels the drivers"
        remedy = "add a group without taints and with desiredSize 1 or more"
        yield ConfigError(GROUPS, rule, list(groups) or NOT_SET, remedy)


def zones(settings: Settings) -> Iterator[ConfigError]:
    """Check that nodes are in zones of the network."""
    for name, group in settings.node_groups.items():
        for i, zone in enumerate(group.zones):
            if settings.zones_are_known and zone not in settings.network.zones:
                rule = "must be one of network.zones, or a zone of network.existing"
                remedy = f"choose from {', '.join(settings.network.zones) or 'zones you add there'}"
                path = (*GROUPS, name, "zones", i)
                yield ConfigError(path, rule, zone, remedy, (("network", "zones"),))


def internet_access(settings: Settings) -> Iterator[ConfigError]:
    """Check that nodes reach the public registries that their images come from."""
    for name, group in settings.node_groups.items():
        none = settings.network.existing is None and settings.network.nat == "none"
        if none and group.subnets == "private":
            rule = "nodes in private subnets reach no registry without a NAT gateway"
            remedy = "set public here, or network.nat to single or perZone"
            yield ConfigError((*GROUPS, name, "subnets"), rule, group.subnets, remedy, (NAT,))


def release_versions(settings: Settings) -> Iterator[ConfigError]:
    """Check that a release of the machine image is one of the cluster's Kubernetes version."""
    version = settings.cluster.version
    for name, group in settings.node_groups.items():
        value, path = group.release_version, (*GROUPS, name, "releaseVersion")
        if value is None:
            continue
        remedy = (
            f"see `aws ssm get-parameter --name {release_version_parameter(version, group.image)}`"
        )
        if not RELEASE_VERSION.fullmatch(value):
            rule = f"must be a release of the machine image, such as {version}.2-20261118"
            yield ConfigError(path, rule, value, remedy)
        elif not value.startswith(f"{version}."):
            rule = f"must be a release for Kubernetes {version}, which cluster.version says"
            remedy = f"remove it, or {remedy}"
            yield ConfigError(path, rule, value, remedy, (("cluster", "version"),))


RULES = (group_names, nodes_for_the_drivers, zones, internet_access, release_versions)
