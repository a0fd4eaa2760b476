"""IAM policies: a role's inline policies, managed policies, and their attachment to roles."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import (
    SAME,
    Naming,
    Resource,
    State,
    Tagging,
    Timeouts,
)
from rehearsal.pulumi.providers.aws.tags import pairs, plain
from rehearsal.pulumi.providers.server import ProviderError

# Seconds that terraform-provider-aws waits for IAM to become consistent.
_PROPAGATION = 120


def _put_role_policy(call: Call) -> str:
    role, name = call.inputs["role"], call.inputs["name"]
    call.client("iam").put_role_policy(
        RoleName=role, PolicyName=name, PolicyDocument=call.inputs["policy"]
    )
    return f"{role}:{name}"


def _role_and_name(call: Call) -> dict[str, str]:
    role, separator, name = call.id.partition(":")
    if not separator:
        raise ProviderError(f"the id of a role policy is ROLE:NAME, got: {call.id}")
    return {"RoleName": role, "PolicyName": name}


def _read_role_policy(call: Call) -> State | None:
    policy = call.client("iam").get_role_policy(**_role_and_name(call))
    return {
        "name": policy["PolicyName"],
        "policy": json.dumps(policy["PolicyDocument"]),
        "role": policy["RoleName"],
    }


def _delete_role_policy(call: Call) -> None:
    call.client("iam").delete_role_policy(**_role_and_name(call))


ROLE_POLICY = Resource(
    token="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    noun="IAM Role Policy",
    naming=Naming("name", most=128),
    replaces={"name", "namePrefix", "role"},
    updates={"policy"},
    documents={"policy"},
    create=_put_role_policy,
    read=_read_role_policy,
    update=_put_role_policy,
    delete=_delete_role_policy,
    repeated=SAME,
)


def _create_policy(call: Call) -> str:
    answer = call.client("iam").create_policy(
        PolicyName=call.inputs["name"],
        PolicyDocument=call.inputs["policy"],
        Tags=pairs(call.inputs.get("tags")),
        **call.request({"Description": "description", "Path": "path"}),
    )
    return str(answer["Policy"]["Arn"])


def _read_policy(call: Call) -> State | None:
    iam = call.client("iam")
    policy = iam.get_policy(PolicyArn=call.id)["Policy"]
    version = iam.get_policy_version(PolicyArn=call.id, VersionId=policy["DefaultVersionId"])[
        "PolicyVersion"
    ]
    return {
        "arn": policy["Arn"],
        "attachmentCount": policy.get("AttachmentCount", 0),
        "description": policy.get("Description", ""),
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "policy": json.dumps(version["Document"]),
        "policyId": policy["PolicyId"],
        "tags": plain(policy.get("Tags")),
    }


def _versions(call: Call) -> list[dict[str, Any]]:
    """Return the versions that are not the default one, oldest first."""
    versions = call.client("iam").list_policy_versions(PolicyArn=call.id)["Versions"]
    others = [dict(one) for one in versions if not one["IsDefaultVersion"]]
    return sorted(others, key=lambda one: int(one["VersionId"].removeprefix("v")))


def _update_policy(call: Call) -> None:
    """Add a version; delete the oldest one first if AWS's limit of five is reached."""
    if "policy" not in call.changed:
        return
    iam, others = call.client("iam"), _versions(call)
    if len(others) >= 4:
        iam.delete_policy_version(PolicyArn=call.id, VersionId=others[0]["VersionId"])
    iam.create_policy_version(
        PolicyArn=call.id, PolicyDocument=call.inputs["policy"], SetAsDefault=True
    )


def _delete_policy(call: Call) -> None:
    for version in _versions(call):
        call.client("iam").delete_policy_version(PolicyArn=call.id, VersionId=version["VersionId"])
    call.client("iam").delete_policy(PolicyArn=call.id)


def _tag_policy(call: Call, tags: dict[str, str]) -> None:
    call.client("iam").tag_policy(PolicyArn=call.id, Tags=pairs(tags))


def _untag_policy(call: Call, keys: list[str]) -> None:
    call.client("iam").untag_policy(PolicyArn=call.id, TagKeys=keys)


POLICY = Resource(
    token="aws:iam/policy:Policy",
    service="iam",
    noun="IAM Policy",
    naming=Naming("name", most=128),
    replaces={"description", "name", "namePrefix", "path"},
    updates={"policy"},
    defaults={"path": "/"},
    documents={"policy"},
    tagging=Tagging(_tag_policy, _untag_policy),
    timeouts=Timeouts(delete=_PROPAGATION),
    retried={"DeleteConflict"},
    create=_create_policy,
    read=_read_policy,
    update=_update_policy,
    delete=_delete_policy,
    repeated="EntityAlreadyExists",
)


def _attach(call: Call) -> str:
    role, arn = call.inputs["role"], call.inputs["policyArn"]
    call.client("iam").attach_role_policy(RoleName=role, PolicyArn=arn)
    return f"{role}/{arn}"


def _role_and_policy(call: Call) -> dict[str, str]:
    role, _, arn = call.id.partition("/")
    return {"RoleName": role, "PolicyArn": arn}


def _read_attachment(call: Call) -> State | None:
    names = _role_and_policy(call)
    pages = call.client("iam").get_paginator("list_attached_role_policies")
    for page in pages.paginate(RoleName=names["RoleName"]):
        if any(one["PolicyArn"] == names["PolicyArn"] for one in page["AttachedPolicies"]):
            return {"role": names["RoleName"], "policyArn": names["PolicyArn"]}
    return None


def _detach(call: Call) -> None:
    call.client("iam").detach_role_policy(**_role_and_policy(call))


ROLE_POLICY_ATTACHMENT = Resource(
    token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    noun="IAM Role Policy Attachment",
    replaces={"policyArn", "role"},
    delete_before_replace=True,
    create=_attach,
    read=_read_attachment,
    delete=_detach,
    repeated=SAME,
)

RESOURCES = [ROLE_POLICY, POLICY, ROLE_POLICY_ATTACHMENT]
