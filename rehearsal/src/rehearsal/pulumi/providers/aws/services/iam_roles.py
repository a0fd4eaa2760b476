"""IAM roles, with the policies that are declared in them."""

from __future__ import annotations

import json

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Naming, Resource, State, Tagging, Timeouts
from rehearsal.pulumi.providers.aws.tags import pairs, plain

# Seconds that terraform-provider-aws waits for IAM to become consistent.
_PROPAGATION = 120


def _create_role(call: Call) -> str:
    call.client("iam").create_role(
        RoleName=call.inputs["name"],
        AssumeRolePolicyDocument=call.inputs["assumeRolePolicy"],
        Tags=pairs(call.inputs.get("tags")),
        **call.request(
            {
                "Description": "description",
                "MaxSessionDuration": "maxSessionDuration",
                "Path": "path",
                "PermissionsBoundary": "permissionsBoundary",
            }
        ),
    )
    return str(call.inputs["name"])


def _configure_role(call: Call) -> None:
    if call.inputs.get("managedPolicyArns") is not None:
        _put_attached(call)
    if call.inputs.get("inlinePolicies") is not None:
        _put_inline(call)


def _attached(call: Call) -> list[str]:
    pages = call.client("iam").get_paginator("list_attached_role_policies")
    return [
        str(policy["PolicyArn"])
        for page in pages.paginate(RoleName=call.id)
        for policy in page["AttachedPolicies"]
    ]


def _inline(call: Call) -> dict[str, str]:
    iam = call.client("iam")
    names = iam.list_role_policies(RoleName=call.id)["PolicyNames"]
    return {
        name: json.dumps(iam.get_role_policy(RoleName=call.id, PolicyName=name)["PolicyDocument"])
        for name in names
    }


def _put_attached(call: Call) -> None:
    iam, present = call.client("iam"), set(_attached(call))
    wanted = set(call.inputs.get("managedPolicyArns") or ())
    for arn in sorted(present - wanted):
        iam.detach_role_policy(RoleName=call.id, PolicyArn=arn)
    for arn in sorted(wanted - present):
        iam.attach_role_policy(RoleName=call.id, PolicyArn=arn)


def _put_inline(call: Call) -> None:
    iam, present = call.client("iam"), _inline(call)
    wanted = {
        one["name"]: one["policy"]
        for one in call.inputs.get("inlinePolicies") or ()
        if one.get("policy")
    }
    for name in present.keys() - wanted.keys():
        iam.delete_role_policy(RoleName=call.id, PolicyName=name)
    for name, policy in wanted.items():
        iam.put_role_policy(RoleName=call.id, PolicyName=name, PolicyDocument=policy)


def _read_role(call: Call) -> State | None:
    role = call.client("iam").get_role(RoleName=call.id)["Role"]
    return without_none(
        arn=role["Arn"],
        assumeRolePolicy=json.dumps(role["AssumeRolePolicyDocument"]),
        createDate=role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        description=role.get("Description", ""),
        inlinePolicies=[{"name": k, "policy": v} for k, v in sorted(_inline(call).items())],
        managedPolicyArns=sorted(_attached(call)),
        maxSessionDuration=role.get("MaxSessionDuration", 3600),
        name=role["RoleName"],
        path=role["Path"],
        permissionsBoundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        uniqueId=role["RoleId"],
        tags=plain(role.get("Tags")),
    )


def _update_role(call: Call) -> None:
    iam, inputs = call.client("iam"), call.inputs
    if "assumeRolePolicy" in call.changed:
        iam.update_assume_role_policy(RoleName=call.id, PolicyDocument=inputs["assumeRolePolicy"])
    if call.changed & {"description", "maxSessionDuration"}:
        iam.update_role(
            RoleName=call.id,
            Description=inputs.get("description", ""),
            MaxSessionDuration=int(inputs["maxSessionDuration"]),
        )
    if "permissionsBoundary" in call.changed:
        _put_boundary(call)
    if "managedPolicyArns" in call.changed:
        _put_attached(call)
    if "inlinePolicies" in call.changed:
        _put_inline(call)


def _put_boundary(call: Call) -> None:
    boundary = call.inputs.get("permissionsBoundary")
    if boundary:
        call.client("iam").put_role_permissions_boundary(
            RoleName=call.id, PermissionsBoundary=boundary
        )
    else:
        call.client("iam").delete_role_permissions_boundary(RoleName=call.id)


def _delete_role(call: Call) -> None:
    """Delete the role and the policies that it was declared with.

    Policies that others attached prevent the deletion, unless `forceDetachPolicies` is set.
    """
    iam, inputs = call.client("iam"), call.inputs
    if inputs.get("forceDetachPolicies") or inputs.get("managedPolicyArns"):
        for arn in _attached(call):
            iam.detach_role_policy(RoleName=call.id, PolicyArn=arn)
    if inputs.get("forceDetachPolicies") or inputs.get("inlinePolicies"):
        for name in _inline(call):
            iam.delete_role_policy(RoleName=call.id, PolicyName=name)
    iam.delete_role(RoleName=call.id)


def _tag_role(call: Call, tags: dict[str, str]) -> None:
    call.client("iam").tag_role(RoleName=call.id, Tags=pairs(tags))


def _untag_role(call: Call, keys: list[str]) -> None:
    call.client("iam").untag_role(RoleName=call.id, TagKeys=keys)


ROLE = Resource(
    token="aws:iam/role:Role",
    service="iam",
    noun="IAM Role",
    naming=Naming("name", most=64),
    replaces={"name", "namePrefix", "path"},
    updates={
        "assumeRolePolicy",
        "description",
        "forceDetachPolicies",
        "inlinePolicies",
        "managedPolicyArns",
        "maxSessionDuration",
        "permissionsBoundary",
    },
    computed={"inlinePolicies", "managedPolicyArns"},
    defaults={"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"},
    documents={"assumeRolePolicy", "inlinePolicies.policy"},
    tagging=Tagging(_tag_role, _untag_role),
    timeouts=Timeouts(delete=_PROPAGATION),
    retried={"DeleteConflict"},
    create=_create_role,
    configure=_configure_role,
    read=_read_role,
    update=_update_role,
    delete=_delete_role,
)

RESOURCES = [ROLE]
