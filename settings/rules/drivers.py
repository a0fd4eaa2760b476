"""Rules of the Helm charts.

Source: Helm, "Charts" (version numbers) and "Use OCI-based registries".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.drivers import Chart
from settings.faults import NOT_SET, Fault, Path
from settings.stack import Settings

DRIVERS: Path = ("drivers",)
EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)


def versions(settings: Settings) -> Iterator[Fault]:
    """A version is one version, so that two deployments install the same."""
    for path, chart in _charts(settings):
        if not EXACT_VERSION.fullmatch(chart.version):
            rule = "must be one exact version, such as 1.9.1: no range, no latest"
            remedy = f"see `helm show chart {chart.chart}`"
            yield Fault((*path, "version"), rule, chart.version, remedy)


def repositories(settings: Settings) -> Iterator[Fault]:
    """A chart is of a repository, unless its name is a whole OCI reference."""
    for path, chart in _charts(settings):
        where = (*path, "repository")
        rests_on = ((*path, "chart"),)
        if chart.chart.startswith("oci://"):
            if chart.repository is not None:
                rule = "an oci:// chart has no repository"
                yield Fault(where, rule, chart.repository, "remove it", rests_on)
        elif chart.repository is None:
            rule = "a chart that is no oci:// reference needs its repository"
            yield Fault(where, rule, NOT_SET, "set its https:// address", rests_on)
        elif not chart.repository.startswith("https://"):
            rule = "must be an https:// address"
            yield Fault(where, rule, chart.repository, "set its https:// address")


def _charts(settings: Settings) -> Iterator[tuple[Path, Chart]]:
    """Every chart, and where it is set."""
    drivers = settings.drivers
    yield (*DRIVERS, "fsx"), drivers.fsx
    yield (*DRIVERS, "efs"), drivers.efs
    yield (*DRIVERS, "sagemaker"), drivers.sagemaker


RULES = (versions, repositories)
