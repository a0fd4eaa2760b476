"""Rules of the Helm charts.

Source: Helm, "Charts" (version numbers) and "Use OCI-based registries".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.spec.errors import NOT_SET, ConfigError, Path
from settings.drivers import Chart
from settings.stack import Settings

DRIVERS: Path = ("drivers",)
EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)


def versions(settings: Settings) -> Iterator[ConfigError]:
    """A version is one version, so that two deployments install the same."""
    for path, chart in _charts(settings):
        if not EXACT_VERSION.fullmatch(chart.version):
            rule = "must be one exact version, such as 1.9.1: no range, no latest"
            remedy = f"see `helm show chart {chart.chart}`"
            yield ConfigError((*path, "version"), rule, chart.version, remedy)


def repositories(settings: Settings) -> Iterator[ConfigError]:
    """A chart is of a repository, unless its name is a whole OCI reference."""
    for path, chart in _charts(settings):
        where = (*path, "repository")
        depends_on = ((*path, "chart"),)
        if chart.chart.startswith("oci://"):
            if chart.repository is not None:
                rule = "an oci:// chart has no repository"
                yield ConfigError(where, rule, chart.repository, "remove it", depends_on)
        elif chart.repository is None:
            rule = "a chart that is no oci:// reference needs its repository"
            yield ConfigError(where, rule, NOT_SET, "set its https:// address", depends_on)
        elif not chart.repository.startswith("https://"):
            rule = "must be an https:// address"
            yield ConfigError(where, rule, chart.repository, "set its https:// address")


def _charts(settings: Settings) -> Iterator[tuple[Path, Chart]]:
    """Every chart, and where it is set."""
    drivers = settings.drivers
    yield (*DRIVERS, "fsx"), drivers.fsx
    yield (*DRIVERS, "efs"), drivers.efs
    yield (*DRIVERS, "sagemaker"), drivers.sagemaker


RULES = (versions, repositories)
