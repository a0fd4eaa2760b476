"""Control plane of an EKS cluster, with the add-ons that pulumi-eks installs with it."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components.account import region
from components.addons import addon_values, addon_version
from components.cluster_spec import AccessEntrySpec, AccessPolicy, ClusterSpec
from components.control_plane_logs import log_group
from components.kubeconfig import Credentials, cli_options, with_credentials


class ClusterArgs(TypedDict):
    """Arguments of `Cluster`."""

    spec: ClusterSpec
    """Version, access, logs and add-ons."""
    name: str
    """Name of the cluster in EKS, unique in an account and Region."""
    vpc_id: pulumi.Input[str]
    """Id of the VPC."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Ids of the subnets of the control plane's network interfaces, in two zones at least."""
    credentials: NotRequired[Credentials]
    """Credentials of the AWS provider, also used for the Kubernetes API; by default those of the
    environment."""
    protect: NotRequired[bool]
    """True if EKS must refuse to delete the cluster, and Pulumi the key of its secrets; false by
    default."""


class Cluster(pulumi.ComponentResource):
    """An EKS control plane with encrypted secrets, and with access by EKS access entries only.

    Pods get their AWS permissions by EKS Pod Identity, so there is no OIDC provider. Nodes and the
    other add-ons are separate components; see `NodeGroup` and `ClusterAddons`.
    """

    eks_cluster: eks.Cluster
    """Cluster of pulumi-eks, an argument of add-ons."""
    joined: eks.Cluster | str
    """Cluster of pulumi-eks, as an argument of node groups."""
    name: pulumi.Output[str]
    """Name of the cluster, known once the control plane answers."""
    version: str
    """Kubernetes version of the control plane and the nodes, such as 1.36."""
    security_group_id: pulumi.Output[str]
    """Id of the security group that EKS creates for the control plane and all managed nodes."""
    node_security_groups: dict[str, pulumi.Input[str]]
    """Ids of the security groups of its nodes, by names for the rules that admit them."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig in JSON, which gets its tokens from `aws eks get-token`."""
    kubeconfig_command: pulumi.Output[str]
    """Command that writes a kubeconfig for a person."""

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:cluster:Cluster", name, {}, opts)
        spec, protect = args["spec"], args.get("protect", False)
        credentials = args.get("credentials", Credentials())
        child = pulumi.ResourceOptions(parent=self)
        key = self._secrets_key(name, args["name"], protect=protect)
        self.version = spec.version
        self.eks_cluster = eks.Cluster(
            name,
            name=args["name"],
            version=spec.version,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type=spec.upgrade_policy),
            authentication_mode=eks.AuthenticationMode.API,
            access_entries=access_entries(spec.access_entries),
            vpc_id=args["vpc_id"],
            private_subnet_ids=[*args["subnet_ids"]],
            endpoint_private_access=True,
            endpoint_public_access=bool(spec.public_access_cidrs),
            public_access_cidrs=[*spec.public_access_cidrs] or None,
            enabled_cluster_log_types=[*spec.log_types],
            encryption_config_key_arn=key.arn,
            create_oidc_provider=False,
            skip_default_node_group=True,
            # EKS makes a security group for the control plane and the managed nodes itself;
            # pulumi-eks's own ones are for nodes that manage themselves.
            skip_default_security_groups=True,
            # Without a version, pulumi-eks asks for the newest one at every update.
            vpc_cni_options=eks.VpcCniOptionsArgs(
                addon_version=addon_version(name, "vpc-cni", spec, child),
                configuration_values=addon_values("vpc-cni", spec),
            ),
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(
                version=addon_version(name, "kube-proxy", spec, child),
                configuration_values=addon_values("kube-proxy", spec),
            ),
            deletion_protection=protect,
            opts=pulumi.ResourceOptions(
                parent=self,
                # EKS would make the log group itself, without a retention.
                depends_on=[
                    log_group(f"{name}-logs", args["name"], spec.log_retention_days, child)
                ],
            ),
        )
        self.joined = self.eks_cluster
        self.name = self.eks_cluster.eks_cluster.apply(lambda made: made.name)
        self.security_group_id = self.eks_cluster.cluster_security_group_id
        self.node_security_groups = {"nodes": self.security_group_id}
        made = self.eks_cluster.kubeconfig_json.apply(
            lambda text: with_credentials(text, credentials)
        )
        self.kubeconfig = pulumi.Output.secret(made) if credentials.environment else made
        self.kubeconfig_command = pulumi.Output.format(
            "aws eks update-kubeconfig --region {0} --name {1}{2}",
            region(),
            self.name,
            "".join(f" {option}" for option in cli_options(credentials)),
        )
        self.register_outputs({"name": self.name, "kubeconfig": self.kubeconfig})

    def _secrets_key(self, name: str, cluster: str, *, protect: bool) -> aws.kms.Key:
        key = aws.kms.Key(
            f"{name}-secrets",
            description=f"Kubernetes secrets of EKS cluster {cluster}",
            enable_key_rotation=True,
            deletion_window_in_days=7,
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
        aws.kms.Alias(
            f"{name}-secrets",
            name=f"alias/eks/{cluster}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key


def access_entries(entries: Mapping[str, AccessEntrySpec]) -> dict[str, eks.AccessEntryArgs]:
    """Return access entries in the form of pulumi-eks, each with one policy."""
    return {
        name: eks.AccessEntryArgs(
            principal_arn=entry.principal_arn,
            access_policies={
                "policy": eks.AccessPolicyAssociationArgs(
                    policy_arn=access_policy_arn(entry.principal_arn, entry.policy),
                    access_scope=access_scope(entry.namespaces),
                )
            },
        )
        for name, entry in entries.items()
    }


def access_policy_arn(principal_arn: str, policy: AccessPolicy) -> str:
    """Return the ARN of an EKS access policy, in the partition (aws, aws-cn) of a principal."""
    partition = principal_arn.split(":")[1]
    return f"arn:{partition}:eks::aws:cluster-access-policy/{policy}"


def access_scope(namespaces: Sequence[str]) -> aws.eks.AccessPolicyAssociationAccessScopeArgs:
    """Return the scope of a policy: the namespaces, or the whole cluster if there are none."""
    return aws.eks.AccessPolicyAssociationAccessScopeArgs(
        type="namespace" if namespaces else "cluster", namespaces=[*namespaces] or None
    )
