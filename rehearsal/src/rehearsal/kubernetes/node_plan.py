"""Comparison of the present nodes with those that the node groups should have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.kubernetes.node_objects import (
    CONFIGURATION_ANNOTATION,
    GENERATION_ANNOTATION,
    Node,
    NodeGroup,
    node,
)


@dataclass
class Changes:
    """Changes to the nodes of a cluster, in the order in which they are made."""

    delete: list[Node] = field(default_factory=list)
    create: list[Node] = field(default_factory=list)
    configure: list[tuple[Node, NodeGroup]] = field(default_factory=list)


def plan(groups: Iterable[NodeGroup], nodes: Sequence[Node]) -> Changes:
    """Return the changes that make the present nodes those that the node groups should have."""
    wanted = {
        name_of(one): (one, group)
        for group in groups
        for one in (node(group, location) for location in group.locations)
    }
    changes = Changes()
    for one in nodes:
        new, group = wanted.get(name_of(one), (None, None))
        if new is None or group is None or not _same(one, new, GENERATION_ANNOTATION):
            changes.delete.append(one)
            continue
        del wanted[name_of(one)]
        if not _same(one, new, CONFIGURATION_ANNOTATION):
            changes.configure.append((one, group))
    changes.create = [new for new, _ in wanted.values()]
    return changes


def configuration_patch(one: Node, group: NodeGroup) -> dict[str, Any]:
    """Return the patch of a running node after an update of its group's labels and taints.

    Labels and taints that others put on the node, or took away, stay as they are.
    """
    before = json.loads(annotation(one, CONFIGURATION_ANNOTATION))
    removed = {key: None for key in before["labels"] if key not in group.labels}
    others = [
        taint for taint in one["spec"].get("taints", []) if not _among(taint, before["taints"])
    ]
    return {
        "metadata": {
            "labels": removed | group.labels,
            "annotations": {CONFIGURATION_ANNOTATION: group.configuration},
        },
        "spec": {"taints": [*others, *group.taints]},
    }


def name_of(one: Node) -> str:
    """Return the name of a node."""
    return str(one["metadata"]["name"])


def annotation(one: Node, name: str) -> str:
    """Return the value of an annotation of a node; empty if the node does not have it."""
    return str(one["metadata"].get("annotations", {}).get(name, ""))


def _same(one: Node, other: Node, name: str) -> bool:
    return annotation(one, name) == annotation(other, name)


def _among(taint: dict[str, str], taints: Sequence[dict[str, str]]) -> bool:
    """Return True if the taints include this one; a node has one for each key and effect."""
    return any(taint["key"] == one["key"] and taint["effect"] == one["effect"] for one in taints)
