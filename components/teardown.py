"""Helm release that deletes the objects of users before the stack is deleted."""

from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

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


class SharedCluster(TypedDict):
    """Limits of the hook in a cluster that outlives the stack."""

    release: str
    """Name of the release, of which a cluster may have several."""
    storage_classes: Sequence[pulumi.Input[str]]
    """Names of the stack's storage classes."""
    volumes: Sequence[pulumi.Input[str]]
    """Names of the stack's volumes. Claims of other classes and on other volumes are left alone,
    and so are all load balancers."""
    training_jobs: bool
    """True if the stack brought the controller of the training jobs."""


class TeardownArgs(TypedDict):
    """Arguments of `Teardown`."""

    spec: TeardownSpec
    """Image and deadline of the hook's pod."""
    drivers: Collection[str]
    """Names of the CSI drivers whose claims and volumes are deleted."""
    shared: NotRequired[SharedCluster | None]
    """Limits in a cluster that others use too; None, the default, if the cluster goes with the
    stack."""


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
        spec, shared = args["spec"], args.get("shared")
        limits: dict[str, Any] = {"since": ACK_NAMESPACE}
        if shared is not None:
            limits = {
                "since": "",
                "storageClasses": [*shared["storage_classes"]],
                "volumes": [*shared["volumes"]],
                "trainingJobs": shared["training_jobs"],
            }
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
                **limits,
                "deadlineSeconds": spec.timeout_seconds,
            },
            pulumi.ResourceOptions(parent=self, depends_on=depends_on),
            own_name=shared["release"] if shared else None,
        )
        self.register_outputs({})


def volume_names(created: Iterable[pulumi.Resource]) -> list[pulumi.Output[str]]:
    """Return the names of the PersistentVolumes among resources."""
    volumes = (one for one in created if isinstance(one, kubernetes.core.v1.PersistentVolume))
    return [one.metadata.apply(lambda known: str(known.name)) for one in volumes]


def chart_digest(chart: Path) -> str:
    """Return a digest of a chart's files, which Pulumi does not compare by itself."""
    parts = [sha256(one.read_bytes()).hexdigest() for one in sorted(chart.rglob("*.*"))]
    return sha256(" ".join(parts).encode()).hexdigest()[:16]


def package_files() -> dict[str, str]:
    """Return the files of the package `teardown` by name, which the pod runs."""
    modules = (one for one in files("teardown").iterdir() if one.name.endswith(".py"))
    return {one.name: one.read_text() for one in sorted(modules, key=lambda each: each.name)}
