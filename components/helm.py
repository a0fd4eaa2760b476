"""Helm charts, as releases that wait until their workloads are ready."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.helm_spec import ChartSpec


def release(
    name: str,
    spec: ChartSpec,
    namespace: pulumi.Input[str],
    values: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> kubernetes.helm.v3.Release:
    """Install a chart in a release of the chart's own name, of which a cluster has one.

    Args:
        name: Logical name.
        spec: The chart, whose values are laid over the others.
        namespace: Namespace of the release.
        values: Values that the program sets.
        opts: Options of the resource.
    """
    return kubernetes.helm.v3.Release(
        name,
        name=spec.chart.rsplit("/", maxsplit=1)[-1],
        chart=spec.chart,
        version=spec.version,
        repository_opts={"repo": spec.repository} if spec.repository else None,
        namespace=namespace,
        values=overlaid(values, spec.values),
        timeout=spec.timeout_seconds,
        opts=opts,
    )


def overlaid(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay values over others as Helm does: maps are merged, everything else is replaced."""
    merged = dict(values)
    for key, value in over.items():
        below = merged.get(key)
        both_maps = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = overlaid(below or {}, value) if both_maps else value
    return merged
