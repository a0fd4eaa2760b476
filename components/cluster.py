"""The EKS cluster: its control plane, and the add-ons that AWS manages."""

from collections.abc import Iterable
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components.addon_versions import followed_version
from components.control_plane_logs import log_group
from components.kubeconfig import CredentialsArgs, options, with_credentials
from components.network import Network

DAEMON_ADDONS = ("eks-pod-identity-agent", "eks-node-monitoring-agent")
"""Healthy without a node, so that nodes find them when they join. The others are Deployments:
degraded until a node can run them."""

OWN_ADDONS = ("vpc-cni", "kube-proxy")
"""What pulumi-eks installs with the control plane."""

DNS = "coredns"
REQUIRED_ADDONS = ("eks-pod-identity-agent", DNS)


class AccessEntryArgs(TypedDict):
    """What an IAM principal may do in the cluster."""

    principal_arn: str
    """A role or a user."""
    policy: str
    """Name of an EKS access policy, as AmazonEKSViewPolicy."""
    namespaces: list[str]
    """Where the policy holds; the whole cluster when empty."""


class AddonArgs(TypedDict):
    """How an add-on of EKS is installed."""

    version: str | None
    """Its version; when None, the newest for the cluster's Kubernetes version, which stays until
    that version changes."""
    configuration_values: dict[str, Any]
    """Settings, in the add-on's own schema."""


class ClusterArgs(TypedDict):
    """What a Cluster is made of."""

    network: Network
    """Where it is; the control plane's network interfaces are in the private subnets."""
    version: str
    """The Kubernetes version, as "1.36"."""
    upgrade_policy: str
    """STANDARD or EXTENDED: the support of its version that EKS lets run out."""
    public_access_cidrs: list[str]
    """Who may reach the API server from outside the VPC; nobody when empty."""
    access_entries: dict[str, AccessEntryArgs]
    """Who may use the cluster, beside the one that creates it."""
    log_types: list[str]
    """Control-plane logs to keep: api, audit, authenticator, controllerManager, scheduler."""
    log_retention_days: int
    """For how long, in days."""
    credentials: CredentialsArgs
    """The AWS provider's credentials, with which the Kubernetes API is asked too."""
    protect: bool
    """Whether EKS refuses to delete the cluster, and Pulumi to delete the key of its secrets."""
    addons: dict[str, AddonArgs]
    """Add-ons by name, beside or instead of the defaults of those that are always there."""


