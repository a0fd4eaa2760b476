"""Component eks:index:Cluster: a control plane, its security groups, access and bundled add-ons."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from rehearsal.pulumi.providers.eks import (
    addons,
    authentication,
    cluster_inputs,
    control_plane,
    security_groups,
)
from rehearsal.pulumi.providers.eks.inputs import Inputs, compact_json, is_set, merged
from rehearsal.pulumi.providers.eks.kubeconfig import kubeconfig
from rehearsal.pulumi.providers.eks.service_role import ServiceRole

NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
)
OUTPUTS = (
    *("kubeconfig", "kubeconfigJson", "clusterSecurityGroup", "instanceRoles"),
    *("nodeSecurityGroup", "eksClusterIngressRule", "defaultNodeGroup", "eksCluster", "core"),
    *("clusterSecurityGroupId", "nodeSecurityGroupId", "clusterIngressRuleId"),
    *("defaultNodeGroupAsgName", "fargateProfileId", "fargateProfileStatus", "oidcProviderArn"),
    *("oidcProviderUrl", "oidcIssuer", "autoModeNodeRoleName"),
)


class Cluster(pulumi.ComponentResource):
    """Cluster as pulumi-eks makes it.

    Attributes:
        outputs: Outputs of the component, by pulumi-eks's names.
        found_at: URN by which a cluster already built was found; None for a new one.
    """

    def __init__(self, name: str, inputs: Inputs | None, options: pulumi.ResourceOptions) -> None:
        """Build the cluster, or find one already built when `options` has a URN."""
        if inputs is not None:
            cluster_inputs.check(inputs)
        self.found_at = options.urn
        props = dict.fromkeys(OUTPUTS) if inputs is None else None
        super().__init__(cluster_inputs.TYPE, name, props, options)
        if inputs is not None:
            self.outputs = _Builder(name, inputs, self).build()
            self.register_outputs(self.outputs)

    def get_kubeconfig(self, **options: Any) -> pulumi.Output[str]:
        """Return a kubeconfig in JSON that takes its credentials from a role or a profile."""
        cluster: pulumi.Output[aws.eks.Cluster] = pulumi.get(self, "eksCluster")
        scope = pulumi.Output.from_input(options)
        return pulumi.Output.all(cluster.apply(_facts), scope).apply(
            lambda known: compact_json(_document(*known))
        )


class _Builder:
    """Builder of one cluster's parts, in the order in which pulumi-eks makes them."""

    def __init__(self, name: str, inputs: Inputs, component: Cluster) -> None:
        self.name = name
        self.inputs = inputs
        self.component = component
        self.child = pulumi.ResourceOptions(parent=component)
        invoke = pulumi.InvokeOptions(parent=component)
        self.partition = aws.get_partition_output(opts=invoke).partition

    def build(self) -> dict[str, Any]:
        """Make every part and return the component's outputs."""
        name, inputs, parent = self.name, self.inputs, self.component
        self.vpc_id = control_plane.vpc_id(inputs, parent)
        self.subnets = control_plane.subnet_ids(inputs, parent)
        self.role = control_plane.service_role(name, inputs, self.partition, parent)
        self.group = security_groups.cluster_security_group(name, inputs, self.vpc_id, self.child)
        self.cluster = control_plane.control_plane(
            name,
            inputs,
            role=self.role,
            security_group=self.group,
            subnets=self.subnets,
            parent=parent,
        )
        self._make_kube_proxy()
        self._make_kubernetes_provider()
        self._make_instance_role()
        self._make_access()
        self._make_vpc_cni()
        self._make_coredns()
        self._make_node_security_group()
        return self._outputs()

    def _make_kube_proxy(self) -> None:
        options = self.inputs.get("kubeProxyAddonOptions") or {}
        if options.get("enabled") is not False:
            self._make_addon("kube-proxy", options)

    def _make_coredns(self) -> None:
        """Make the CoreDNS add-on only if asked: without a default node group it has no nodes."""
        options = self.inputs.get("corednsAddonOptions") or {}
        if options.get("enabled") or options.get("configurationValues"):
            self._make_addon("coredns", options)

    def _make_addon(self, addon_name: str, options: Inputs) -> None:
        addons.bundled(
            f"{self.name}-{addon_name}",
            self.cluster,
            {**options, "tags": self.inputs.get("tags")},
            addon_name=addon_name,
            configuration=options.get("configurationValues"),
            options=self.child,
        )

    def _make_vpc_cni(self) -> None:
        self.vpc_cni: addons.VpcCniAddon | None = None
        if self.inputs.get("useDefaultVpcCni"):
            return
        self.vpc_cni = addons.VpcCniAddon(
            f"{self.name}-vpc-cni",
            self.cluster,
            {**(self.inputs.get("vpcCniOptions") or {}), "tags": self.inputs.get("tags")},
            pulumi.ResourceOptions(
                parent=self.component,
                depends_on=self.access,
                providers={"kubernetes": self.kubernetes},
            ),
        )

    def _make_kubernetes_provider(self) -> None:
        credentials = dict(self.inputs.get("providerCredentialOpts") or {})
        profile = pulumi.Config("aws").get("profile")
        if profile and not credentials:
            credentials["profileName"] = profile
        scope = pulumi.Output.from_input(credentials)
        of_provider = pulumi.Output.all(_facts(self.cluster), scope).apply(
            lambda known: _document(*known)
        )
        # People who share the kubeconfig have profiles of their own.
        self.kubeconfig = pulumi.Output.all(_facts(self.cluster), scope).apply(
            lambda known: _document(known[0], {"roleArn": known[1].get("roleArn")})
        )
        self.kubernetes = kubernetes.Provider(
            f"{self.name}-eks-k8s",
            kubeconfig=of_provider.apply(compact_json),
            enable_config_map_mutable=self.inputs.get("enableConfigMapMutable"),
            opts=self.child,
        )

    def _make_instance_role(self) -> None:
        """Set the roles of self-managed nodes; managed node groups have their own."""
        self.instance_role: pulumi.Output[aws.iam.Role] | None = None
        self.instance_roles: pulumi.Output[Any] = pulumi.Output.from_input([])
        if is_set(self.inputs, "instanceRoles"):
            self.instance_roles = pulumi.Output.from_input(self.inputs["instanceRoles"])
            return
        if is_set(self.inputs, "instanceRole"):
            self.instance_role = pulumi.Output.from_input(self.inputs["instanceRole"])
        elif self.inputs.get("createInstanceRole"):
            self.instance_role = self._new_instance_role()
        if self.instance_role:
            self.instance_roles = self.instance_role.apply(lambda role: [role])

    def _new_instance_role(self) -> pulumi.Output[aws.iam.Role]:
        made = ServiceRole(
            f"{self.name}-instanceRole",
            service="ec2.amazonaws.com",
            policies=NODE_POLICIES,
            partition=self.partition,
            tags=self.inputs.get("tags"),
            parent=self.component,
        )
        aws.iam.InstanceProfile(
            f"{self.name}-instanceProfile", role=made.role.name, opts=self.child
        )
        return made.resolved_role

    def _make_access(self) -> None:
        mode = self.inputs.get("authenticationMode")
        self.config_map: kubernetes.core.v1.ConfigMap | None = None
        self.access: list[pulumi.Resource] = []
        if authentication.by_config_map(mode):
            self.config_map = self._make_aws_auth()
            self.access.append(self.config_map)
        self.access_entries = (
            self._access_entries() if authentication.by_access_entries(mode) else {}
        )
        self.access += authentication.access_entries(
            self.name, self.cluster, self.access_entries, self.component
        )

    def _access_entries(self) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        if self.instance_role:
            node = {"principalArn": self.instance_role.arn, "type": "EC2_LINUX"}
            entries["defaultNodeGroupInstanceRole"] = node
        return {**entries, **(self.inputs.get("accessEntries") or {})}

    def _make_aws_auth(self) -> kubernetes.core.v1.ConfigMap:
        return kubernetes.core.v1.ConfigMap(
            f"{self.name}-nodeAccess",
            immutable=False,
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name="aws-auth",
                namespace="kube-system",
                annotations={"pulumi.com/patchForce": "true"},
            ),
            data=authentication.aws_auth(self.instance_roles, self.inputs),
            opts=pulumi.ResourceOptions(parent=self.component, provider=self.kubernetes),
        )

    def _make_node_security_group(self) -> None:
        self.node_group: aws.ec2.SecurityGroup | None = None
        self.ingress_rule: aws.ec2.SecurityGroupRule | None = None
        if self.group is None or security_groups.skipped(self.inputs):
            return
        self.node_group, self.ingress_rule = security_groups.node_security_group(
            self.name,
            vpc_id=self.vpc_id,
            cluster_group_id=self.group.id,
            cluster_name=self.cluster.name,
            tags=merged(self.inputs.get("nodeSecurityGroupTags"), self.inputs.get("tags")),
            options=self.child,
        )

    def _outputs(self) -> dict[str, Any]:
        own_group = self.cluster.vpc_config.cluster_security_group_id
        issuer = self.cluster.identities.apply(_issuer)
        return {
            "kubeconfig": self.kubeconfig,
            "kubeconfigJson": self.kubeconfig.apply(compact_json),
            "clusterSecurityGroup": self.group,
            "instanceRoles": self.instance_roles,
            "nodeSecurityGroup": self.node_group,
            "eksClusterIngressRule": self.ingress_rule,
            "defaultNodeGroup": None,
            "eksCluster": self.cluster,
            "core": self._core(),
            "clusterSecurityGroupId": self.group.id if self.group else own_group,
            "nodeSecurityGroupId": self.node_group.id if self.node_group else own_group,
            "clusterIngressRuleId": (
                self.ingress_rule.security_group_rule_id if self.ingress_rule else ""
            ),
            "defaultNodeGroupAsgName": "",
            "fargateProfileId": "",
            "fargateProfileStatus": "",
            "oidcProviderArn": "",
            "oidcProviderUrl": issuer,
            "oidcIssuer": issuer.apply(lambda url: url.removeprefix("https://")),
            "autoModeNodeRoleName": "",
        }

    def _core(self) -> dict[str, Any]:
        """Return the data from which the cluster's node groups and add-ons are built."""
        node_group_options = {
            "version": self.inputs.get("version"),
            "nodeSecurityGroup": self.node_group,
            "clusterIngressRule": self.ingress_rule,
        }
        return {
            "cluster": self.cluster,
            "vpcId": self.vpc_id,
            "subnetIds": self.subnets,
            "publicSubnetIds": self.inputs.get("publicSubnetIds"),
            "privateSubnetIds": self.inputs.get("privateSubnetIds"),
            "endpoint": self.cluster.endpoint,
            "clusterSecurityGroup": self.group,
            "provider": self.kubernetes,
            "instanceRoles": self.instance_roles,
            "nodeGroupOptions": node_group_options,
            "kubeconfig": self.kubeconfig,
            "vpcCni": self.vpc_cni,
            "eksNodeAccess": self.config_map,
            "tags": self.inputs.get("tags"),
            "nodeSecurityGroupTags": self.inputs.get("nodeSecurityGroupTags"),
            "storageClasses": {},
            "encryptionConfig": control_plane.encryption(self.inputs),
            "clusterIamRole": self.role.role if self.role else self.inputs["serviceRole"],
            "accessEntries": list(self.access_entries.values()),
            "autoModeNodeRoleName": "",
        }


def _facts(cluster: aws.eks.Cluster) -> Any:
    return pulumi.Output.all(
        cluster.name, cluster.arn, cluster.endpoint, cluster.certificate_authority.data
    )


def _document(facts: list[str], scope: dict[str, Any]) -> dict[str, Any]:
    name, arn, endpoint, authority = facts
    return kubeconfig(
        name,
        arn,
        endpoint,
        authority,
        role_arn=scope.get("roleArn"),
        profile_name=scope.get("profileName"),
    )


def _issuer(identities: Any) -> str:
    """Return the cluster's OIDC issuer URL; empty when EKS gives none."""
    for identity in identities or []:
        for oidc in identity.oidcs or []:
            return str(oidc.issuer or "")
    return ""
