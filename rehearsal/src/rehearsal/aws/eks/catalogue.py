"""Catalogue of EKS: Kubernetes versions, add-ons, access policies.

The catalogue is that of one day, `AS_OF`, so that a rehearsal behaves the same on any day. Only the
form of an add-on's version is checked, because newer ones may exist; the versions in this catalogue
are for DescribeAddonVersions.

Source of the versions and dates: EKS user guide, "Understand the Kubernetes version lifecycle on
EKS" (14 months of standard support, then 12 of extended support).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

AS_OF = date(2026, 11, 29)
"""Day of this catalogue."""


@dataclass(frozen=True)
class KubernetesVersion:
    """A minor version of Kubernetes on EKS, with the first and last days of its support."""

    version: str
    released: date
    standard_until: date
    extended_until: date

    @property
    def status(self) -> str:
        """Support status on the day of the catalogue.

        It is STANDARD_SUPPORT, EXTENDED_SUPPORT or UNSUPPORTED.
        """
        if self.standard_until > AS_OF:
            return "STANDARD_SUPPORT"
        return "EXTENDED_SUPPORT" if self.extended_until > AS_OF else "UNSUPPORTED"

    def describe(self) -> dict[str, Any]:
        """Return the description of the version in the shape of DescribeClusterVersions."""
        return {
            "clusterVersion": self.version,
            "clusterType": "eks",
            "defaultPlatformVersion": "eks.9",
            "defaultVersion": self.version == DEFAULT_KUBERNETES_VERSION,
            "releaseDate": _midnight(self.released),
            "endOfStandardSupportDate": _midnight(self.standard_until),
            "endOfExtendedSupportDate": _midnight(self.extended_until),
            "status": self.status.lower().replace("_", "-"),
            "versionStatus": self.status,
        }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC).replace(tzinfo=None)  # moto's times have no zone


CALENDAR = (
    KubernetesVersion("1.36", date(2026, 6, 2), date(2027, 8, 2), date(2028, 8, 2)),
    KubernetesVersion("1.35", date(2026, 1, 27), date(2027, 3, 27), date(2028, 3, 27)),
    KubernetesVersion("1.34", date(2025, 10, 2), date(2026, 12, 2), date(2027, 12, 2)),
    KubernetesVersion("1.33", date(2025, 5, 29), date(2026, 7, 29), date(2027, 7, 29)),
    KubernetesVersion("1.32", date(2025, 1, 23), date(2026, 3, 23), date(2027, 3, 23)),
    KubernetesVersion("1.31", date(2024, 9, 26), date(2025, 11, 26), date(2026, 11, 26)),
    KubernetesVersion("1.30", date(2024, 5, 23), date(2025, 7, 23), date(2026, 7, 23)),
)
"""Kubernetes versions, the newest first."""

KUBERNETES_VERSIONS = tuple(one.version for one in CALENDAR if one.status != "UNSUPPORTED")
"""Versions that a cluster can be created with or upgraded to, the newest first."""

DEFAULT_KUBERNETES_VERSION = "1.35"

# Releases of each add-on, the newest first; the last is the default. kube-proxy has the version of
# the cluster.
ADDON_VERSIONS = {
    "amazon-cloudwatch-observability": ("v4.5.0-eksbuild.1",),
    "aws-ebs-csi-driver": ("v1.51.0-eksbuild.1",),
    "aws-efs-csi-driver": ("v2.1.13-eksbuild.1",),
    "aws-fsx-csi-driver": ("v1.7.0-eksbuild.1",),
    "aws-mountpoint-s3-csi-driver": ("v2.1.0-eksbuild.1",),
    "coredns": ("v1.12.4-eksbuild.1", "v1.12.3-eksbuild.1"),
    "eks-node-monitoring-agent": ("v1.4.1-eksbuild.1",),
    "eks-pod-identity-agent": ("v1.3.10-eksbuild.1", "v1.3.9-eksbuild.3"),
    "kube-proxy": ("v{kubernetes}.1-eksbuild.2", "v{kubernetes}.0-eksbuild.2"),
    "metrics-server": ("v0.8.0-eksbuild.2",),
    "vpc-cni": ("v1.20.5-eksbuild.1", "v1.20.4-eksbuild.1"),
}
ADDON_VERSION_FORM = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")

IMAGE_RELEASE = re.compile(r"\d+\.\d+\.\d+-\d{8}")
"""Pattern of a machine image's version: its Kubernetes version and the day of its release."""

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
    """Return the minor number of a Kubernetes version, such as 34 for "1.34"."""
    return int(version.split(".")[1])


def status(version: str) -> str:
    """Return the support status of a Kubernetes version that EKS offers."""
    return next(one.status for one in CALENDAR if one.version == version)


def addon_versions(name: str, kubernetes: str) -> list[str]:
    """Return the versions of an add-on for a Kubernetes version, the newest first."""
    return [one.format(kubernetes=kubernetes) for one in ADDON_VERSIONS[name]]


def default_addon_version(name: str, kubernetes: str) -> str:
    """Return the default version of an add-on for a Kubernetes version."""
    return addon_versions(name, kubernetes)[-1]


def newest_image(kubernetes: str) -> str:
    """Return the release of the machine image for new nodes of a Kubernetes version."""
    return f"{kubernetes}.2-20261118"


def access_policies(partition: str) -> list[dict[str, str]]:
    """Return the access policies in the shape of ListAccessPolicies."""
    where = f"arn:{partition}:eks::aws:cluster-access-policy"
    return [{"name": name, "arn": f"{where}/{name}"} for name in ACCESS_POLICIES]


def addon_info(
    name: str, kubernetes_version: str | None, newer: Sequence[str] = ()
) -> dict[str, Any]:
    """Return an add-on in the shape of DescribeAddonVersions.

    Args:
        name: Name of the add-on.
        kubernetes_version: Kubernetes version to list versions for; None lists all.
        newer: Versions released after `AS_OF`, the newest first.
    """
    by_version: dict[str, list[str]] = {}
    asked = (kubernetes_version,) if kubernetes_version else KUBERNETES_VERSIONS
    for kubernetes in asked:
        for version in (*newer, *addon_versions(name, kubernetes)):
            by_version.setdefault(version, []).append(kubernetes)
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
                        "defaultVersion": version == default_addon_version(name, kubernetes),
                    }
                    for kubernetes in versions
                ],
                "requiresConfiguration": False,
                "requiresIamPermissions": "csi" in name,
            }
            for version, versions in by_version.items()
        ],
    }
