"""Resources of a cluster and its nodes in the VPC: interfaces and the cluster security group."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.subnets import Subnet

from rehearsal.aws import interfaces
from rehearsal.aws.eks import launch_templates
from rehearsal.aws.eks.catalogue import ZONES_WITHOUT_EKS
from rehearsal.aws.eks.models import Cluster, NodeGroup, invalid
from rehearsal.aws.service import Refusal


def find_subnets(ec2: EC2Backend, subnet_ids: Sequence[str]) -> list[Subnet]:
    """Return the subnets with these ids, all in one VPC.

    Raises:
        Refusal: One does not exist, or they are in several VPCs.
    """
    subnets = [interfaces.find_subnet(ec2, subnet_id) for subnet_id in subnet_ids]
    if missing := [i for i, found in zip(subnet_ids, subnets, strict=True) if not found]:
        raise invalid(f"The subnet ID '{missing[0]}' does not exist")
    found = [subnet for subnet in subnets if subnet]
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise invalid("Subnets must be in the same VPC.")
    return found


def check_zones(subnets: Sequence[Subnet]) -> None:
    """Raise an error unless the subnets are in two or more zones, all of them with EKS."""
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise invalid("Subnets specified must be in at least two different AZs")
    for subnet in subnets:
        if subnet.availability_zone_id in ZONES_WITHOUT_EKS:
            raise Refusal(
                "UnsupportedAvailabilityZoneException",
                f"Cannot create cluster because {subnet.availability_zone}, the targeted "
                "availability zone, does not currently have sufficient capacity to support the "
                "cluster.",
            )


def check_same_zones(ec2: EC2Backend, cluster: Cluster, subnets: Sequence[Subnet]) -> None:
    """Raise an error unless the subnets are in exactly the zones of the cluster's creation.

    Source: EKS User Guide, "Subnet considerations"; aws/containers-roadmap #2258 and #2330.
    """
    created = {one.availability_zone for one in find_subnets(ec2, cluster.vpc["subnetIds"])}
    wanted = {one.availability_zone for one in subnets}
    if wanted != created:
        raise invalid(
            f"Provided subnets belong to the AZs '{','.join(sorted(wanted))}'. But they should "
            f"belong to the exact set of AZs '{','.join(sorted(created))}' in which subnets were "
            "provided during cluster creation."
        )


def check_groups(ec2: EC2Backend, group_ids: Sequence[str], vpc_id: str) -> None:
    """Raise an error unless the security groups exist in the VPC."""
    for group_id in group_ids:
        if group_id not in ec2.groups[vpc_id]:
            raise invalid(f"The security group '{group_id}' does not exist in VPC {vpc_id}")


def create_cluster_group(ec2: EC2Backend, cluster_name: str, vpc_id: str) -> str:
    """Create a cluster's security group, whose members reach each other; return its id."""
    group = ec2.create_security_group(
        name=f"eks-cluster-sg-{cluster_name}-{secrets.randbelow(10**9)}",
        description="EKS created security group applied to ENI that is attached to EKS Control "
        "Plane master nodes, as well as any managed workloads.",
        vpc_id=vpc_id,
        tags={
            "Name": f"eks-cluster-sg-{cluster_name}",
            f"kubernetes.io/cluster/{cluster_name}": "owned",
            "aws:eks:cluster-name": cluster_name,
        },
    )
    ec2.authorize_security_group_ingress(
        group_name_or_id=group.id,
        ip_protocol="-1",
        from_port="-1",
        to_port="-1",
        ip_ranges=[],
        source_groups=[{"GroupId": group.id}],
        vpc_id=vpc_id,
    )
    return group.id


def create_control_plane_interfaces(ec2: EC2Backend, cluster: Cluster) -> None:
    """Create the control plane's interfaces in subnets of two zones, in place of earlier ones."""
    by_zone = {
        subnet.availability_zone: subnet.id
        for subnet in find_subnets(ec2, cluster.vpc["subnetIds"])
    }
    interfaces.remove(ec2, cluster.interface_ids)
    cluster.interface_ids = interfaces.create(
        ec2,
        list(by_zone.values())[:2],
        [cluster.vpc["clusterSecurityGroupId"], *cluster.vpc["securityGroupIds"]],
        f"Amazon EKS {cluster.name}",
    )


def remove_control_plane(ec2: EC2Backend, cluster: Cluster) -> None:
    """Remove a cluster's interfaces and security group; a group in use stays, as on AWS."""
    interfaces.remove(ec2, cluster.interface_ids)
    try:
        ec2.delete_security_group(group_id=cluster.vpc["clusterSecurityGroupId"])
    except EC2ClientError:
        return


def match_node_interfaces(ec2: EC2Backend, cluster: Cluster, group: NodeGroup) -> None:
    """Match the interfaces of a node group to its desired size, spread over its subnets."""
    subnet_ids = group.description["subnets"]
    desired = group.description["scalingConfig"]["desiredSize"]
    surplus = group.interface_ids[desired:]
    interfaces.remove(ec2, surplus)
    group.interface_ids = group.interface_ids[:desired]
    for index in range(len(group.interface_ids), desired):
        group.interface_ids += _place_node(ec2, cluster, group, subnet_ids[index % len(subnet_ids)])


def replace_node(ec2: EC2Backend, cluster: Cluster, group: NodeGroup) -> None:
    """Remove the interface of a node group's oldest node, after one of a new node is placed."""
    oldest, *others = group.interface_ids
    placed = _place_node(ec2, cluster, group, ec2.enis[oldest].subnet_id)
    interfaces.remove(ec2, [oldest])
    group.interface_ids = [*others, *placed]


def _place_node(ec2: EC2Backend, cluster: Cluster, group: NodeGroup, subnet_id: str) -> list[str]:
    return interfaces.create(
        ec2,
        [subnet_id],
        _security_groups_of(ec2, cluster, group),
        f"node of {cluster.name}/{group.description['nodegroupName']}",
    )


def _security_groups_of(ec2: EC2Backend, cluster: Cluster, group: NodeGroup) -> list[str]:
    """Return the security groups of a node group's instances.

    Those of its launch template, and else the cluster's own. EKS adds it to no others.
    Source: EKS User Guide, "Customize managed nodes with launch templates".
    """
    if named := group.description.get("launchTemplate"):
        template = {"id": named["id"], "version": named["version"]}
        data = launch_templates.find(ec2, template).data
        inside = [
            one for each in data.get("NetworkInterfaces") or [] for one in each.get("Groups", [])
        ]
        if own := [*data.get("SecurityGroupIds", []), *inside]:
            return own
    return [cluster.vpc["clusterSecurityGroupId"]]
