"""Who the pods of a workload are: to Kubernetes a service account, to AWS a role."""

from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.pod_identity import PodIdentity
from components.policies import Document


class WorkloadIdentityArgs(TypedDict):
    """What a WorkloadIdentity is made of."""

    cluster_name: pulumi.Input[str]
    """The EKS cluster."""
    namespace: pulumi.Input[str]
    """Where the pods are."""
    service_account: str
    """The service account's name."""
    policies: list[Document]
    """What the pods may do in AWS, as IAM policy documents."""


class WorkloadIdentity(pulumi.ComponentResource):
    """A service account, and a role that only its pods take on. Pods must come after `ready`."""

    service_account: str
    ready: list[pulumi.Resource]
    """The service account, the association and the permissions."""

    def __init__(
        self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:workloads:WorkloadIdentity", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.service_account = args["service_account"]
        account = kubernetes.core.v1.ServiceAccount(
            f"{name}-account",
            metadata={"name": self.service_account, "namespace": args["namespace"]},
            opts=child,
        )
        access = PodIdentity(f"{name}-access", {**args, "managed_policies": []}, child)
        self.ready = [account, *access.ready]
        self.register_outputs({"serviceAccount": self.service_account})
