"""Settings of a stack in a network and a cluster that somebody else made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar, cast

from components.existing_network_spec import ExistingNetworkSpec
from components.found_cluster import FoundCluster
from components.found_network import FoundSubnet, zones_of
from components.spec.model import Spec
from settings.deployed import Deployed
from settings.existing import Existing, ExistingQuery
from settings.stack import Settings

AnySpec = TypeVar("AnySpec", bound=Spec)


def query_of(settings: Settings) -> ExistingQuery:
    """Return the names in a config of what exists; none of those that cannot be asked for."""
    network, cluster = settings.network.existing, settings.cluster
    if network is not None and any(network.problems()):
        network = None
    return ExistingQuery(network, cluster.existing, cluster.node_security_group_ids)


def naming_its_network(settings: Settings) -> Settings:
    """Return settings in which an existing cluster's network is used, unless they name one."""
    if settings.cluster.existing is None or settings.network.existing is not None:
        return settings
    network = _filled(settings.network, existing=ExistingNetworkSpec())
    return settings.model_copy(update={"network": network})


def with_existing(settings: Settings, existing: Existing) -> Settings:
    """Return settings with what exists: the zones of its subnets, the version of its cluster."""
    network, cluster, deployed = settings.network, settings.cluster, settings.deployed
    found = existing.network
    if found is not None:
        subnets = found.by_zone(deployed.subnets)
        cidr = found.vpc.cidrs[0] if found.vpc else network.cidr
        network = _filled(network, zones=tuple(subnets), cidr=cidr)
        deployed = _in_zones(deployed, found.subnets)
    if existing.cluster is not None:
        cluster = _filled(cluster, version=existing.cluster.version)
        if deployed.existing_cluster is not None:
            deployed = replace(deployed, cluster=_properties(existing.cluster))
    return settings.model_copy(
        update={
            "network": network,
            "cluster": cluster,
            "deployed": deployed,
            "existing": existing,
        }
    )


def _filled(spec: AnySpec, **values: Any) -> AnySpec:
    """Return a spec with values that the config does not set, and that do not count as set."""
    given = {key: value for key, value in spec if key in spec.model_fields_set}
    every = {**dict(spec), **values, **given}
    filled: Any = type(spec).model_construct(_fields_set={*given}, **every)
    return cast("AnySpec", filled)


def _in_zones(deployed: Deployed, subnets: tuple[FoundSubnet, ...]) -> Deployed:
    """Return what is deployed with the zones of subnets that the stack did not make."""
    one = deployed.file_system_subnet
    return replace(
        deployed,
        control_plane_zones=zones_of(subnets, deployed.control_plane_subnets),
        node_group_zones={
            name: zones_of(subnets, ids) for name, ids in deployed.node_group_subnets.items()
        },
        file_system_zone=next(iter(zones_of(subnets, [one] if one else [])), None),
    )


def _properties(found: FoundCluster) -> dict[str, Any]:
    """Return a cluster's properties by their Pulumi names, as a state has them."""
    return {
        "name": found.name,
        "endpoint": found.endpoint,
        "certificateAuthority": {"data": found.certificate_authority},
    }
