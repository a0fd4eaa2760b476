"""The release that deletes what users made, before anything of the stack is deleted."""

from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TypedDict

import pulumi

from components.charts import release
from components.training.controller import NAMESPACE as SINCE

CHART = "./charts/teardown"
VERSION = "0.1.0"
NAMESPACE = "kube-system"


class TeardownArgs(TypedDict):
    """Arguments of `Teardown`."""

    image: str
    """Image of the pod, with Python 3.11 or later."""
    timeout_seconds: int
    """How long a destroy waits for what users made to be gone."""
    drivers: list[str]
    """Names of the CSI drivers whose claims and volumes are deleted."""


class Teardown(pulumi.ComponentResource):
    """A Helm release whose pre-delete hook runs the package `teardown` in the cluster.

    Deleted before everything it depends on, so that drivers, controllers and nodes still run while
    the hook waits. `pulumi destroy` does not run the program: all the hook needs is in the release.
    """

    def __init__(
        self,
        name: str,
        args: TeardownArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:cluster:Teardown", name, {}, opts)
        seconds = args["timeout_seconds"]
        values = {
            "image": args["image"],
            "files": package(),
            "digest": digest(Path(CHART)),
            "drivers": sorted(args["drivers"]),
            "since": SINCE,
            "deadlineSeconds": seconds,
        }
        release(
            f"{name}-release",
            {
                "chart": CHART,
                "repository": None,
                "version": VERSION,
                # Longer than the hook's Job may take, so that the Job says what remains.
                "timeout_seconds": seconds + 300,
                "values": {},
            },
            NAMESPACE,
            values,
            pulumi.ResourceOptions(parent=self, depends_on=[*after]),
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
