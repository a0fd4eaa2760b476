"""The CSI driver of the active back end, in the cluster."""

from typing import TypedDict

import pulumi

from components import dependencies
from components.helm import release
from components.helm_spec import ChartSpec
from components.pod_identity import PodIdentity, PodIdentityArgs
from components.storage.shared_storage import SharedStorage

NAMESPACE = "kube-system"


class CsiDriverArgs(TypedDict):
    """Arguments of `CsiDriver`."""

    spec: ChartSpec
    """Chart of the driver."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    storage: SharedStorage
    """The back end, which says what it asks of its driver."""


class CsiDriver(pulumi.ComponentResource):
    """The driver's release, and the permissions of its controller."""

    ready: list[pulumi.Resource]
    """The release, whose controller and node plugins run."""

    def __init__(
        self,
        name: str,
        args: CsiDriverArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        own, after = dependencies.split(opts)
        super().__init__("eks-ml-storage:storage:CsiDriver", name, {}, own)
        driver = args["storage"].driver
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
                args["spec"],
                NAMESPACE,
                driver["values"],
                pulumi.ResourceOptions(parent=self, depends_on=[access, *after]),
            )
        ]
        self.register_outputs({})
