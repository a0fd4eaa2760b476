"""Releases of Helm charts, which wait until their workloads are ready."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.helm_spec import ChartSpec


def release(  # noqa: PLR0913 (a chart, its place and its values)
    name: str,
    spec: ChartSpec,
    namespace: pulumi.Input[str],
    values: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    *,
    own_name: str | None = None,
) -> kubernetes.helm.v3.Release:
    """Install a chart as a release with the chart's name, once per cluster.

    Args:
        name: Logical name.
        spec: Settings of the chart; its values are merged over the others.
        namespace: Namespace of the release.
        values: Values that the program sets.
        opts: Options of the resource.
        own_name: Name of the release, if the cluster may have several of the chart.
    """
    return kubernetes.helm.v3.Release(
        name,
        name=own_name or release_name(spec),
        chart=spec.chart,
        version=spec.version,
        repository_opts={"repo": spec.used_repository} if spec.used_repository else None,
        namespace=namespace,
        values=merge_values(values, spec.values),
        timeout=spec.timeout_seconds,
        opts=opts,
    )


def release_name(spec: ChartSpec) -> str:
    """Return the name of a chart's only release in a cluster: that of the chart."""
    return spec.chart.rstrip("/").rsplit("/", maxsplit=1)[-1]


def merge_values(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge values over others as Helm does: maps key by key, anything else is replaced."""
    merged = dict(values)
    for key, value in over.items():
        below = merged.get(key)
        both_maps = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = merge_values(below or {}, value) if both_maps else value
    return merged
