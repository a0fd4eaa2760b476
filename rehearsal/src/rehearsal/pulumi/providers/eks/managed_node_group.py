"""Component eks:index:ManagedNodeGroup: an EKS node group, and a launch template if needed."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from rehearsal.pulumi.providers.eks import amis, authentication
from rehearsal.pulumi.providers.eks.inputs import (
    Accepts,
    InputProblem,
    Inputs,
    RefusedError,
    input_names,
    is_set,
)

TYPE = "eks:index:ManagedNodeGroup"
OWN_TEMPLATE = "make an aws.ec2.LaunchTemplate and give it as launchTemplate"
NODE_GROUP = Accepts(
    TYPE,
    known=input_names(
        """
        amiType capacityType cluster clusterName diskSize enableIMDSv2 forceUpdateVersion gpu
        ignoreScalingChanges instanceTypes labels launchTemplate nodeGroupName
        nodeGroupNamePrefix nodeRole nodeRoleArn operatingSystem releaseVersion remoteAccess
        scalingConfig subnetIds tags taints version
        """
    ),
    required=frozenset({"cluster"}),
    not_rehearsed={
        "enableEfaSupport": f"{OWN_TEMPLATE}, with its placement group and interfaces",
        "placementGroupAvailabilityZone": "it belongs to enableEfaSupport",
        **dict.fromkeys(
            (
                *("amiId", "bootstrapExtraArgs", "bottlerocketSettings"),
                *("kubeletExtraArgs", "nodeadmExtraOptions", "userData"),
            ),
            OWN_TEMPLATE,
        ),
    },
)
# By default a group of two nodes, which may shrink to one.
SCALING = {"desiredSize": 2, "minSize": 1, "maxSize": 2}


class ManagedNodeGroup(pulumi.ComponentResource):
    """Nodes that EKS manages for a cluster, which is given as the component or as its `core`."""

    def __init__(self, name: str, inputs: Inputs, options: pulumi.ResourceOptions) -> None:
        check(inputs)
        super().__init__(TYPE, name, None, options)
        core = pulumi.Output.from_input(inputs["cluster"]).apply(_core)
        template = self._launch_template(name, inputs)
        self.node_group = self._node_group(name, inputs, core, template)
        self.outputs = {"nodeGroup": self.node_group, "placementGroupName": ""}
        self.register_outputs(self.outputs)

    def _node_group(
        self, name: str, inputs: Inputs, core: pulumi.Output[Any], template: Any
    ) -> aws.eks.NodeGroup:
        version: pulumi.Input[str] | None = inputs.get("version")
        if version is None and not is_set(inputs, "launchTemplate"):
            version = core["cluster"].version
        return aws.eks.NodeGroup(
            name,
            cluster_name=_given_or(inputs, "clusterName", core["cluster"].name),
            node_group_name=inputs.get("nodeGroupName"),
            node_group_name_prefix=inputs.get("nodeGroupNamePrefix"),
            node_role_arn=role_arn(inputs),
            subnet_ids=_given_or(inputs, "subnetIds", core.apply(_subnets)),
            scaling_config=pulumi.Output.from_input(inputs.get("scalingConfig")).apply(_scaling),
            instance_types=inputs.get("instanceTypes"),
            capacity_type=inputs.get("capacityType"),
            ami_type=_ami_type(inputs),
            # If we make a launch template, it sets the disk.
            disk_size=None if _needs_template(inputs) else inputs.get("diskSize"),
            launch_template=template,
            labels=inputs.get("labels"),
            taints=inputs.get("taints"),
            remote_access=inputs.get("remoteAccess"),
            release_version=inputs.get("releaseVersion"),
            force_update_version=inputs.get("forceUpdateVersion"),
            version=version,
            tags=inputs.get("tags"),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=_node_access(inputs, core),
                ignore_changes=_ignored(inputs),
            ),
        )

    def _launch_template(self, name: str, inputs: Inputs) -> Any:
        """Return the given template, or make one for settings that a node group does not have."""
        if not _needs_template(inputs):
            return inputs.get("launchTemplate")
        template = aws.ec2.LaunchTemplate(
            f"{name}-launchTemplate",
            metadata_options={
                "http_tokens": "required" if inputs["enableIMDSv2"] else "optional",
                "http_put_response_hop_limit": 2,
                "http_endpoint": "enabled",
            },
            block_device_mappings=_disk(inputs),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return {"id": template.id, "version": template.latest_version.apply(str)}


def check(inputs: Inputs) -> None:
    """Refuse the inputs of a managed node group that pulumi-eks refuses.

    Raises:
        RefusedError: Some inputs are refused; the text lists the errors.
    """
    NODE_GROUP.check(inputs)
    problems = []
    if is_set(inputs, "nodeRole") and is_set(inputs, "nodeRoleArn"):
        problems.append(
            InputProblem("nodeRole", "You cannot specify both nodeRole and nodeRoleArn")
        )
    if not is_set(inputs, "nodeRole") and not is_set(inputs, "nodeRoleArn"):
        problems.append(InputProblem("nodeRole", "An IAM role, or role ARN must be provided"))
    if is_set(inputs, "launchTemplate") and _needs_template(inputs):
        reason = "can't be combined with enableIMDSv2; set it in the template that you provide"
        problems.append(InputProblem("launchTemplate", reason))
    if problems:
        raise RefusedError(TYPE, problems)


def role_arn(inputs: Inputs) -> pulumi.Input[str]:
    """Return the ARN of the nodes' role, whichever way it is given."""
    arn: pulumi.Input[str] = (
        inputs["nodeRoleArn"] if is_set(inputs, "nodeRoleArn") else inputs["nodeRole"].arn
    )
    return arn


