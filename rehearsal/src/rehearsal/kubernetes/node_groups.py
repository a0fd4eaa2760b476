"""Reader of node groups from the emulated EKS, and of their instances' properties from EC2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.aws.node_config import local_storage
from rehearsal.clients.aws import Cloud
from rehearsal.kubernetes.clusters import ClusterView
from rehearsal.kubernetes.instances import InstanceType
from rehearsal.kubernetes.node_objects import Location, NodeGroup


class NodeGroupReader:
    """Reader of the node groups that the emulated account has now."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._types: dict[tuple[str, str], InstanceType] = {}

    def read(self, view: ClusterView) -> list[NodeGroup]:
        """Return the node groups of a cluster; empty if it was deleted in the meantime."""
        eks = self._cloud.client("eks", view.region)
        try:
            names = eks.list_nodegroups(clusterName=view.name)["nodegroups"]
            found = [
                eks.describe_nodegroup(clusterName=view.name, nodegroupName=name)["nodegroup"]
                for name in names
            ]
        except eks.exceptions.ResourceNotFoundException:
            return []
        return [
            self._group(description, view.region)
            for description in found
            if description["status"] != "CREATE_FAILED"
        ]

    def _group(self, description: dict[str, Any], region: str) -> NodeGroup:
        ec2 = self._cloud.client("ec2", region)
        template = self._launch_template(ec2, description.get("launchTemplate"))
        types = description.get("instanceTypes") or [template.get("InstanceType", "t3.medium")]
        disk = description.get("diskSize") or _root_volume_gib(template)
        return NodeGroup(
            description,
            region,
            self._instance_type(ec2, region, types[0]),
            tuple(self._locations(ec2, description)),
            **({"root_volume_gib": disk} if disk else {}),
            local_storage=local_storage(template.get("UserData", "")),
        )

    def _locations(self, ec2: Any, description: dict[str, Any]) -> Iterator[Location]:
        """Yield the address and zone of each instance, from its network interface in a subnet."""
        subnets = ec2.describe_subnets(SubnetIds=description["subnets"])["Subnets"]
        zones = {
            one["SubnetId"]: (one["AvailabilityZone"], one["AvailabilityZoneId"]) for one in subnets
        }
        purpose = f"node of {description['clusterName']}/{description['nodegroupName']}"
        filters = [{"Name": "description", "Values": [purpose]}]
        for found in ec2.get_paginator("describe_network_interfaces").paginate(Filters=filters):
            for one in found["NetworkInterfaces"]:
                yield Location(one["PrivateIpAddress"], *zones[one["SubnetId"]])

    def _instance_type(self, ec2: Any, region: str, name: str) -> InstanceType:
        if (region, name) not in self._types:
            answer = ec2.describe_instance_types(InstanceTypes=[name])
            self._types[region, name] = InstanceType.of(answer["InstanceTypes"][0])
        return self._types[region, name]

    def _launch_template(self, ec2: Any, named: dict[str, str] | None) -> dict[str, Any]:
        if not named:
            return {}
        answer = ec2.describe_launch_template_versions(
            LaunchTemplateId=named["id"], Versions=[named.get("version", "$Default")]
        )
        data: dict[str, Any] = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        return data


def _root_volume_gib(template: dict[str, Any]) -> int | None:
    for mapping in template.get("BlockDeviceMappings", []):
        size: int | None = mapping.get("Ebs", {}).get("VolumeSize")
        if size and mapping.get("DeviceName") == "/dev/xvda":
            return size
    return None
