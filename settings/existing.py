"""Network and cluster that a config names and somebody else made, as they are found.

They are looked up before anything is created. The zones of the network, and so the subnet of each
mount target and node group, are known to the rules and to the program that way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from components.existing_network_spec import ExistingNetworkSpec
from components.found_cluster import FoundCluster
from components.found_network import FoundNetwork
from settings.account import AccountReadError


@dataclass(frozen=True)
class ExistingQuery:
    """Names in a config of what exists."""

    network: ExistingNetworkSpec | None = None
    """VPC and subnets; one that names nothing is that of the cluster."""
    cluster: str | None = None
    """Name of the cluster."""
    security_groups: tuple[str, ...] = ()
    """Ids of security groups of nodes."""

    def __bool__(self) -> bool:
        """Return whether a config names anything that exists."""
        return self.network is not None or self.cluster is not None


@dataclass(frozen=True)
class Existing:
    """Network and cluster that a config names, as AWS has them."""

    network: FoundNetwork | None = None
    """VPC and subnets; None if the config names none, or if nobody has looked."""
    cluster: FoundCluster | None = None
    """The cluster; None if the config names none, or if there is none of that name."""
    cluster_names: tuple[str, ...] = ()
    """Names of the clusters of the Region, read only if the named one is not there."""
    security_groups: Mapping[str, str] | None = None
    """VPC of each named security group that exists, by its id."""
    is_known: bool = True
    """False where nobody has looked: a rule that depends on it is left out."""


ReadExisting = Callable[[ExistingQuery], Existing]


def read_existing(query: ExistingQuery) -> Existing:
    """Return the facts, by invokes of the AWS provider with the stack's own credentials.

    Raises:
        AccountReadError: An invoke failed, for example without credentials or permissions.
    """
    # The rules are importable without the SDK.
    from components.existing_cluster import cluster_names, find_cluster  # noqa: PLC0415
    from components.existing_network import find_network, find_subnets  # noqa: PLC0415
    from settings.cluster_objects import with_objects  # noqa: PLC0415

    wanted = query.network
    try:
        cluster = find_cluster(query.cluster) if query.cluster else None
        network = None
        if wanted is not None and not wanted.names_nothing:
            network = find_network(wanted)
        elif cluster is not None:
            network = find_subnets(cluster.vpc_id, cluster.node_subnet_ids)
        lost = query.cluster is not None and cluster is None
        names = cluster_names() if lost else ()
        groups = _security_groups(query.security_groups) if query.security_groups else {}
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        raise AccountReadError(str(error)) from error
    if cluster is not None and cluster.status == "ACTIVE":
        cluster = with_objects(cluster)
    return Existing(network, cluster, names, groups)


def _security_groups(ids: tuple[str, ...]) -> dict[str, str]:
    from pulumi_aws import ec2  # noqa: PLC0415

    filters = [ec2.GetSecurityGroupsFilterArgs(name="group-id", values=[*ids])]
    found = ec2.get_security_groups(filters=filters)
    return dict(zip(found.ids, found.vpc_ids, strict=True))