def _node_access(inputs: Inputs, core: pulumi.Output[Any]) -> Any:
    """Return the aws-auth ConfigMap, if there is one, which must exist before nodes can join.

    If the mode reads only the ConfigMap, a role that it lacks is refused: its nodes could never
    join.
    """

    def config_map(known: list[Any]) -> list[pulumi.Resource]:
        mode, arns, arn, found = known
        if not authentication.by_access_entries(mode) and arn not in arns:
            reason = (
                "A managed node group cannot be created without first setting its role in the"
                " cluster's instanceRoles"
            )
            raise RefusedError(TYPE, [InputProblem("nodeRole", reason)])
        return [found] if found is not None else []

    return pulumi.Output.all(
        core["cluster"].access_config.apply(lambda access: access and access.authentication_mode),
        core.apply(_role_arns),
        role_arn(inputs),
        core.apply(lambda known: known.get("eksNodeAccess")),
    ).apply(config_map)


def _role_arns(core: dict[str, Any]) -> Any:
    return pulumi.Output.all(*(role.arn for role in core.get("instanceRoles") or []))


def _core(cluster: Any) -> Any:
    """Return the `core` of a cluster component, or the core data itself."""
    return pulumi.get(cluster, "core") if isinstance(cluster, pulumi.Resource) else cluster


def _given_or(inputs: Inputs, name: str, default: Any) -> Any:
    return inputs[name] if is_set(inputs, name) else default


def _subnets(core: dict[str, Any]) -> list[str]:
    for key in ("subnetIds", "privateSubnetIds", "publicSubnetIds"):
        if core.get(key) is not None:
            found: list[str] = core[key]
            return found
    return []


def _scaling(asked: dict[str, int] | None) -> Any:
    return SCALING | {key: size for key, size in (asked or {}).items() if size is not None}


def _ami_type(inputs: Inputs) -> Any:
    if is_set(inputs, "amiType") or not is_set(inputs, "operatingSystem"):
        return inputs.get("amiType")
    wanted = ("operatingSystem", "gpu", "instanceTypes")
    return pulumi.Output.all(*(inputs.get(key) for key in wanted)).apply(
        lambda known: amis.ami_type(known[0], bool(known[1]), known[2] or [])
    )


def _needs_template(inputs: Inputs) -> bool:
    return is_set(inputs, "enableIMDSv2")


def _disk(inputs: Inputs) -> Any:
    if not is_set(inputs, "diskSize"):
        return None
    wanted = ("amiType", "operatingSystem")

    def device(known: list[str | None]) -> str:
        bottlerocket = any(one and one.upper().startswith("BOTTLEROCKET") for one in known)
        return "/dev/xvdb" if bottlerocket else "/dev/xvda"

    name = pulumi.Output.all(*(inputs.get(key) for key in wanted)).apply(device)
    return [{"deviceName": name, "ebs": {"volumeSize": inputs["diskSize"]}}]


def _ignored(inputs: Inputs) -> list[str] | None:
    return ["scalingConfig.desiredSize"] if inputs.get("ignoreScalingChanges") else None
