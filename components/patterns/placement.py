"""Placement of the workers of a pattern on nodes, as pure functions."""

from collections.abc import Mapping, Sequence

import pulumi_kubernetes as kubernetes


def in_zones(zones: Sequence[str]) -> kubernetes.core.v1.AffinityArgsDict:
    """Return an affinity for nodes in some Availability Zones only."""
    term: kubernetes.core.v1.NodeSelectorTermArgsDict = {
        "match_expressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [*zones]}
        ]
    }
    return {
        "node_affinity": {
            "required_during_scheduling_ignored_during_execution": {"node_selector_terms": [term]}
        }
    }


def over_nodes(
    pods: Mapping[str, str],
) -> kubernetes.core.v1.TopologySpreadConstraintArgsDict:
    """Return a constraint that puts as many pods on each node as on any other, or one more.

    Nodes whose taints keep the pods away do not count as empty ones.

    Args:
        pods: Labels of the pods.
    """
    return {
        "max_skew": 1,
        "topology_key": "kubernetes.io/hostname",
        "when_unsatisfiable": "DoNotSchedule",
        "node_taints_policy": "Honor",
        "label_selector": {"match_labels": {**pods}},
    }
