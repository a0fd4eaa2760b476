"""The CSI driver of a file system, in the cluster."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.helm import release, release_name
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
    object_name: NotRequired[str | None]
    """Name of the CSIDriver object, if its chart leaves it behind and the cluster outlives the
    stack; None, the default, leaves the object to the chart."""
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
        before: list[pulumi.Resource] = [access, *depends_on]
        values = driver.values
        object_name = args.get("object_name")
        if object_name is not None:
            values = {**values, "useHelmHooksForCSIDriver": False}
            child = pulumi.ResourceOptions(parent=self)
            before.append(driver_object(f"{name}-object", object_name, args["spec"], child))
        release(
            f"{name}-release",
            args["spec"],
            NAMESPACE,
            values,
            pulumi.ResourceOptions(parent=self, depends_on=before),
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


def driver_object(
    name: str, driver: str, spec: ChartSpec, opts: pulumi.ResourceOptions
) -> kubernetes.storage.v1.CSIDriver:
    """Make the CSIDriver object of a chart that would leave it behind.

    The chart's release takes it over, because it is marked as one of the release, and leaves it
    when it is uninstalled. Then the stack deletes it.
    Source: https://helm.sh/docs/howto/charts_tips_and_tricks/ (resource-policy keep) and the check
    of ownership in Helm's pkg/action/validate.go.

    Args:
        name: Name of the resource.
        driver: Name of the driver.
        spec: Chart of the driver.
        opts: Options of the resource.
    """
    return kubernetes.storage.v1.CSIDriver(
        name,
        metadata={
            "name": driver,
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {
                "helm.sh/resource-policy": "keep",
                "meta.helm.sh/release-name": release_name(spec),
                "meta.helm.sh/release-namespace": NAMESPACE,
            },
        },
        spec={"attach_required": False},
        opts=opts,
    )
