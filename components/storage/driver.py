"""The CSI driver of the active back end, in the cluster."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.charts import ChartArgs, release
from components.pod_identity import PodIdentity, PodIdentityArgs
from components.storage.shared_storage import DriverArgs

NAMESPACE = "kube-system"


class CsiDriverArgs(TypedDict):
    """What a CsiDriver is made of."""

    cluster_name: pulumi.Input[str]
    """The EKS cluster."""
    chart: ChartArgs
    """The driver's chart."""
    driver: DriverArgs
    """What the back end asks of it."""


class CsiDriver(pulumi.ComponentResource):
    """The driver's release, and the permissions of its controller."""

    ready: list[pulumi.Resource]
    """The release, whose controller and node plugins run."""

    def __init__(
        self,
        name: str,
        args: CsiDriverArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:storage:CsiDriver", name, {}, opts)
        driver = args["driver"]
        identity: PodIdentityArgs = {
            "cluster_name": args["cluster_name"],
            "namespace": NAMESPACE,
            "service_account": driver["service_account"],
            "policies": driver["policies"],
            "managed_policies": driver["managed_policies"],
        }
        access = PodIdentity(f"{name}-access", identity, pulumi.ResourceOptions(parent=self))
        self.ready = [
            release(
                f"{name}-release",
                args["chart"],
                NAMESPACE,
                driver["values"],
                pulumi.ResourceOptions(parent=self, depends_on=[*access.ready, *after]),
            )
        ]
        self.register_outputs({})
