"""EKS cluster that somebody else made, used by its API."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components.cluster import access_policy_arn, access_scope
from components.cluster_spec import AccessEntrySpec
from components.found_cluster import AGENT, DRIVER_ADDONS, FoundCluster, FoundNodeGroup
from components.kubeconfig import Credentials, cli_options, with_credentials

EXEC_VERSION = "client.authentication.k8s.io/v1beta1"
ADDONS = (AGENT, *DRIVER_ADDONS.values())
"""Add-ons that the stack uses if the cluster has them."""


class ExistingClusterArgs(TypedDict):
    """Arguments of `ExistingCluster`."""

    found: FoundCluster
    """The cluster, as `find_cluster` returns it."""
    access_entries: NotRequired[Mapping[str, AccessEntrySpec]]
    """IAM principals that get access to it, by names; none by default."""
    node_security_group_ids: NotRequired[Sequence[str]]
    """Security groups of nodes that no managed node group tells of; none by default."""
    credentials: NotRequired[Credentials]
    """Credentials of the AWS provider, also used for the Kubernetes API; by default those of the
    environment."""


class ExistingCluster(pulumi.ComponentResource):
    """A cluster with the attributes of a `Cluster`, of which only access entries are added."""

    name: pulumi.Output[str]
    """Name of the cluster."""
    joined: eks.Cluster | str
    """Name of the cluster, as an argument of node groups."""
    version: str
    """Kubernetes version of the control plane, such as 1.36."""
    node_security_groups: dict[str, pulumi.Input[str]]
    """Ids of the security groups of its nodes, by names for the rules that admit them."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig in JSON, which gets its tokens from `aws eks get-token`."""
    kubeconfig_command: pulumi.Output[str]
    """Command that writes a kubeconfig for a person."""

    def __init__(
        self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:cluster:ExistingCluster", name, {}, opts)
        found, credentials = args["found"], args.get("credentials", Credentials())
        self.name = pulumi.Output.from_input(found.name)
        self.joined = found.name
        self.version = found.version
        others = {*found.node_security_group_ids, *args.get("node_security_group_ids", ())}
        groups = {"nodes": found.security_group_id} | {
            f"nodes-{one}": one for one in sorted(others - {found.security_group_id})
        }
        self.node_security_groups = {**groups}
        text = with_credentials(json.dumps(kubeconfig(found)), credentials)
        made = pulumi.Output.from_input(text)
        self.kubeconfig = pulumi.Output.secret(made) if credentials.environment else made
        options = "".join(f" {option}" for option in cli_options(credentials))
        self.kubeconfig_command = pulumi.Output.from_input(
            f"aws eks update-kubeconfig --region {_region(found)} --name {found.name}{options}"
        )
        for entry, spec in args.get("access_entries", {}).items():
            access_entry(f"{name}-{entry}", found.name, spec, pulumi.ResourceOptions(parent=self))
        self.register_outputs({"name": self.name, "kubeconfig": self.kubeconfig})


def access_entry(
    name: str, cluster: str, spec: AccessEntrySpec, opts: pulumi.ResourceOptions
) -> aws.eks.AccessEntry:
    """Make an access entry of a cluster, with its policy.

    Args:
        name: Logical name of both.
        cluster: Name of the cluster.
        spec: Principal, policy and namespaces.
        opts: Options of both.
    """
    entry = aws.eks.AccessEntry(
        name, cluster_name=cluster, principal_arn=spec.principal_arn, opts=opts
    )
    aws.eks.AccessPolicyAssociation(
        name,
        cluster_name=cluster,
        principal_arn=entry.principal_arn,
        policy_arn=access_policy_arn(spec.principal_arn, spec.policy),
        access_scope=access_scope(spec.namespaces),
        opts=opts,
    )
    return entry


def kubeconfig(found: FoundCluster) -> dict[str, Any]:
    """Return a kubeconfig whose tokens come from `aws eks get-token`, as that of pulumi-eks."""
    execution = {
        "apiVersion": EXEC_VERSION,
        "command": "aws",
        "args": [
            *("--region", _region(found), "eks", "get-token"),
            *("--cluster-name", found.name, "--output", "json"),
        ],
        "env": [
            {"name": "KUBERNETES_EXEC_INFO", "value": json.dumps({"apiVersion": EXEC_VERSION})}
        ],
    }
    server = {
        "server": found.endpoint,
        "certificate-authority-data": found.certificate_authority,
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "aws",
        "clusters": [{"name": "kubernetes", "cluster": server}],
        "contexts": [{"name": "aws", "context": {"cluster": "kubernetes", "user": "aws"}}],
        "users": [{"name": "aws", "user": {"exec": execution}}],
    }


def cluster_names() -> tuple[str, ...]:
    """Return the names of the clusters of the Region."""
    return tuple(aws.eks.get_clusters().names)


def find_cluster(name: str) -> FoundCluster | None:
    """Return what AWS has of a cluster; None if there is none of that name.

    The objects in it are not read.

    Raises:
        Exception: AWS does not answer, or refuses.
    """
    # Listed first, because reading a cluster that does not exist is an error.
    if name not in cluster_names():
        return None
    found = aws.eks.get_cluster(name=name)
    access = found.access_configs
    network, authorities = found.vpc_config, found.certificate_authorities
    return FoundCluster(
        name=name,
        vpc_id=network.vpc_id,
        status=found.status,
        version=found.version,
        arn=found.arn,
        endpoint=found.endpoint or "",
        certificate_authority=authorities[0].data if authorities else "",
        subnet_ids=tuple(network.subnet_ids),
        security_group_id=network.cluster_security_group_id,
        # Clusters made before access entries came have no such setting.
        authentication_mode=access[0].authentication_mode if access else "CONFIG_MAP",
        auto_mode=any(one.enabled for one in found.compute_configs or ()),
        node_groups=tuple(
            _node_group(name, group) for group in aws.eks.get_node_groups(cluster_name=name).names
        ),
        addons=frozenset(one for one in ADDONS if _has_addon(name, one)),
    )


def _node_group(cluster: str, name: str) -> FoundNodeGroup:
    found = aws.eks.get_node_group(cluster_name=cluster, node_group_name=name)
    groups = [group for one in found.launch_templates for group in _groups_of(one.id)]
    return FoundNodeGroup(name, tuple(found.subnet_ids), tuple(sorted(set(groups))))


def _groups_of(launch_template: str) -> list[str]:
    found = aws.ec2.get_launch_template(id=launch_template)
    of_interfaces = [group for one in found.network_interfaces for group in one.security_groups]
    return [*found.vpc_security_group_ids, *of_interfaces]


def _has_addon(cluster: str, addon: str) -> bool:
    try:
        aws.eks.get_addon(cluster_name=cluster, addon_name=addon)
    except Exception as error:  # an add-on that is absent is a bare Exception
        if "ResourceNotFoundException" in str(error) or "couldn't find resource" in str(error):
            return False
        raise
    return True


def _region(found: FoundCluster) -> str:
    return found.arn.split(":")[3]
