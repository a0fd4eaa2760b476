"""Scheduling of workers on nodes, as pure functions."""

from collections.abc import Mapping, Sequence

import pulumi_kubernetes as kubernetes


def zone_affinity(zones: Sequence[str]) -> kubernetes.core.v1.AffinityArgsDict:
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


def node_spread(
    pods: Mapping[str, str],
) -> kubernetes.core.v1.TopologySpreadConstraintArgsDict:
    """Return a constraint that spreads pods evenly over nodes, with a difference of at most one.

    Nodes whose taints the pods do not tolerate are not counted.

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