class Cluster(pulumi.ComponentResource):
    """An EKS control plane with access by the EKS API alone and encrypted secrets.

    It is called PROJECT-STACK, by which it is the only one in its account and region.
    Pods get their AWS permissions by EKS Pod Identity, so there is no OIDC provider. Nodes are
    components of their own, see `NodeGroup`.
    """

    eks_cluster: eks.Cluster
    """What node groups and add-ons attach to."""
    name: pulumi.Output[str]
    """The cluster's name, known once the control plane answers."""
    version: str
    """The Kubernetes version, as "1.36", which the nodes have too."""
    security_group_id: pulumi.Output[str]
    """The group that EKS gives to the control plane and to every managed node."""
    daemons: list[pulumi.Resource]
    """Add-ons that pods rely on, as the agent that brings them their AWS credentials."""
    workers: list[pulumi.Resource]
    """What pods that call AWS need: nodes, daemons, and CoreDNS, by which they find AWS. Set by
    `add`."""
    kubeconfig: pulumi.Output[str]
    """JSON; its user asks `aws eks get-token` for a token."""

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:cluster:Cluster", name, {}, opts)
        self._name, self._args = name, args
        self.version = args["version"]
        self._cluster_name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
        self._child = pulumi.ResourceOptions(parent=self)
        self.eks_cluster = self._control_plane()
        self.kubeconfig = self._kubeconfig(self.eks_cluster.kubeconfig_json)
        self.security_group_id = self.eks_cluster.cluster_security_group_id
        self.name = self.kubeconfig.apply(lambda _: self._cluster_name)
        self.daemons = [self._install(each, self._child) for each in self._addons(of_daemons=True)]
        self.register_outputs({"name": self.name, "kubeconfig": self.kubeconfig})

    @property
    def kubeconfig_command(self) -> pulumi.Output[str]:
        """What a person types to get a kubeconfig of their own."""
        region = aws.get_region_output().region
        return pulumi.Output.concat(
            *("aws eks update-kubeconfig --region ", region, " --name ", self.name),
            *(f" {option}" for option in options(self._args["credentials"])),
        )

    def add(self, nodes: Iterable[pulumi.Resource]) -> None:
        """Take nodes, once and all of them, and install the add-ons that need nodes to run on."""
        nodes = [*nodes]
        opts = pulumi.ResourceOptions(parent=self, depends_on=nodes)
        addons = {addon: self._install(addon, opts) for addon in self._addons(of_daemons=False)}
        self.workers = [*nodes, *self.daemons, addons[DNS]]

    def _kubeconfig(self, made: pulumi.Output[str]) -> pulumi.Output[str]:
        """EKS's kubeconfig with the AWS provider's credentials, a secret where it holds one."""
        given = self._args["credentials"]
        found = made.apply(lambda text: with_credentials(text, given))
        return pulumi.Output.secret(found) if given["environment"] else found

    def _control_plane(self) -> eks.Cluster:
        """The control plane, with the key and the log group that must exist before it."""
        args = self._args
        logs = log_group(
            f"{self._name}-logs", self._cluster_name, args["log_retention_days"], self._child
        )
        return eks.Cluster(
            self._name,
            name=self._cluster_name,
            version=args["version"],
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type=args["upgrade_policy"]),
            authentication_mode=eks.AuthenticationMode.API,
            access_entries=access_entries(args["access_entries"]),
            vpc_id=args["network"].vpc_id,
            private_subnet_ids=args["network"].subnet_ids(
                "private", args["network"].control_plane_zones
            ),
            endpoint_private_access=True,
            endpoint_public_access=bool(args["public_access_cidrs"]),
            public_access_cidrs=args["public_access_cidrs"] or None,
            enabled_cluster_log_types=args["log_types"],
            encryption_config_key_arn=self._secrets_key().arn,
            create_oidc_provider=False,
            skip_default_node_group=True,
            # EKS makes a security group for the control plane and the managed nodes itself;
            # pulumi-eks's own ones are for nodes that manage themselves.
            skip_default_security_groups=True,
            # Without a version, pulumi-eks asks for the newest one at every update.
            vpc_cni_options=eks.VpcCniOptionsArgs(
                addon_version=self._addon_version("vpc-cni"),
                configuration_values=self._addon_values("vpc-cni"),
            ),
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(
                version=self._addon_version("kube-proxy"),
                configuration_values=self._addon_values("kube-proxy"),
            ),
            deletion_protection=args["protect"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs]),
        )

    def _secrets_key(self) -> aws.kms.Key:
        """The KMS key that encrypts Kubernetes secrets."""
        key = aws.kms.Key(
            f"{self._name}-secrets",
            description=f"Kubernetes secrets of EKS cluster {self._cluster_name}",
            enable_key_rotation=True,
            deletion_window_in_days=7,
            opts=pulumi.ResourceOptions(parent=self, protect=self._args["protect"]),
        )
        aws.kms.Alias(
            f"{self._name}-secrets",
            name=f"alias/eks/{self._cluster_name}",
            target_key_id=key.key_id,
            opts=self._child,
        )
        return key

    def _addons(self, *, of_daemons: bool) -> list[str]:
        """The add-ons to install, those of daemons or the others."""
        return [
            addon
            for addon in dict.fromkeys((*REQUIRED_ADDONS, *self._args["addons"]))
            if addon not in OWN_ADDONS and (addon in DAEMON_ADDONS) == of_daemons
        ]

    def _addon_version(self, addon: str) -> pulumi.Input[str]:
        """The version of an add-on: the one that is given, or one that moves with Kubernetes."""
        given = self._args["addons"].get(addon)
        return (given and given["version"]) or followed_version(
            f"{self._name}-{addon}-version", addon, self.version, self._child
        )

    def _addon_values(self, addon: str) -> dict[str, Any] | None:
        """The settings of an add-on in its own schema, if there are some."""
        given = self._args["addons"].get(addon)
        return (given and given["configuration_values"]) or None

    def _install(self, addon: str, opts: pulumi.ResourceOptions) -> eks.Addon:
        """Install an add-on, over the one that EKS gives every cluster if there is one."""
        return eks.Addon(
            f"{self._name}-{addon}",
            cluster=self.eks_cluster,
            addon_name=addon,
            addon_version=self._addon_version(addon),
            configuration_values=self._addon_values(addon),
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=opts,
        )


def access_entries(entries: dict[str, AccessEntryArgs]) -> dict[str, eks.AccessEntryArgs]:
    """Access entries in the shape of pulumi-eks, each with its one policy."""
    return {
        name: eks.AccessEntryArgs(
            principal_arn=entry["principal_arn"],
            access_policies={
                "policy": eks.AccessPolicyAssociationArgs(
                    policy_arn=access_policy_arn(entry["principal_arn"], entry["policy"]),
                    access_scope=access_scope(entry["namespaces"]),
                )
            },
        )
        for name, entry in entries.items()
    }


def access_policy_arn(principal_arn: str, policy: str) -> str:
    """The ARN of an EKS access policy, in the partition (aws, aws-cn, ...) of a principal."""
    partition = principal_arn.split(":")[1]
    return f"arn:{partition}:eks::aws:cluster-access-policy/{policy}"


def access_scope(namespaces: list[str]) -> aws.eks.AccessPolicyAssociationAccessScopeArgs:
    """Where a policy holds: in some namespaces, or in the whole cluster when none is named."""
    return aws.eks.AccessPolicyAssociationAccessScopeArgs(
        type="namespace" if namespaces else "cluster", namespaces=namespaces or None
    )
