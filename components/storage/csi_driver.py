"""The CSI driver of a file system, in the cluster."""

from typing import NotRequired, TypedDict

import pulumi

from components.dependencies import split_depends_on
from components.helm import release
from components.helm_spec import ChartSpec
from components.pod_identity import PodIdentity, PodIdentityArgs
from components.storage.base import DriverSettings

NAMESPACE = "kube-system"


class CsiDriverArgs(TypedDict):
    """Arguments of `CsiDriver`."""

    spec: ChartSpec
    """Chart of the driver."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    driver: DriverSettings
    """Settings of the driver, as the file system has them."""
    role_name: NotRequired[str]
    """Beginning of the name of the controller's role; by default it is of the component's name."""


class CsiDriver(pulumi.ComponentResource):
    """The release of a CSI driver, and the permissions of its controller.

    The release waits for the resources of `depends_on`: nodes, and the add-ons by which pods get
    their AWS credentials and find AWS.
    """

    def __init__(
        self, name: str, args: CsiDriverArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:CsiDriver", name, {}, own)
        driver = args["driver"]
        depends_on.extend(node_access(name, args, pulumi.ResourceOptions(parent=self)))
        access = PodIdentity(
            f"{name}-access",
            {
                "cluster_name": args["cluster_name"],
                "namespace": NAMESPACE,
                "service_account": driver.service_account,
                "policies": driver.policies,
                "managed_policies": driver.managed_policies,
                "role_name": args.get("role_name", f"{name}-access"),
            },
            pulumi.ResourceOptions(parent=self),
        )
        release(
            f"{name}-release",
            args["spec"],
            NAMESPACE,
            driver.values,
            pulumi.ResourceOptions(parent=self, depends_on=[access, *depends_on]),
        )
        self.register_outputs({})


def node_access(
    name: str, args: CsiDriverArgs, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Give the driver's pods on the nodes the permissions that mounts need, if they need any."""
    driver = args["driver"]
    if driver.node_account is None:
        return []
    access: PodIdentityArgs = {
        "cluster_name": args["cluster_name"],
        "namespace": NAMESPACE,
        "service_account": driver.node_account,
        "policies": driver.node_policies,
    }
    return [PodIdentity(f"{name}-nodes", access, opts)]
