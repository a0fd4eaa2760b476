"""Settings of a Helm chart.

Sources: Helm, "Charts" (version numbers) and "Use OCI-based registries".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from components.spec.errors import NOT_SET, ConfigError
from components.spec.model import Spec

EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)
"""Form of a semantic version, not of a range."""
OCI = "oci://"
FOLDER = ("/", "./", "../")
"""Beginnings of a chart that is a folder."""
ADDRESS = re.compile(r"https://.+|http://(127\.0\.0\.1|localhost|\[::1\])([:/].*)?")
"""Form of a repository's address: only this machine is asked without TLS."""


class ChartSpec(Spec):
    """A Helm chart of a repository, in one version."""

    chart: str
    """Name of the chart in the repository, a whole oci:// reference, or a folder such as
    ./charts/NAME, relative to the project."""

    repository: str | None = Field(default=None, examples=["https://charts.example.com"])
    """URL of the chart repository, https://..., or http:// on this machine; it is not used for an
    oci:// chart or a folder."""

    version: str
    """Exact version of the chart."""

    timeout_seconds: Annotated[int, Field(ge=60, le=3600)] = 600
    """Maximum time for the chart's workloads to become ready, in seconds."""

    values: dict[str, Any] = Field(
        default_factory=dict, examples=[{"controller": {"replicaCount": 1}}]
    )
    """Values of the chart, merged over those that the program sets."""

    @property
    def is_folder(self) -> bool:
        """True if the chart is a folder on this machine."""
        return self.chart.startswith(FOLDER)

    @property
    def used_repository(self) -> str | None:
        """Repository that the chart is downloaded from; None for an oci:// chart or a folder."""
        return None if self.is_folder or self.chart.startswith(OCI) else self.repository

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of chart, version and repository."""
        if not EXACT_VERSION.fullmatch(self.version):
            rule = "must be one exact version, such as 1.9.1: no range, no latest"
            remedy = f"see `helm show chart {self.chart}`"
            yield ConfigError(("version",), rule, self.version, remedy)
        if self.is_folder:
            yield from _folder(self)
        yield from _repository(self)


def _folder(spec: ChartSpec) -> Iterator[ConfigError]:
    import yaml  # noqa: PLC0415 (few stacks have a chart in a folder)

    description = Path(spec.chart, "Chart.yaml")
    try:
        version = str(yaml.safe_load(description.read_text())["version"])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        rule = "must be the folder of a chart, with a Chart.yaml that has a version"
        remedy = "download it with `helm pull --untar`; a path is relative to the project"
        yield ConfigError(("chart",), rule, spec.chart, remedy)
        return
    if version != spec.version:
        rule = f"must be the version of the chart in {spec.chart}, which is {version}"
        yield ConfigError(("version",), rule, spec.version, f"set {version}", (("chart",),))


def _repository(spec: ChartSpec) -> Iterator[ConfigError]:
    path, depends_on = ("repository",), (("chart",),)
    if spec.is_folder or spec.chart.startswith(OCI):
        if spec.repository is not None and "repository" in spec.model_fields_set:
            kind = "a folder" if spec.is_folder else "an oci:// chart"
            rule = f"{kind} has no repository"
            yield ConfigError(path, rule, spec.repository, "remove it", depends_on)
    elif spec.repository is None:
        rule = "a chart that is no oci:// reference and no folder needs its repository"
        yield ConfigError(path, rule, NOT_SET, "set its https:// address", depends_on)
    elif not ADDRESS.fullmatch(spec.repository):
        rule = "must be an https:// address, or an http:// address of this machine"
        yield ConfigError(path, rule, spec.repository, "set its https:// address")
