"""Choice between a cluster that the stack makes and one that exists."""

import pulumi

from components.cluster import Cluster, ClusterArgs
from components.existing_cluster import ExistingCluster
from components.found_cluster import FoundCluster

AnyCluster = Cluster | ExistingCluster


def cluster(
    name: str,
    args: ClusterArgs,
    found: FoundCluster | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> AnyCluster:
    """Return the cluster that arguments describe, or the one that was found.

    Args:
        name: Name of the component.
        args: Arguments of a cluster that is made.
        found: Cluster that exists, if the spec names one.
        opts: Options of the component.
    """
    if found is None:
        return Cluster(name, args, opts)
    spec = args["spec"]
    return ExistingCluster(
        name,
        {
            "found": found,
            "access_entries": spec.access_entries,
            "node_security_group_ids": spec.node_security_group_ids,
            "credentials": args["credentials"],
        },
        opts,
    )
