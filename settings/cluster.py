"""The EKS cluster: version, who may reach and use it, logs, add-ons."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from components.spec.model import Spec

LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]
UpgradePolicy = Literal["STANDARD", "EXTENDED"]
AccessPolicy = Literal[
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
]
AddonName = Literal[
    "vpc-cni",
    "kube-proxy",
    "coredns",
    "eks-pod-identity-agent",
    "metrics-server",
    "eks-node-monitoring-agent",
]
LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip


class AccessEntry(Spec):
    """What an IAM principal may do in the cluster."""

    principal_arn: str
    """The IAM role or user, as an ARN."""

    policy: AccessPolicy = "AmazonEKSViewPolicy"
    """The EKS access policy it gets."""

    namespaces: tuple[str, ...] = ()
    """The namespaces the policy holds in; none means the whole cluster."""


class Addon(Spec):
    """A managed EKS add-on."""

    version: str | None = None
    """Its version, such as v1.11.4-eksbuild.2. Without one, the newest there was when it was
    installed or the Kubernetes version last changed; an update alone never moves it."""

    configuration_values: dict[str, Any] = Field(default_factory=dict)
    """Settings in the add-on's own schema (aws eks describe-addon-configuration)."""


class Cluster(Spec):
    """An EKS cluster with API authentication and a private endpoint."""

    version: str = "1.36"
    """The Kubernetes version, major and minor, in quotes (1.30 without them reads as 1.3). One of
    those EKS offers (`aws eks describe-cluster-versions`). It goes up one minor version at a time
    and never down; the node groups and the add-ons follow it in the same update."""

    upgrade_policy: UpgradePolicy = "EXTENDED"
    """What EKS does when a version leaves standard support, 14 months after its release. EXTENDED,
    EKS's own default: the version stays for 12 more months, in which the control plane costs 0.60
    USD an hour in place of 0.10. STANDARD: EKS upgrades the control plane by itself, and the next
    update is refused until `version` here says the same."""

    public_access_cidrs: tuple[str, ...] = ()
    """Networks that may reach the API server from outside the VPC, such as 198.51.100.7/32. The
    address that you deploy from belongs here, unless deployedFromInside is true."""

    deployed_from_inside: bool = False
    """Pulumi runs where the VPC's private addresses are reached, through a VPN or a peering of
    yours. Only then may publicAccessCidrs be empty, which makes the API server private; not in
    the first update, which makes the VPC."""

    log_types: tuple[LogType, ...] = ("api", "audit", "authenticator")
    """The control-plane logs sent to CloudWatch."""

    log_retention_days: LogRetentionDays = 30
    """How many days CloudWatch keeps them, also when the stack has been destroyed: the log group
    stays, because EKS would make it again, and the next cluster of the stack takes it over."""

    access_entries: dict[str, AccessEntry] = Field(default_factory=dict)
    """Who may use the cluster beside whoever creates it, by a name of your own."""

    addons: dict[AddonName, Addon] = Field(default_factory=dict)
    """Versions and settings of add-ons. vpc-cni, kube-proxy, coredns and eks-pod-identity-agent
    are always installed; the others when named."""
