"""What to do to the nodes there are, so that they become those the node groups should have."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .node_objects import (
    CONFIGURATION_ANNOTATION,
    GENERATION_ANNOTATION,
    Node,
    NodeGroup,
    addresses,
    free_address,
    node,
)

log = logging.getLogger(__name__)


@dataclass
class Changes:
    """What to do to the nodes of a cluster."""

    create: list[Node] = field(default_factory=list)
    delete: list[Node] = field(default_factory=list)
    configure: list[tuple[Node, NodeGroup]] = field(default_factory=list)


def plan(groups: Iterable[NodeGroup], nodes: Sequence[Node]) -> Changes:
    """Compares the nodes there are with those the node groups should have."""
    changes = Changes()
    kept: list[Node] = []
    lacking: list[tuple[NodeGroup, list[Node]]] = []
    for group in groups:
        same = [one for one in nodes if _annotation(one, GENERATION_ANNOTATION) == group.generation]
        same.sort(key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))
        own = same[: group.desired]
        kept += own
        lacking.append((group, own))
        changes.configure += [
            (one, group)
            for one in own
            if _annotation(one, CONFIGURATION_ANNOTATION) != group.configuration
        ]
    names = {one["metadata"]["name"] for one in kept}
    changes.delete = [one for one in nodes if one["metadata"]["name"] not in names]
    taken = addresses(nodes)
    for group, own in lacking:
        changes.create += _new_nodes(group, own, taken)
    return changes


def _new_nodes(group: NodeGroup, own: Sequence[Node], taken: set[str]) -> Iterator[Node]:
    """The nodes a group lacks, each in the zone with the fewest, as an Auto Scaling group does."""
    zones = Counter(one["metadata"]["labels"]["topology.kubernetes.io/zone"] for one in own)
    for ordinal in range(len(own), group.desired):
        for subnet in sorted(group.subnets, key=lambda subnet: (zones[subnet.zone], subnet.zone)):
            address = free_address(subnet, taken, f"{group.generation}/{ordinal}")
            if address:
                taken.add(address)
                zones[subnet.zone] += 1
                yield node(group, subnet, address)
                break
        else:
            log.warning(
                "node group %s: no free address in its subnets for node %d of %d",
                group.description["nodegroupName"],
                ordinal + 1,
                group.desired,
            )


def configuration_patch(one: Node, group: NodeGroup) -> dict[str, Any]:
    """What an update of a group's labels and taints changes on a running node.

    Labels and taints that others put on the node, or took away, stay as they are.
    """
    before = json.loads(_annotation(one, CONFIGURATION_ANNOTATION) or '{"labels":{},"taints":[]}')
    removed = {key: None for key in before["labels"] if key not in group.labels}
    others = [taint for taint in one["spec"].get("taints", []) if taint not in before["taints"]]
    return {
        "metadata": {
            "labels": removed | group.labels,
            "annotations": {CONFIGURATION_ANNOTATION: group.configuration},
        },
        "spec": {"taints": [*others, *group.taints]},
    }


def _annotation(one: Node, name: str) -> str | None:
    value: str | None = one["metadata"].get("annotations", {}).get(name)
    return value
