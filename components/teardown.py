"""Helm release that deletes the objects of users before the stack is deleted."""

from collections.abc import Collection
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TypedDict

import pulumi

from components.dependencies import split_depends_on
from components.helm import release
from components.helm_spec import ChartSpec
from components.names import ACK_NAMESPACE
from components.teardown_spec import TeardownSpec

CHART = "./charts/teardown"
VERSION = "0.1.0"
NAMESPACE = "kube-system"
EXTRA_SECONDS = 300
"""Seconds beyond the deadline of the hook's Job, so that the Job can report what remains."""


class TeardownArgs(TypedDict):
    """Arguments of `Teardown`."""

    spec: TeardownSpec
    """Image and deadline of the hook's pod."""
    drivers: Collection[str]
    """Names of the CSI drivers whose claims and volumes are deleted."""


class Teardown(pulumi.ComponentResource):
    """A Helm release whose pre-delete hook runs the package `teardown` in the cluster.

    It depends on the resources of `depends_on`, so that drivers, controllers and nodes still run
    while the hook waits. `pulumi destroy` does not run the program, so the release contains all
    that the hook needs.
    """

    def __init__(
        self, name: str, args: TeardownArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:cluster:Teardown", name, {}, own)
        spec = args["spec"]
        release(
            f"{name}-release",
            ChartSpec.model_construct(
                chart=CHART, version=VERSION, timeout_seconds=spec.timeout_seconds + EXTRA_SECONDS
            ),
            NAMESPACE,
            {
                "image": spec.image,
                "files": package_files(),
                "digest": chart_digest(Path(CHART)),
                "drivers": sorted(args["drivers"]),
                # The namespace that tells by its age how long the stack has been there.
                "since": ACK_NAMESPACE,
                "deadlineSeconds": spec.timeout_seconds,
            },
            pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )
        self.register_outputs({})


def chart_digest(chart: Path) -> str:
    """Return a digest of a chart's files, which Pulumi does not compare by itself."""
    parts = [sha256(one.read_bytes()).hexdigest() for one in sorted(chart.rglob("*.*"))]
    return sha256(" ".join(parts).encode()).hexdigest()[:16]


def package_files() -> dict[str, str]:
    """Return the files of the package `teardown` by name, which the pod runs."""
    modules = (one for one in files("teardown").iterdir() if one.name.endswith(".py"))
    return {one.name: one.read_text() for one in sorted(modules, key=lambda each: each.name)}
