"""The release that deletes what users made, before anything of the stack is deleted."""

from collections.abc import Collection
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TypedDict

import pulumi

from components import dependencies
from components.helm import release
from components.helm_spec import ChartSpec
from components.names import ACK_NAMESPACE
from components.teardown_spec import TeardownSpec

CHART = "./charts/teardown"
VERSION = "0.1.0"
NAMESPACE = "kube-system"
LEAST_TIMEOUT = 300
"""Seconds beyond the deadline of the hook's Job, so that the Job says what remains."""


class TeardownArgs(TypedDict):
    """Arguments of `Teardown`."""

    spec: TeardownSpec
    """Image of the pod, and the time it has."""
    drivers: Collection[str]
    """Names of the CSI drivers whose claims and volumes are deleted."""


class Teardown(pulumi.ComponentResource):
    """A Helm release whose pre-delete hook runs the package `teardown` in the cluster.

    Deleted before everything that `depends_on` names, so that drivers, controllers and nodes still
    run while the hook waits. `pulumi destroy` does not run the program: all that the hook needs is
    in the release.
    """

    def __init__(
        self, name: str, args: TeardownArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, after = dependencies.split(opts)
        super().__init__("eks-ml-storage:cluster:Teardown", name, {}, own)
        spec = args["spec"]
        release(
            f"{name}-release",
            ChartSpec.model_construct(
                chart=CHART, version=VERSION, timeout_seconds=spec.timeout_seconds + LEAST_TIMEOUT
            ),
            NAMESPACE,
            {
                "image": spec.image,
                "files": package(),
                "digest": digest(Path(CHART)),
                "drivers": sorted(args["drivers"]),
                # The namespace that tells by its age how long the stack has been there.
                "since": ACK_NAMESPACE,
                "deadlineSeconds": spec.timeout_seconds,
            },
            pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self.register_outputs({})


def digest(chart: Path) -> str:
    """Return a digest of a chart's files, which Pulumi does not compare by itself."""
    parts = [sha256(one.read_bytes()).hexdigest() for one in sorted(chart.rglob("*.*"))]
    return sha256(" ".join(parts).encode()).hexdigest()[:16]


def package() -> dict[str, str]:
    """Return the files of the package `teardown` by name, which the pod runs."""
    modules = (one for one in files("teardown").iterdir() if one.name.endswith(".py"))
    return {one.name: one.read_text() for one in sorted(modules, key=lambda each: each.name)}
