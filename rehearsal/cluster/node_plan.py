"""What to do to the nodes there are, so that they become those the node groups should have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .node_objects import (
    CONFIGURATION_ANNOTATION,
    GENERATION_ANNOTATION,
    Node,
    NodeGroup,
    node,
)


@dataclass
class Changes:
    """What to do to the nodes of a cluster, in this order."""

    delete: list[Node] = field(default_factory=list)
    create: list[Node] = field(default_factory=list)
    configure: list[tuple[Node, NodeGroup]] = field(default_factory=list)


def plan(groups: Iterable[NodeGroup], nodes: Sequence[Node]) -> Changes:
    """Compares the nodes there are with those the node groups should have."""
    wanted = {
        name_of(one): (one, group)
        for group in groups
        for one in (node(group, place) for place in group.places)
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
    """What an update of a group's labels and taints changes on a running node.

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
    """A node's name."""
    return str(one["metadata"]["name"])


def annotation(one: Node, name: str) -> str:
    """What an annotation of ours says on a node; empty if the node hasn't got it."""
    return str(one["metadata"].get("annotations", {}).get(name, ""))


def _same(one: Node, other: Node, name: str) -> bool:
    return annotation(one, name) == annotation(other, name)


def _among(taint: dict[str, str], taints: Sequence[dict[str, str]]) -> bool:
    """Whether a taint is among those; a node has one for each key and effect."""
    return any(taint["key"] == one["key"] and taint["effect"] == one["effect"] for one in taints)
