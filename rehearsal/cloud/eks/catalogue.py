"""What EKS offers: Kubernetes versions, add-ons, access policies.

As the EKS user guide listed them; newer ones may exist. So an add-on's version is held to its
form only, and what is listed here serves DescribeAddonVersions.
"""

from __future__ import annotations

import re
from typing import Any

KUBERNETES_VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36")
DEFAULT_KUBERNETES_VERSION = "1.34"

# The version that an add-on of this name has by default; kube-proxy and CoreDNS follow the
# cluster's.
ADDON_VERSIONS = {
    "amazon-cloudwatch-observability": "v4.5.0-eksbuild.1",
    "aws-ebs-csi-driver": "v1.51.0-eksbuild.1",
    "aws-efs-csi-driver": "v2.1.13-eksbuild.1",
    "aws-fsx-csi-driver": "v1.7.0-eksbuild.1",
    "aws-mountpoint-s3-csi-driver": "v2.1.0-eksbuild.1",
    "coredns": "v1.12.3-eksbuild.1",
    "eks-node-monitoring-agent": "v1.4.1-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.9-eksbuild.3",
    "kube-proxy": "v{kubernetes}.0-eksbuild.2",
    "metrics-server": "v0.8.0-eksbuild.2",
    "vpc-cni": "v1.20.4-eksbuild.1",
}
ADDON_VERSION_FORM = re.compile(r"v\d+\.\d+\.\d+(-eksbuild\.\d+)?")

ACCESS_POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
)
CLUSTER_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

# Zone ids where EKS can't place a control plane (user guide, "VPC and subnet requirements").
ZONES_WITHOUT_EKS = ("use1-az3", "usw1-az2", "cac1-az3")


def minor(version: str) -> int:
    """The minor number of a Kubernetes version: 34 of "1.34"."""
    return int(version.split(".")[1])


def addon_version(name: str, kubernetes: str) -> str:
    """The version of an add-on that is the default for a Kubernetes version."""
    return ADDON_VERSIONS[name].format(kubernetes=kubernetes)


def access_policies(partition: str) -> list[dict[str, str]]:
    """The access policies, as ListAccessPolicies gives them."""
    where = f"arn:{partition}:eks::aws:cluster-access-policy"
    return [{"name": name, "arn": f"{where}/{name}"} for name in ACCESS_POLICIES]


def addon_info(name: str, kubernetes_version: str | None) -> dict[str, Any]:
    """An add-on, as DescribeAddonVersions gives it for one Kubernetes version or for all."""
    by_version: dict[str, list[str]] = {}
    for kubernetes in (kubernetes_version,) if kubernetes_version else KUBERNETES_VERSIONS:
        by_version.setdefault(addon_version(name, kubernetes), []).append(kubernetes)
    return {
        "addonName": name,
        "type": "storage" if "csi" in name else "networking",
        "publisher": "eks",
        "owner": "aws",
        "addonVersions": [
            {
                "addonVersion": version,
                "architecture": ["amd64", "arm64"],
                "compatibilities": [
                    {
                        "clusterVersion": kubernetes,
                        "platformVersions": ["*"],
                        "defaultVersion": True,
                    }
                    for kubernetes in versions
                ],
                "requiresConfiguration": False,
                "requiresIamPermissions": "csi" in name,
            }
            for version, versions in by_version.items()
        ],
    }
