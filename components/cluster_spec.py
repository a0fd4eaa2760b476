"""Settings of an EKS cluster and the rules of EKS about them.

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
CLUSTER_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", re.ASCII)
"""Form of the name of a cluster. Source: EKS API Reference, CreateCluster."""
SECURITY_GROUP_ID = re.compile(r"sg-([0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)
CREATED_CLUSTER_FIELDS = (
    "version",
    "upgrade_policy",
    "public_access_cidrs",
    "deployed_from_inside",
    "log_types",
    "log_retention_days",
    "addons",
)
"""Fields that have no effect on an existing cluster."""
NAMESPACE_PATTERN = re.compile(r"[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?")
"""Form of a namespace in an access scope; an asterisk stands for any characters."""


class AccessEntrySpec(Spec):
    """Access of an IAM principal to the cluster."""

    principal_arn: str = Field(examples=["arn:aws:iam::123456789012:role/data-science"])
    """ARN of the IAM role or user."""

    policy: AccessPolicy = "AmazonEKSViewPolicy"
    """EKS access policy of the principal."""

    namespaces: tuple[str, ...] = Field(default=(), examples=[["training"]])
    """Namespaces in which the policy holds; by default the whole cluster."""

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

    version: str | None = Field(default=None, examples=["v1.11.4-eksbuild.2"])
    """Version, such as v1.11.4-eksbuild.2. By default it is the newest version at the time of
    installation, or of the last change of the Kubernetes version; other updates do not change
    it."""

    configuration_values: dict[str, Any] = Field(
        default_factory=dict, examples=[{"replicaCount": 3}]
    )
    """Settings of the add-on in its own schema; see `aws eks describe-addon-configuration`."""


class ClusterSpec(Spec):
    """EKS cluster with access by the EKS API and a private endpoint."""

    existing: str | None = Field(default=None, examples=["platform"])
    """Name of an EKS cluster that exists, to use instead of a new one. Its network is used too,
    unless `network.existing` names subnets of it. The cluster and its nodes are not changed. Its
    add-ons and CSI drivers are used if they are there."""

    node_security_group_ids: tuple[str, ...] = Field(
        default=(), examples=[["sg-0123456789abcdef0"]]
    )
    """Ids of the security groups of nodes of an existing cluster that are in no managed node group,
    such as those of Karpenter. The file system admits them, beside the groups of managed nodes."""

    version: str = "1.36"
    """Kubernetes version, major and minor, in quotes because YAML reads 1.30 as 1.3. `aws eks
    describe-cluster-versions` lists the versions that EKS offers. The version can rise by one minor
    version at a time and cannot fall. Node groups and add-ons are upgraded in the same update."""

    upgrade_policy: UpgradePolicy = "EXTENDED"
    """Behaviour of EKS when a version leaves standard support, 14 months after its release. With
    EXTENDED, the default of EKS, the version stays for 12 more months, and the control plane costs
    0.60 USD per hour instead of 0.10. With STANDARD, EKS upgrades the control plane by itself, and
    updates of the stack are refused until `version` names the new version."""

    public_access_cidrs: tuple[str, ...] = Field(default=(), examples=[["192.31.196.1/32"]])
    """Networks that may reach the API server from outside the VPC, in CIDR notation, such as
    198.51.100.7/32. Include the address that you deploy from, unless deployedFromInside is true."""

    deployed_from_inside: bool = Field(default=False, examples=[True])
    """Set it to true if Pulumi runs where it reaches the VPC's private addresses, for example
    through a VPN. Then publicAccessCidrs may be empty, and the API server is private. The first
    update cannot use it, because that update creates the VPC."""

    log_types: tuple[LogType, ...] = ("api", "audit", "authenticator")
    """Control-plane logs that are sent to CloudWatch."""

    log_retention_days: LogRetentionDays = 30
    """Days that CloudWatch keeps the logs. The log group stays when the stack is destroyed, and the
    next cluster of the stack uses it again."""

    access_entries: dict[str, AccessEntrySpec] = Field(default_factory=dict)
    """IAM principals that may use the cluster, by names of your own. The creator of the cluster is
    its administrator and needs no entry."""

    addons: dict[AddonName, AddonSpec] = Field(default_factory=dict)
    """Versions and settings of add-ons. vpc-cni, kube-proxy, coredns and eks-pod-identity-agent are
    always installed; the others are installed if they are named here."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of version, access and add-ons."""
        yield from label_errors(("accessEntries",), self.access_entries, max_length=40)
        yield from _duplicate_principals(self)
        yield from _security_groups(self)
        if self.existing is not None:
            yield from _existing(self, self.existing)
            return
        if not VERSION.fullmatch(self.version):
            rule = "must be a Kubernetes version of EKS: major and minor, such as 1.36"
            remedy = "see `aws eks describe-cluster-versions`"
            yield ConfigError(("version",), rule, self.version, remedy)
        yield from access_errors(
            self.public_access_cidrs, deployed_from_inside=self.deployed_from_inside
        )
        yield from _addon_versions(self)


def _existing(spec: ClusterSpec, name: str) -> Iterator[ConfigError]:
    if not CLUSTER_NAME.fullmatch(name):
        rule = "must be the name of an EKS cluster: letters, digits, hyphens and underscores"
        yield ConfigError(("existing",), rule, name, "see `aws eks list-clusters` (no ARN)")
    values = spec.model_dump(by_alias=True)
    for field in CREATED_CLUSTER_FIELDS:
        if field in spec.model_fields_set:
            alias = ClusterSpec.model_fields[field].alias or field
            rule = "a cluster named by cluster.existing is used as it is"
            remedy = f"remove {alias}, or existing to have a cluster created"
            yield ConfigError((alias,), rule, values[alias], remedy, (("existing",),))


def _security_groups(spec: ClusterSpec) -> Iterator[ConfigError]:
    groups = spec.node_security_group_ids
    for i, group in enumerate(groups):
        path = ("nodeSecurityGroupIds", i)
        if not SECURITY_GROUP_ID.fullmatch(group):
            rule = "must be the id of a security group, such as sg-0123456789abcdef0"
            yield ConfigError(path, rule, group, "see `aws ec2 describe-security-groups`")
        elif group in groups[:i]:
            yield ConfigError(path, "must be named once", group, "remove it")
    if groups and spec.existing is None:
        rule = "nodes of a cluster that the stack makes have the cluster's own security group"
        remedy = "remove it, or name the cluster in existing"
        yield ConfigError(("nodeSecurityGroupIds",), rule, list(groups), remedy, (("existing",),))


def _duplicate_principals(spec: ClusterSpec) -> Iterator[ConfigError]:
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
