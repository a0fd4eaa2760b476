"""Compute the training curves of a job: each metric over the rounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 34
STEPS = 4


@dataclass(frozen=True)
class Line:
    """One metric of one channel."""

    name: str
    points: str
    """Points in the format of an SVG polyline."""
    last: float


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Curve:
    """Lines of one metric, such as merror, for the channels train and validation."""

    metric: str
    lines: list[Line]
    across: list[Tick]
    up: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def curves(metrics: Sequence[Mapping[str, float]]) -> list[Curve]:
    """Return a curve for each metric.

    Args:
        metrics: A mapping for each round: its number under `round`, and a value under each
            CHANNEL-METRIC, such as validation-merror.
    """
    names = dict.fromkeys(key for row in metrics for key in row if key != "round")
    kinds = dict.fromkeys(name.partition("-")[2] for name in names)
    return [
        _curve(kind, [name for name in names if name.partition("-")[2] == kind], metrics)
        for kind in kinds
    ]


def _curve(kind: str, names: Sequence[str], metrics: Sequence[Mapping[str, float]]) -> Curve:
    series = {name: [(row["round"], row[name]) for row in metrics if name in row] for name in names}
    rounds = [at for points in series.values() for at, _ in points]
    values = [value for points in series.values() for _, value in points if math.isfinite(value)]
    first, last = min(rounds), max(rounds)
    low, high = min(0.0, *values), max(values) or 1.0

    def x(at: float) -> float:
        return LEFT + (at - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / ((high - low) or 1) * (HEIGHT - TOP - BOTTOM)

    lines = [
        Line(
            name.partition("-")[0],
            " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points if math.isfinite(value)),
            points[-1][1],
        )
        for name, points in series.items()
    ]
    across = sorted({round(first + (last - first) * step / STEPS) for step in range(STEPS + 1)})
    up = [low + (high - low) * step / STEPS for step in range(STEPS + 1)]
    return Curve(
        kind,
        lines,
        [Tick(x(at), str(at)) for at in across],
        [Tick(y(value), f"{value:.3g}") for value in up],
    )
