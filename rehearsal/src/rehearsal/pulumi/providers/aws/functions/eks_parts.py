"""Functions that look up the node groups and add-ons of an EKS cluster.

Source of what they return: terraform-provider-aws, the data sources of its EKS service. One for a
node group or an add-on that the cluster does not have fails.
"""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.aws.tags import without_aws_tags

_GROUP = {
    "amiType": "amiType",
    "capacityType": "capacityType",
    "diskSize": "diskSize",
    "instanceTypes": "instanceTypes",
    "nodegroupArn": "arn",
    "nodeRole": "nodeRoleArn",
    "releaseVersion": "releaseVersion",
    "status": "status",
    "subnets": "subnetIds",
    "version": "version",
}
_ADDON = {
    "addonArn": "arn",
    "addonVersion": "addonVersion",
    "configurationValues": "configurationValues",
    "serviceAccountRoleArn": "serviceAccountRoleArn",
}


def _node_groups(call: Call) -> dict[str, Any]:
    cluster = call.inputs["clusterName"]
    pages = call.client("eks").get_paginator("list_nodegroups").paginate(clusterName=cluster)
    return {"id": cluster, "names": [name for page in pages for name in page["nodegroups"]]}


def _node_group(call: Call) -> dict[str, Any]:
    cluster, name = call.inputs["clusterName"], call.inputs["nodeGroupName"]
    answer = call.client("eks").describe_nodegroup(clusterName=cluster, nodegroupName=name)
    group = answer["nodegroup"]
    template, scaling = group.get("launchTemplate"), group["scalingConfig"]
    return {
        **properties(group, _GROUP),
        "id": f"{cluster}:{name}",
        "labels": group.get("labels", {}),
        "launchTemplates": [template] if template else [],
        "remoteAccesses": [],
        "resources": [
            {
                "autoscalingGroups": group["resources"].get("autoScalingGroups", []),
                "remoteAccessSecurityGroupId": group["resources"].get(
                    "remoteAccessSecurityGroup", ""
                ),
            }
        ],
        "scalingConfigs": [scaling],
        "tags": without_aws_tags(group.get("tags")),
        "taints": [{"value": "", **taint} for taint in group.get("taints", ())],
        "updateConfigs": [group["updateConfig"]] if group.get("updateConfig") else [],
    }


def _addon(call: Call) -> dict[str, Any]:
    cluster, name = call.inputs["clusterName"], call.inputs["addonName"]
    addon = call.client("eks").describe_addon(clusterName=cluster, addonName=name)["addon"]
    return {
        **properties(addon, _ADDON),
        "createdAt": addon["createdAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "id": f"{cluster}:{name}",
        "modifiedAt": addon["modifiedAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "podIdentityAssociations": [
            _association(call, cluster, arn) for arn in addon.get("podIdentityAssociations", ())
        ],
        "tags": without_aws_tags(addon.get("tags")),
    }


def _association(call: Call, cluster: str, arn: str) -> dict[str, Any]:
    found = call.client("eks").describe_pod_identity_association(
        clusterName=cluster, associationId=arn.rpartition("/")[2]
    )["association"]
    return {"roleArn": found["roleArn"], "serviceAccount": found["serviceAccount"]}


FUNCTIONS = {
    "aws:eks/getNodeGroups:getNodeGroups": Function("eks", _node_groups, required={"clusterName"}),
    "aws:eks/getNodeGroup:getNodeGroup": Function(
        "eks", _node_group, required={"clusterName", "nodeGroupName"}
    ),
    "aws:eks/getAddon:getAddon": Function("eks", _addon, required={"addonName", "clusterName"}),
}
