"""Settings of a Helm chart.

Sources: Helm, "Charts" (version numbers) and "Use OCI-based registries".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from components.spec.errors import NOT_SET, ConfigError
from components.spec.model import Spec

EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)
"""Form of a semantic version, not of a range."""


class ChartSpec(Spec):
    """A Helm chart of a repository, in one version."""

    chart: str
    """Name of the chart in the repository, or a whole oci:// reference."""

    repository: str | None = Field(default=None, examples=["https://charts.example.com"])
    """URL of the chart repository, https://...; none for an oci:// chart."""

    version: str
    """Exact version of the chart."""

    timeout_seconds: Annotated[int, Field(ge=60, le=3600)] = 600
    """Maximum time for the chart's workloads to become ready, in seconds."""

    values: dict[str, Any] = Field(
        default_factory=dict, examples=[{"controller": {"replicaCount": 1}}]
    )
    """Values of the chart, merged over those that the program sets."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of version and repository."""
        if not EXACT_VERSION.fullmatch(self.version):
            rule = "must be one exact version, such as 1.9.1: no range, no latest"
            remedy = f"see `helm show chart {self.chart}`"
            yield ConfigError(("version",), rule, self.version, remedy)
        yield from _repository(self)


def _repository(spec: ChartSpec) -> Iterator[ConfigError]:
    path, depends_on = ("repository",), (("chart",),)
    if spec.chart.startswith("oci://"):
        if spec.repository is not None:
            rule = "an oci:// chart has no repository"
            yield ConfigError(path, rule, spec.repository, "remove it", depends_on)
    elif spec.repository is None:
        rule = "a chart that is no oci:// reference needs its repository"
        yield ConfigError(path, rule, NOT_SET, "set its https:// address", depends_on)
    elif not spec.repository.startswith("https://"):
        rule = "must be an https:// address"
        yield ConfigError(path, rule, spec.repository, "set its https:// address")
