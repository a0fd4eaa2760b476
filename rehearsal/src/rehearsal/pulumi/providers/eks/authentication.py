"""Authentication to a cluster: its mode, access entries and the aws-auth ConfigMap."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from rehearsal.pulumi.providers.eks.inputs import InputProblem, Inputs, is_set

CONFIG_MAP = "CONFIG_MAP"
API_AND_CONFIG_MAP = "API_AND_CONFIG_MAP"
API = "API"
MODES = (CONFIG_MAP, API_AND_CONFIG_MAP, API)

# Inputs that only the ConfigMap can express; authentication by the API alone refuses them.
CONFIG_MAP_INPUTS = ("roleMappings", "userMappings", "instanceRoles")


def by_config_map(mode: str | None) -> bool:
    """Return True if the mode reads aws-auth; EKS's own default does."""
    return mode in (None, CONFIG_MAP, API_AND_CONFIG_MAP)


def by_access_entries(mode: str | None) -> bool:
    """Return True if the mode reads access entries."""
    return mode in (API, API_AND_CONFIG_MAP)


def problems(inputs: Inputs) -> list[InputProblem]:
    """Return the errors of pulumi-eks about authentication."""
    mode = inputs.get("authenticationMode")
    if mode is not None and mode not in MODES:
        reason = f"Invalid value: {mode}. Allowed values are: {', '.join(MODES)}."
        return [InputProblem("authenticationMode", reason)]
    found = []
    if not by_config_map(mode):
        found += [_fault_of_mode(key, mode) for key in CONFIG_MAP_INPUTS if _not_empty(inputs, key)]
    if not by_access_entries(mode):
        how = f"set to '{mode}'" if mode else "not set"
        if is_set(inputs, "accessEntries"):
            reason = f"not supported when 'authenticationMode' is {how}; use API"
            found.append(InputProblem("accessEntries", reason))
    return found


def _not_empty(inputs: Inputs, key: str) -> bool:
    value = inputs.get(key)
    return value is not None and (isinstance(value, pulumi.Output) or len(value) > 0)


def _fault_of_mode(key: str, mode: str | None) -> InputProblem:
    reason = (
        f"does not support non-empty values when 'authenticationMode' is '{mode}';"
        " leave it out, and use accessEntries"
    )
    return InputProblem(key, reason)


def access_entries(
    component: str,
    cluster: aws.eks.Cluster,
    entries: Mapping[str, Any],
    parent: pulumi.Resource,
) -> list[aws.eks.AccessEntry]:
    """Create an access entry for each principal, with an association for each of its policies."""
    return [_access_entry(f"{component}-{key}", cluster, entries[key], parent) for key in entries]


def _access_entry(
    name: str, cluster: aws.eks.Cluster, entry: Mapping[str, Any], parent: pulumi.Resource
) -> aws.eks.AccessEntry:
    made = aws.eks.AccessEntry(
        name,
        cluster_name=cluster.name,
        principal_arn=entry["principalArn"],
        kubernetes_groups=entry.get("kubernetesGroups"),
        type=entry.get("type"),
        user_name=entry.get("username"),
        tags=entry.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[cluster]),
    )
    for key, policy in (entry.get("accessPolicies") or {}).items():
        association = pulumi.Output.from_input(policy)
        aws.eks.AccessPolicyAssociation(
            f"{name}-{key}",
            cluster_name=cluster.name,
            principal_arn=entry["principalArn"],
            policy_arn=association["policyArn"],
            access_scope=association["accessScope"],
            opts=pulumi.ResourceOptions(parent=made, depends_on=[made]),
        )
    return made


def aws_auth(instance_roles: pulumi.Output[Any], inputs: Inputs) -> dict[str, pulumi.Output[str]]:
    """Return the data of the aws-auth ConfigMap: node roles, further roles, users.

    It is written as JSON, which is YAML too, since the ConfigMap's reader accepts either.
    """
    nodes = instance_roles.apply(_arns)
    data = {
        "mapRoles": pulumi.Output.all(inputs.get("roleMappings") or [], nodes).apply(
            lambda known: json.dumps(
                [_mapping("rolearn", one["roleArn"], one) for one in known[0]]
                + [_mapping("rolearn", arn, NODE) for arn in known[1]]
            )
        )
    }
    if is_set(inputs, "userMappings"):
        data["mapUsers"] = pulumi.Output.from_input(inputs["userMappings"]).apply(
            lambda users: json.dumps([_mapping("userarn", one["userArn"], one) for one in users])
        )
    return data


def _arns(roles: Sequence[aws.iam.Role]) -> Any:
    return pulumi.Output.all(*(role.arn for role in roles))


NODE = {
    "username": "system:node:{{EC2PrivateDNSName}}",
    "groups": ["system:bootstrappers", "system:nodes"],
}


def _mapping(key: str, arn: str, subject: Mapping[str, Any]) -> dict[str, Any]:
    return {key: arn, "username": subject["username"], "groups": subject["groups"]}
