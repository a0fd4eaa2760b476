"""EKS Pod Identity associations, each of which gives a role to one service account."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State
from rehearsal.pulumi.providers.aws.tags import by_arn, without_aws_tags
from rehearsal.pulumi.providers.server import ProviderError

_ROLES = {
    "disableSessionTags": "disableSessionTags",
    "policy": "policy",
    "roleArn": "roleArn",
    "targetRoleArn": "targetRoleArn",
}


def _create(call: Call) -> str:
    inputs = call.inputs
    answer = call.client("eks").create_pod_identity_association(
        clusterName=inputs["clusterName"],
        namespace=inputs["namespace"],
        serviceAccount=inputs["serviceAccount"],
        clientRequestToken=call.token,
        **call.request(_ROLES | {"tags": "tags"}),
    )
    return str(answer["association"]["associationId"])


def _of(call: Call) -> dict[str, Any]:
    cluster = call.outputs.get("clusterName") or call.inputs["clusterName"]
    return {"clusterName": cluster, "associationId": call.id}


def _read(call: Call) -> State | None:
    found = call.client("eks").describe_pod_identity_association(**_of(call))["association"]
    return without_none(
        associationArn=found["associationArn"],
        associationId=found["associationId"],
        clusterName=found["clusterName"],
        namespace=found["namespace"],
        serviceAccount=found["serviceAccount"],
        roleArn=found["roleArn"],
        disableSessionTags=found.get("disableSessionTags"),
        externalId=found.get("externalId"),
        policy=found.get("policy"),
        targetRoleArn=found.get("targetRoleArn"),
        tags=without_aws_tags(found.get("tags")),
    )


def _update(call: Call) -> None:
    call.client("eks").update_pod_identity_association(
        **_of(call), clientRequestToken=call.token, **call.request(_ROLES)
    )


def _delete(call: Call) -> None:
    call.client("eks").delete_pod_identity_association(**_of(call))


def _import_id(call: Call) -> str:
    cluster, comma, association = call.id.partition(",")
    if not comma:
        raise ProviderError(
            f"importing EKS Pod Identity Association ({call.id}): expected "
            "CLUSTER_NAME,ASSOCIATION_ID"
        )
    call.outputs = {"clusterName": cluster}
    return association


POD_IDENTITY_ASSOCIATION = Resource(
    token="aws:eks/podIdentityAssociation:PodIdentityAssociation",
    service="EKS",
    noun="EKS Pod Identity Association",
    replaces={"clusterName", "namespace", "serviceAccount"},
    updates=set(_ROLES.values()),
    computed={"disableSessionTags"},
    changing={"externalId"},
    documents={"policy"},
    tagging=by_arn("eks", "resourceArn", as_pairs=False, keys="tagKeys", arn="associationArn"),
    propagation={"Role provided in the request does not exist"},
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    import_id=_import_id,
    repeated="ResourceInUseException",
)
