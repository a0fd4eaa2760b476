"""The identity of a workload's pods: a service account in Kubernetes, a role in AWS."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.iam import Document
from components.pod_identity import PodIdentity


class WorkloadIdentityArgs(TypedDict):
    """Arguments of `WorkloadIdentity`."""

    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    namespace: pulumi.Input[str]
    """Namespace of the pods."""
    service_account: str
    """Name of the service account."""
    policies: Sequence[Document]
    """Permissions of the pods in AWS, as IAM policy documents."""


class WorkloadIdentity(pulumi.ComponentResource):
    """A service account, and a role that only its pods take on.

    EKS injects the credentials when a pod is created, so pods must depend on this component.
    """

    service_account: str
    """Name of the service account."""

    def __init__(
        self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:workloads:WorkloadIdentity", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.service_account = args["service_account"]
        kubernetes.core.v1.ServiceAccount(
            f"{name}-account",
            metadata={"name": self.service_account, "namespace": args["namespace"]},
            opts=child,
        )
        PodIdentity(
            f"{name}-access",
            {
                "cluster_name": args["cluster_name"],
                "namespace": args["namespace"],
                "service_account": args["service_account"],
                "policies": args["policies"],
            },
            child,
        )
        self.register_outputs({"serviceAccount": self.service_account})
