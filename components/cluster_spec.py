"""Settings of an EKS cluster, and what EKS asks of them.

Source: EKS API Reference, CreateCluster, CreateAddon and CreateAccessEntry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from components.api_server_access import access_errors
from components.names import label_errors
from components.spec.errors import ConfigError
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

VERSION = re.compile(r"1\.[1-9]\d", re.ASCII)
"""Form of a Kubernetes version of EKS: major and minor."""
ADDON_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+", re.ASCII)
PRINCIPAL = re.compile(
    r"arn:aws[\w-]*:iam::\d{12}:(role|user)/([\w+=,.@-]+/)*[\w+=,.@-]+", re.ASCII
)
NAMESPACE_PATTERN = re.compile(r"[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?")
"""A namespace, or several by asterisks, as an access scope names them."""


class AccessEntrySpec(Spec):
    """Access of an IAM principal to the cluster."""

    principal_arn: str
    """ARN of the IAM role or user."""

    policy: AccessPolicy = "AmazonEKSViewPolicy"
    """EKS access policy of the principal."""

    namespaces: tuple[str, ...] = ()
    """Namespaces that the policy is limited to. By default it holds in the whole cluster."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of an access entry."""
        if not PRINCIPAL.fullmatch(self.principal_arn):
            rule = "must be the ARN of an IAM role or user"
            remedy = "write arn:aws:iam::ACCOUNT:role/NAME (the role's, not a session's)"
            yield ConfigError(("principalArn",), rule, self.principal_arn, remedy)
        for i, namespace in enumerate(self.namespaces):
            path = ("namespaces", i)
            if not NAMESPACE_PATTERN.fullmatch(namespace):
                rule = "must be a namespace: at most 63 lower-case letters, digits and hyphens"
                remedy = "correct it; without namespaces, the policy holds in all"
                yield ConfigError(path, rule, namespace, remedy)
            elif namespace in self.namespaces[:i]:
                yield ConfigError(path, "must be named once", namespace, "remove it")


class AddonSpec(Spec):
    """A managed EKS add-on."""

    version: str | None = None
    """Version, such as v1.11.4-eksbuild.2. By default the newest one at the time when the add-on
    was installed or the Kubernetes version last changed; other updates never move it."""

    configuration_values: dict[str, Any] = Field(default_factory=dict)
    """Settings in the add-on's own schema (`aws eks describe-addon-configuration`)."""


class ClusterSpec(Spec):
    """An EKS cluster with access by the EKS API and a private endpoint."""

    version: str = "1.36"
    """Kubernetes version, major and minor, in quotes, because YAML reads 1.30 as 1.3. It must be
    one that EKS offers (`aws eks describe-cluster-versions`). It rises by one minor version at a
    time and never falls; the node groups and the add-ons follow it in the same update."""

    upgrade_policy: UpgradePolicy = "EXTENDED"
    """Behaviour of EKS when a version leaves standard support, 14 months after its release. With
    EXTENDED, EKS's own default, the version stays for 12 more months, in which the control plane
    costs 0.60 USD an hour instead of 0.10. With STANDARD, EKS upgrades the control plane by itself,
    and the next update is refused until `version` here says the same."""

    public_access_cidrs: tuple[str, ...] = ()
    """Networks that may reach the API server from outside the VPC, such as 198.51.100.7/32. The
    address that you deploy from belongs here, unless deployedFromInside is true."""

    deployed_from_inside: bool = False
    """Whether Pulumi runs where the VPC's private addresses are reached, through a VPN or a peering
    of yours. Only then may publicAccessCidrs be empty, which makes the API server private; not in
    the first update, which makes the VPC."""

    log_types: tuple[LogType, ...] = ("api", "audit", "authenticator")
    """Control-plane logs that are sent to CloudWatch."""

    log_retention_days: LogRetentionDays = 30
    """Days that CloudWatch keeps the logs, also after the stack was destroyed: the log group stays,
    because EKS would make it again, and the next cluster of the stack takes it over."""

    access_entries: dict[str, AccessEntrySpec] = Field(default_factory=dict)
    """IAM principals that may use the cluster, by a name of your own. Whoever creates the cluster
    is its administrator without an entry."""

    addons: dict[AddonName, AddonSpec] = Field(default_factory=dict)
    """Versions and settings of add-ons. vpc-cni, kube-proxy, coredns and eks-pod-identity-agent are
    always installed; the others are installed when they are named here."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of version, access and add-ons."""
        if not VERSION.fullmatch(self.version):
            rule = "must be a Kubernetes version of EKS: major and minor, such as 1.36"
            remedy = "see `aws eks describe-cluster-versions`"
            yield ConfigError(("version",), rule, self.version, remedy)
        yield from access_errors(
            self.public_access_cidrs, deployed_from_inside=self.deployed_from_inside
        )
        yield from label_errors(("accessEntries",), self.access_entries, longest=40)
        yield from _principals_once(self)
        yield from _addon_versions(self)


def _principals_once(spec: ClusterSpec) -> Iterator[ConfigError]:
    """Yield an error for each further entry of a principal: EKS keeps one."""
    named: dict[str, str] = {}
    for name, entry in spec.access_entries.items():
        first = named.setdefault(entry.principal_arn, name)
        if first != name:
            path = ("accessEntries", name, "principalArn")
            rule = f"a principal has one access entry, and {first} is this one's"
            remedy = f"remove {name}, or name another role"
            depends_on = (("accessEntries", first),)
            yield ConfigError(path, rule, entry.principal_arn, remedy, depends_on)


def _addon_versions(spec: ClusterSpec) -> Iterator[ConfigError]:
    for name, addon in spec.addons.items():
        if addon.version is not None and not ADDON_VERSION.fullmatch(addon.version):
            rule = "must be a whole add-on version, such as v1.11.4-eksbuild.2"
            remedy = f"see `aws eks describe-addon-versions --addon-name {name}`"
            yield ConfigError(("addons", name, "version"), rule, addon.version, remedy)
