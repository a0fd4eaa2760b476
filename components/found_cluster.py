"""Facts about an EKS cluster that exists, as AWS and its Kubernetes API tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

AGENT = "eks-pod-identity-agent"
"""Add-on, and DaemonSet, by which pods get AWS credentials."""

DRIVER_ADDONS = {
    "fsx.csi.aws.com": "aws-fsx-csi-driver",
    "efs.csi.aws.com": "aws-efs-csi-driver",
    "s3.csi.aws.com": "aws-mountpoint-s3-csi-driver",
}
"""EKS add-on of each CSI driver."""


@dataclass(frozen=True)
class FoundNodeGroup:
    """A managed node group of the cluster."""

    name: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...] = ()
    """Security groups that its launch template names; EKS then adds none of its own."""


@dataclass(frozen=True)
class FoundNode:
    """A node of the cluster, as the Kubernetes API has it."""

    name: str
    zone: str
    node_group: str | None = None
    """Managed node group that it is of; None for a self-managed, Karpenter or Auto Mode node."""


@dataclass(frozen=True)
class FoundObjects:
    """Objects in the cluster that the stack would use, or that would be in its way."""

    nodes: tuple[FoundNode, ...] = ()
    drivers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Nodes on which a CSI driver runs, by the driver's name."""
    csi_drivers: frozenset[str] = frozenset()
    """Names of the CSIDriver objects. One may be left of a driver that is gone."""
    namespaces: frozenset[str] = frozenset()
    daemon_sets: frozenset[tuple[str, str]] = frozenset()
    """Namespace and name of each DaemonSet."""
    volumes: frozenset[str] = frozenset()
    """Names of the PersistentVolumes."""
    claims: frozenset[tuple[str, str]] = frozenset()
    """Namespace and name of each PersistentVolumeClaim."""
    storage_classes: frozenset[str] = frozenset()
    ack_controllers: frozenset[str] = frozenset()
    """Namespaces in which a Deployment runs ACK's controller for SageMaker."""


@dataclass(frozen=True)
class FoundCluster:
    """An EKS cluster that exists."""

    name: str
    vpc_id: str
    status: str = "ACTIVE"
    version: str = "1.36"
    arn: str = ""
    endpoint: str = ""
    certificate_authority: str = ""
    """Certificate of the API server's authority, PEM in base64."""
    subnet_ids: tuple[str, ...] = ()
    """Subnets of the control plane."""
    security_group_id: str = ""
    """Security group that EKS made for the control plane and the managed nodes."""
    authentication_mode: str = "API"
    auto_mode: bool = False
    """True if EKS runs the nodes itself."""
    node_groups: tuple[FoundNodeGroup, ...] = ()
    addons: frozenset[str] = frozenset()
    """Names of the EKS add-ons that it has, of those that this program asks about."""
    objects: FoundObjects = FoundObjects()
    """Objects in it; none if the Kubernetes API could not be asked."""
    unanswered: str | None = None
    """Error message of the Kubernetes API; None if it answered."""
    refused: bool = False
    """True if the Kubernetes API does not know the caller, or lets it do too little."""

    @property
    def has_agent(self) -> bool:
        """True if its pods get AWS credentials by EKS Pod Identity.

        In Auto Mode the agent is a part of the nodes. Source: EKS User Guide, "Set up the Amazon
        EKS Pod Identity Agent".
        """
        in_cluster = ("kube-system", AGENT) in self.objects.daemon_sets
        return self.auto_mode or AGENT in self.addons or in_cluster

    def runs_driver(self, driver: str) -> bool:
        """Return whether a CSI driver runs in it, or is installed as an EKS add-on.

        A CSIDriver object alone tells nothing: it may be left of a driver that is gone.
        """
        return driver in self.objects.drivers or DRIVER_ADDONS.get(driver) in self.addons

    @property
    def node_subnet_ids(self) -> tuple[str, ...]:
        """Ids of the subnets of its node groups, or else of its control plane."""
        of_groups = {subnet for group in self.node_groups for subnet in group.subnet_ids}
        return tuple(sorted(of_groups)) or self.subnet_ids

    @property
    def node_zones(self) -> tuple[str, ...]:
        """Zones in which it has a node."""
        return tuple(sorted({one.zone for one in self.objects.nodes if one.zone}))

    @property
    def node_security_group_ids(self) -> tuple[str, ...]:
        """Security groups of its managed nodes beside the one that EKS made."""
        named = {one for group in self.node_groups for one in group.security_group_ids}
        return tuple(sorted(named - {self.security_group_id}))
