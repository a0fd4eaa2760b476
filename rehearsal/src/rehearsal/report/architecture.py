"""Lay out the outermost components as a picture; a component stands right of its dependencies.

A component's layer is the length of the longest path to it; its place within the layer follows its
neighbours. Wires that follow from other wires are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import networkx

from rehearsal.report.graph import Graph

WIDTH, GAP, MARGIN = 190, 74, 16
HEAD, LINE = 50, 16
BETWEEN = 26
WAY = 6
MOST_LINES = 5
STORES = frozenset({"data", "storage"})
JOBS = frozenset({"training", "patterns"})
FACTS = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:fsx/lustreFileSystem:LustreFileSystem": "id",
    "aws:efs/fileSystem:FileSystem": "id",
    "aws:s3/filesFileSystem:FilesFileSystem": "id",
    "aws:eks/cluster:Cluster": "name",
    "aws:ec2/vpc:Vpc": "id",
}
"""Resource types that are known by their name or id, and the output that holds it."""


@dataclass
class Box:
    """A component in the picture, or, without a title, a waypoint of a wire."""

    urn: str
    title: str
    name: str
    lines: list[str]
    kind: str
    x: float = 0
    y: float = 0

    @property
    def height(self) -> float:
        """Height in the picture's units; small for a waypoint of a wire."""
        return HEAD + LINE * len(self.lines) if self.title else WAY

    @property
    def middle(self) -> float:
        """Vertical coordinate at which wires begin and end."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Wire:
    """A dependency, as an SVG path."""

    path: str
    data: bool


@dataclass(frozen=True)
class Picture:
    """Everything to draw, and its size."""

    boxes: list[Box]
    wires: list[Wire]
    width: float
    height: float
    box_width: int = WIDTH


def draw(graph: Graph) -> Picture:
    """Lay out the picture of a deployment."""
    plan = _plan(graph)
    boxes = {urn: _box(graph, urn) for urn in plan}
    layers = [list(layer) for layer in networkx.topological_generations(plan)]
    runs = _runs(layers, networkx.transitive_reduction(plan))
    boxes |= {way: Box(way, "", "", [], "way") for run in runs for way in run[1:-1]}
    _order(layers, runs)
    height = _place(layers, boxes)
    wires = [_wire([boxes[urn] for urn in run]) for run in runs]
    width = 2 * MARGIN + len(layers) * WIDTH + max(len(layers) - 1, 0) * GAP
    return Picture([box for box in boxes.values() if box.title], wires, width, height)


def _plan(graph: Graph) -> networkx.DiGraph[str]:
    """Return the components and their edges, without those that would close a cycle.

    Two components may each have a part that depends on a part of the other; then the component that
    the program creates first also stands first.
    """
    plan: networkx.DiGraph[str] = networkx.DiGraph()
    plan.add_nodes_from(graph.parts)
    place = {urn: number for number, urn in enumerate(graph.parts)}
    known = [edge for edge in graph.edges if set(edge) <= set(place)]
    for first, second in sorted(
        known, key=lambda e: (place[e[0]] > place[e[1]], *map(place.get, e))
    ):
        if not networkx.has_path(plan, second, first):
            plan.add_edge(first, second)
    return plan


def _box(graph: Graph, urn: str) -> Box:
    part = graph.resources[urn]
    group = part.type.split(":")[1]
    kind = "store" if group in STORES and "Mount" not in part.noun else "box"
    kind = "job" if group in JOBS else kind
    facts = [
        str(one.id if FACTS[one.type] == "id" else one.outputs.get(FACTS[one.type], ""))
        for one in graph.parts[urn]
        if one.type in FACTS
    ]
    kinds = [f"{count} {noun}" if count > 1 else noun for noun, count in graph.kinds(urn)]
    room = MOST_LINES - len(facts)
    more = len(kinds) - room
    shown = kinds if more <= 0 else [*kinds[: room - 1], f"and {more + 1} kinds more"]
    return Box(urn, part.noun, part.name, [*facts, *shown], kind)


def _runs(layers: list[list[str]], plan: networkx.DiGraph[str]) -> list[list[str]]:
    """Return each edge as the list of boxes that it passes through.

    A layer that an edge crosses gets a waypoint for it.
    """
    layer_of = {urn: number for number, layer in enumerate(layers) for urn in layer}
    runs = []
    for first, second in plan.edges:
        crossed = range(layer_of[first] + 1, layer_of[second])
        ways = {number: f"{first} {second} {number}" for number in crossed}
        for number, way in ways.items():
            layers[number].append(way)
        runs.append([first, *ways.values(), second])
    return runs


def _order(layers: list[list[str]], runs: list[list[str]]) -> None:
    """Put each box beside its neighbours in the layer before, so that few wires cross."""
    before_of: dict[str, list[str]] = {}
    for first, second in (pair for run in runs for pair in pairwise(run)):
        before_of.setdefault(second, []).append(first)
    for before, layer in pairwise(layers):
        place = {urn: number for number, urn in enumerate(before)}

        def middle(urn: str, place: dict[str, int] = place) -> float:
            near = [place[one] for one in before_of.get(urn, ()) if one in place]
            return sum(near) / len(near) if near else len(place)

        layer.sort(key=middle)


def _place(layers: list[list[str]], boxes: dict[str, Box]) -> float:
    """Set the coordinates of each box; return the height of the picture."""

    def tall(layer: list[str]) -> float:
        return sum(boxes[urn].height for urn in layer) + BETWEEN * (len(layer) - 1)

    highest = max((tall(layer) for layer in layers), default=0)
    for column, layer in enumerate(layers):
        y = MARGIN + (highest - tall(layer)) / 2
        for urn in layer:
            boxes[urn].x, boxes[urn].y = MARGIN + column * (WIDTH + GAP), y
            y += boxes[urn].height + BETWEEN
    return highest + 2 * MARGIN


def _wire(run: list[Box]) -> Wire:
    """Return a wire: curves from box to box, and straight lines through the waypoints."""
    bend = GAP * 0.6
    path = f"M{run[0].x + WIDTH:.0f} {run[0].middle:.0f}"
    for first, second in pairwise(run):
        x1, x2 = first.x + WIDTH, second.x
        path += f" C{x1 + bend:.0f} {first.middle:.0f} {x2 - bend:.0f} {second.middle:.0f}"
        path += f" {x2:.0f} {second.middle:.0f}"
        if not second.title:
            path += f" H{x2 + WIDTH:.0f}"
    return Wire(path, run[0].kind == "store")
