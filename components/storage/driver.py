"""The CSI driver of the active back end, in the cluster."""

import pulumi

from components.charts import ChartArgs, release
from components.cluster import Cluster
from components.pod_identity import PodIdentity, PodIdentityArgs
from components.storage.shared_storage import SharedStorage

NAMESPACE = "kube-system"


class CsiDriverArgs(ChartArgs):
    """Arguments of `CsiDriver`: the driver's chart, and these."""

    cluster: Cluster
    """The EKS cluster, with its nodes."""
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
        super().__init__("eks-ml-storage:storage:CsiDriver", name, {}, opts)
        cluster, driver = args["cluster"], args["storage"].driver
        identity: PodIdentityArgs = {
            "cluster_name": cluster.name,
            "namespace": NAMESPACE,
            "service_account": driver["service_account"],
            "policies": driver["policies"],
            "managed_policies": driver["managed_policies"],
        }
        access = PodIdentity(f"{name}-access", identity, pulumi.ResourceOptions(parent=self))
        self.ready = [
            release(
                f"{name}-release",
                args,
                NAMESPACE,
                driver["values"],
                pulumi.ResourceOptions(parent=self, depends_on=[*access.ready, *cluster.workers]),
            )
        ]
        self.register_outputs({})
