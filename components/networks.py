"""Choice between a network that the stack makes and one that exists."""

import pulumi

from components.existing_network import ExistingNetwork
from components.found_network import FoundNetwork, subnets_by_zone
from components.network import Network
from components.network_spec import DeployedNetwork, NetworkSpec

AnyNetwork = Network | ExistingNetwork


def network(
    name: str,
    spec: NetworkSpec,
    found: FoundNetwork | None = None,
    deployed: DeployedNetwork = DeployedNetwork(),  # noqa: B008 (frozen)
    opts: pulumi.ResourceOptions | None = None,
) -> AnyNetwork:
    """Return the network that a spec describes, or the one that was found.

    Args:
        name: Name of the component.
        spec: Settings of the network.
        found: VPC and subnets that exist, if the spec names some.
        deployed: Parts of the deployed network that the update must keep.
        opts: Options of the component.
    """
    if found is None or found.vpc is None:
        return Network(name, {"spec": spec, "deployed": deployed}, opts)
    return ExistingNetwork(
        name,
        {
            "vpc_id": found.vpc.id,
            "subnet_ids": subnets_by_zone(found.by_zone(deployed.subnets)),
            "control_plane_zones": deployed.control_plane_zones,
        },
        opts,
    )
