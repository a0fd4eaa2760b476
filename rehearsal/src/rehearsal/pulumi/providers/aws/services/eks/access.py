"""EKS access entries and their associated policies, which control access to a cluster."""

from __future__ import annotations

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import SAME, Resource, State, Timeouts
from rehearsal.pulumi.providers.aws.services.eks.updates import time_of
from rehearsal.pulumi.providers.aws.tags import by_arn, without_aws_tags


def _create_entry(call: Call) -> str:
    entry = call.client("eks").create_access_entry(
        clusterName=call.inputs["clusterName"],
        principalArn=call.inputs["principalArn"],
        clientRequestToken=call.token,
        **call.request(
            {
                "kubernetesGroups": "kubernetesGroups",
                "tags": "tags",
                "type": "type",
                "username": "userName",
            }
        ),
    )["accessEntry"]
    return f"{entry['clusterName']}:{entry['principalArn']}"


def _entry(call: Call) -> dict[str, str]:
    cluster, _, principal = call.id.partition(":")
    return {"clusterName": cluster, "principalArn": principal}


def _read_entry(call: Call) -> State | None:
    entry = call.client("eks").describe_access_entry(**_entry(call))["accessEntry"]
    return without_none(
        accessEntryArn=entry["accessEntryArn"],
        clusterName=entry["clusterName"],
        principalArn=entry["principalArn"],
        kubernetesGroups=entry.get("kubernetesGroups") or [],
        type=entry.get("type"),
        userName=entry.get("username"),
        createdAt=time_of(entry.get("createdAt")),
        modifiedAt=time_of(entry.get("modifiedAt")),
        tags=without_aws_tags(entry.get("tags")),
    )


def _update_entry(call: Call) -> None:
    call.client("eks").update_access_entry(
        **_entry(call),
        kubernetesGroups=call.inputs.get("kubernetesGroups") or [],
        clientRequestToken=call.token,
        **call.request({"username": "userName"}),
    )


def _delete_entry(call: Call) -> None:
    call.client("eks").delete_access_entry(**_entry(call))


ENTRY = Resource(
    token="aws:eks/accessEntry:AccessEntry",
    service="EKS",
    noun="EKS Access Entry",
    replaces={"clusterName", "principalArn", "type"},
    updates={"kubernetesGroups", "userName"},
    computed={"kubernetesGroups", "userName"},
    changing={"modifiedAt"},
    defaults={"type": "STANDARD"},
    tagging=by_arn("eks", "resourceArn", as_pairs=False, keys="tagKeys", arn="accessEntryArn"),
    propagation={"The specified principalArn is invalid: invalid principal"},
    timeouts=Timeouts(create=20 * 60, delete=40 * 60),
    create=_create_entry,
    read=_read_entry,
    update=_update_entry,
    delete=_delete_entry,
    repeated="ResourceInUseException",
)


def _associate(call: Call) -> str:
    inputs = call.inputs
    call.client("eks").associate_access_policy(
        clusterName=inputs["clusterName"],
        principalArn=inputs["principalArn"],
        policyArn=inputs["policyArn"],
        accessScope=inputs["accessScope"],
    )
    return f"{inputs['clusterName']}#{inputs['principalArn']}#{inputs['policyArn']}"


def _association(call: Call) -> dict[str, str]:
    cluster, principal, policy = call.id.split("#")
    return {"clusterName": cluster, "principalArn": principal, "policyArn": policy}


def _read_association(call: Call) -> State | None:
    of = _association(call)
    wanted = of.pop("policyArn")
    pages = call.client("eks").get_paginator("list_associated_access_policies").paginate(**of)
    for found in (policy for page in pages for policy in page["associatedAccessPolicies"]):
        if found["policyArn"] == wanted:
            return of | without_none(
                policyArn=wanted,
                accessScope=found["accessScope"],
                associatedAt=time_of(found.get("associatedAt")),
                modifiedAt=time_of(found.get("modifiedAt")),
            )
    return None


def _disassociate(call: Call) -> None:
    call.client("eks").disassociate_access_policy(**_association(call))


POLICY_ASSOCIATION = Resource(
    token="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    service="EKS",
    noun="EKS Access Policy Association",
    replaces={"accessScope", "clusterName", "policyArn", "principalArn"},
    create=_associate,
    read=_read_association,
    delete=_disassociate,
    repeated=SAME,
)
