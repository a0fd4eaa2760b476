"""Spot instances of node groups that EC2 takes back, when a fault applies.

The group's Auto Scaling group launches another instance at once. AWS gives a warning of two
minutes, in which EKS drains the node; here the node leaves without one.
"""

from __future__ import annotations

from typing import cast

from moto.eks.models import eks_backends

from rehearsal.aws import clock, interfaces
from rehearsal.aws.eks import network
from rehearsal.aws.eks.models import EKS, NodeGroup
from rehearsal.faults import active
from rehearsal.faults.active import Planned

_planned: dict[str, tuple[float, Planned] | None] = {}
"""Time and fault of each spot group that was asked for; None if no fault applies to it."""


def take_back(account_id: str) -> None:
    """Take an instance of each spot group whose interruption is due."""
    if not active.are_active():
        _planned.clear()
        return
    for region, backend in eks_backends[account_id].items():
        for cluster in cast(EKS, backend).clusters.values():
            for group in cluster.node_groups.values():
                if _is_interrupted(group):
                    network.replace_node(interfaces.network(account_id, region), cluster, group)


def _is_interrupted(group: NodeGroup) -> bool:
    """Return whether a group's interruption is due now; it happens once."""
    spot = group.description["capacityType"] == "SPOT" and group.interface_ids
    if not spot or group.lifecycle.look() != "ACTIVE":
        return False
    if group.arn not in _planned:
        found = active.planned("spot-interruption", name=group.description["nodegroupName"])
        _planned[group.arn] = (clock.now() + found.fault.seconds, found) if found else None
    plan = _planned[group.arn]
    if plan is None or clock.now() < plan[0]:
        return False
    plan[1].record()
    _planned[group.arn] = None
    return True
