"""EKS managed node groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Naming, Resource, State, Status, Timeouts
from rehearsal.pulumi.providers.aws.services.eks.updates import TAGGING, finished, health
from rehearsal.pulumi.providers.aws.tags import without_aws_tags

# Pulumi spells a taint's effect as AWS does.
_REQUEST = {
    "amiType": "amiType",
    "capacityType": "capacityType",
    "diskSize": "diskSize",
    "instanceTypes": "instanceTypes",
    "labels": "labels",
    "launchTemplate": "launchTemplate",
    "releaseVersion": "releaseVersion",
    "remoteAccess": "remoteAccess",
    "tags": "tags",
    "taints": "taints",
    "updateConfig": "updateConfig",
    "version": "version",
}


def _create(call: Call) -> str:
    inputs = call.inputs
    answer = call.client("eks").create_nodegroup(
        clusterName=inputs["clusterName"],
        nodegroupName=inputs["nodeGroupName"],
        nodeRole=inputs["nodeRoleArn"],
        subnets=inputs["subnetIds"],
        scalingConfig=_scaling(inputs),
        clientRequestToken=call.token,
        **call.request(_REQUEST),
    )["nodegroup"]
    return f"{answer['clusterName']}:{answer['nodegroupName']}"


def _scaling(inputs: Mapping[str, Any]) -> dict[str, int]:
    return {key: int(size) for key, size in inputs["scalingConfig"].items()}


def _of(call: Call) -> dict[str, str]:
    cluster, _, name = call.id.partition(":")
    return {"clusterName": cluster, "nodegroupName": name}


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("eks").describe_nodegroup(**_of(call))["nodegroup"])


def _read(call: Call) -> State | None:
    group = _describe(call)
    return without_none(
        arn=group["nodegroupArn"],
        clusterName=group["clusterName"],
        nodeGroupName=group["nodegroupName"],
        nodeRoleArn=group["nodeRole"],
        subnetIds=group["subnets"],
        scalingConfig=group["scalingConfig"],
        instanceTypes=group.get("instanceTypes"),
        amiType=group.get("amiType"),
        capacityType=group.get("capacityType"),
        diskSize=group.get("diskSize"),
        labels=group.get("labels") or {},
        launchTemplate=group.get("launchTemplate"),
        releaseVersion=group.get("releaseVersion"),
        remoteAccess=group.get("remoteAccess"),
        resources=[_resources(group.get("resources") or {})],
        status=group["status"],
        tags=without_aws_tags(group.get("tags")),
        taints=group.get("taints") or [],
        updateConfig=group.get("updateConfig"),
        version=group.get("version"),
    )


def _resources(found: Mapping[str, Any]) -> dict[str, Any]:
    groups = [{"name": group["name"]} for group in found.get("autoScalingGroups") or []]
    return {
        "autoscalingGroups": groups,
        "remoteAccessSecurityGroupId": found.get("remoteAccessSecurityGroup", ""),
    }


def _update(call: Call) -> None:
    """Replace the nodes for a new version, release or launch template; update the rest in place."""
    eks, of = call.client("eks"), _of(call)
    waited = {"name": of["clusterName"], "nodegroupName": of["nodegroupName"]}
    if call.changed & {"version", "releaseVersion", "launchTemplate"}:
        answer = eks.update_nodegroup_version(
            **of,
            clientRequestToken=f"{call.token}-version",
            # As in pulumi-aws: a version that has not changed is not sent, so another launch
            # template brings the newest image.
            **without_none(
                **{
                    key: call.inputs.get(key)
                    for key in ("version", "releaseVersion")
                    if key in call.changed
                },
                launchTemplate=call.inputs.get("launchTemplate"),
            ),
            **without_none(force=call.inputs.get("forceUpdateVersion") or None),
        )
        finished(call, answer, **waited)
    if call.changed & {"labels", "taints", "scalingConfig", "updateConfig"}:
        answer = eks.update_nodegroup_config(
            **of, clientRequestToken=f"{call.token}-config", **_config_change(call)
        )
        finished(call, answer, **waited)


def _config_change(call: Call) -> dict[str, Any]:
    change: dict[str, Any] = {}
    if "scalingConfig" in call.changed:
        change["scalingConfig"] = _scaling(call.inputs)
    if "updateConfig" in call.changed and call.inputs.get("updateConfig"):
        change["updateConfig"] = call.inputs["updateConfig"]
    if "labels" in call.changed:
        change["labels"] = _label_changes(
            call.olds.get("labels") or {}, call.inputs.get("labels") or {}
        )
    if "taints" in call.changed:
        change["taints"] = _taint_changes(
            call.olds.get("taints") or [], call.inputs.get("taints") or []
        )
    return change


def _label_changes(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, Any]:
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    gone = [key for key in old if key not in new]
    return without_none(addOrUpdateLabels=changed or None, removeLabels=gone or None)


def _taint_changes(old: list[dict[str, str]], new: list[dict[str, str]]) -> dict[str, Any]:
    """Return the changes of taints, which key and effect identify; another value updates one."""
    kept = {(taint["key"], taint["effect"]) for taint in new}
    gone = [taint for taint in old if (taint["key"], taint["effect"]) not in kept]
    changed = [taint for taint in new if taint not in old]
    return without_none(addOrUpdateTaints=changed or None, removeTaints=gone or None)


def _delete(call: Call) -> None:
    call.client("eks").delete_nodegroup(**_of(call))


NODE_GROUP = Resource(
    token="aws:eks/nodeGroup:NodeGroup",
    service="EKS",
    noun="EKS Node Group",
    naming=Naming("nodeGroupName", most=63),
    replaces={
        "amiType",
        "capacityType",
        "clusterName",
        "diskSize",
        "instanceTypes",
        "launchTemplate.id",
        "launchTemplate.name",
        "nodeGroupName",
        "nodeGroupNamePrefix",
        "nodeRoleArn",
        "remoteAccess",
        "subnetIds",
    },
    updates={
        "forceUpdateVersion",
        "labels",
        "launchTemplate.version",
        "releaseVersion",
        "scalingConfig",
        "taints",
        "updateConfig.maxUnavailable",
        "updateConfig.maxUnavailablePercentage",
        "version",
    },
    computed={
        "amiType",
        "capacityType",
        "diskSize",
        "instanceTypes",
        "launchTemplate.id",
        "launchTemplate.name",
        "releaseVersion",
        "updateConfig",
        "version",
    },
    changing={"resources", "status"},
    tagging=TAGGING,
    status=Status(
        lambda call: str(_describe(call)["status"]),
        ready={"ACTIVE"},
        pending={"CREATING", "UPDATING"},
        reason=lambda call: health(_describe(call)),
    ),
    timeouts=Timeouts(create=60 * 60, update=60 * 60, delete=60 * 60),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
)
