"""All that an account and a cluster hold, to be compared before and after a stack of others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.stacks.clone import Clone

MOVING_KINDS = ("leases", "events", "bindings", "componentstatuses")
"""Kinds of objects that Kubernetes itself makes and changes all the time."""
MOVING_KEYS = {
    "resourceVersion",
    "managedFields",
    "generation",
    "lastHeartbeatTime",
    "lastProbeTime",
    "lastUpdateTime",
    "lastTransitionTime",
    "ResponseMetadata",
    "updatedAt",
    "modifiedAt",
}
"""Keys that a controller moves without changing what the object says."""
LOOK = r"""
import json, sys, boto3
region = "us-west-2"
ec2, eks, iam, s3 = (boto3.client(name, region_name=region) for name in ("ec2", "eks", "iam", "s3"))
found = {}
for call in (
    "vpcs", "subnets", "route_tables", "security_groups", "security_group_rules", "vpc_endpoints",
    "internet_gateways", "nat_gateways", "addresses", "network_interfaces", "launch_templates",
):
    found[call] = getattr(ec2, f"describe_{call}")()
for vpc in found["vpcs"]["Vpcs"]:
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        key = f"{vpc['VpcId']} {name}"
        found[key] = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=name)
for name in eks.list_clusters()["clusters"]:
    of = {"clusterName": name}
    found[name] = eks.describe_cluster(name=name)
    for group in eks.list_nodegroups(**of)["nodegroups"]:
        found[f"{name} {group}"] = eks.describe_nodegroup(nodegroupName=group, **of)
    for addon in eks.list_addons(**of)["addons"]:
        found[f"{name} {addon}"] = eks.describe_addon(addonName=addon, **of)
    for entry in eks.list_access_entries(**of)["accessEntries"]:
        found[f"{name} {entry}"] = eks.describe_access_entry(principalArn=entry, **of)
    found[f"{name} identities"] = eks.list_pod_identity_associations(**of)
for role in iam.list_roles()["Roles"]:
    name = role["RoleName"]
    found[name] = [
        {key: role[key] for key in ("Arn", "AssumeRolePolicyDocument")},
        iam.list_role_policies(RoleName=name)["PolicyNames"],
        iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
    ]
for bucket in s3.list_buckets()["Buckets"]:
    name = bucket["Name"]
    objects = s3.list_object_versions(Bucket=name).get("Versions", [])
    found[f"s3 {name}"] = [
        sorted((one["Key"], one["ETag"], one["VersionId"]) for one in objects),
        s3.get_bucket_versioning(Bucket=name).get("Status"),
    ]
json.dump(found, sys.stdout, default=str)
"""


def account(clone: Clone, stack: str) -> dict[str, Any]:
    """Descriptions of everything in the account that a stack could have changed."""
    said = clone.in_environment(stack, "python", "-c", LOOK)
    found: dict[str, Any] = still(json.loads(said))
    return found


def cluster(clone: Clone, stack: str) -> dict[str, Any]:
    """Every object of the cluster by its kind, namespace and name."""
    asked = ("kubectl", "api-resources", "--verbs=list", "-o", "name")
    kinds = clone.in_environment(stack, *asked).split()
    wanted = ",".join(one for one in kinds if one.partition(".")[0] not in MOVING_KINDS)
    found = clone.objects(stack, wanted, "--all-namespaces")
    return {
        f"{one['apiVersion']} {one['kind']} {one['metadata'].get('namespace', '')}/"
        f"{one['metadata']['name']}": still(one)
        for one in found
    }


def still(value: Any) -> Any:
    """Return a value without what moves by itself."""
    if isinstance(value, dict):
        return {key: still(one) for key, one in value.items() if key not in MOVING_KEYS}
    if isinstance(value, list):
        kept = [still(one) for one in value]
        return sorted(kept, key=lambda one: json.dumps(one, sort_keys=True))
    return value


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each thing that came, went or changed."""
    for key in sorted({*before, *after}):
        if key not in after:
            yield f"{key} is gone"
        elif key not in before:
            yield f"{key} was left"
        elif before[key] != after[key]:
            yield f"{key} was changed from {before[key]} to {after[key]}"
