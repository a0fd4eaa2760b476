"""Helm charts, as releases that wait until their workloads are ready."""

from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes


class ChartArgs(TypedDict):
    """A chart, from which repository, in which version."""

    chart: str
    """The chart's name, or a whole oci:// reference."""
    repository: str | None
    """The repository's https:// address; None for an oci:// chart."""
    version: str
    """The exact version."""
    timeout_seconds: int
    """How long its workloads may take to become ready."""
    values: dict[str, Any]
    """Values laid over those that the program sets."""


def release(
    name: str,
    chart: ChartArgs,
    namespace: pulumi.Input[str],
    values: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> kubernetes.helm.v3.Release:
    """A release of a chart under its own name: there is one of each in a cluster."""
    repository = chart["repository"]
    return kubernetes.helm.v3.Release(
        name,
        name=chart["chart"].rsplit("/", maxsplit=1)[-1],
        chart=chart["chart"],
        version=chart["version"],
        repository_opts={"repo": repository} if repository else None,
        namespace=namespace,
        values=overlaid(values, chart["values"]),
        timeout=chart["timeout_seconds"],
        opts=opts,
    )


def overlaid(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others laid over them, as Helm does: maps are merged, all else is replaced."""
    merged = dict(values)
    for key, value in over.items():
        below = merged.get(key)
        both_maps = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = overlaid(below or {}, value) if both_maps else value
    return merged
