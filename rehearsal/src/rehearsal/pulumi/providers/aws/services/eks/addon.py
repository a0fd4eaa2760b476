"""EKS add-ons."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status, Timeouts
from rehearsal.pulumi.providers.aws.services.eks.updates import TAGGING, finished, health, time_of
from rehearsal.pulumi.providers.aws.tags import without_aws_tags

_SETTINGS = {
    "addonVersion": "addonVersion",
    "configurationValues": "configurationValues",
    "podIdentityAssociations": "podIdentityAssociations",
    "serviceAccountRoleArn": "serviceAccountRoleArn",
}


def _create(call: Call) -> str:
    if call.inputs.get("configurationValues"):
        call.warn(
            "EKS compares configurationValues with the add-on's schema, which is not known here: "
            "`aws eks describe-addon-configuration` shows it"
        )
    answer = call.client("eks").create_addon(
        clusterName=call.inputs["clusterName"],
        addonName=call.inputs["addonName"],
        clientRequestToken=call.token,
        **call.request(
            _SETTINGS | {"resolveConflicts": "resolveConflictsOnCreate", "tags": "tags"}
        ),
    )["addon"]
    return f"{answer['clusterName']}:{answer['addonName']}"


def _of(call: Call) -> dict[str, str]:
    cluster, _, name = call.id.partition(":")
    return {"clusterName": cluster, "addonName": name}


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("eks").describe_addon(**_of(call))["addon"])


def _read(call: Call) -> State | None:
    addon = _describe(call)
    return without_none(
        arn=addon["addonArn"],
        clusterName=addon["clusterName"],
        addonName=addon["addonName"],
        addonVersion=addon["addonVersion"],
        configurationValues=addon.get("configurationValues"),
        createdAt=time_of(addon.get("createdAt")),
        modifiedAt=time_of(addon.get("modifiedAt")),
        podIdentityAssociations=_pod_identities(call, addon),
        serviceAccountRoleArn=addon.get("serviceAccountRoleArn"),
        tags=without_aws_tags(addon.get("tags")),
    )


def _pod_identities(call: Call, addon: dict[str, Any]) -> list[dict[str, str]]:
    """Return the roles of the add-on's service accounts; EKS only lists the associations' ARNs."""
    found = []
    for arn in addon.get("podIdentityAssociations") or []:
        association = call.client("eks").describe_pod_identity_association(
            clusterName=addon["clusterName"], associationId=arn.rsplit("/", maxsplit=1)[-1]
        )["association"]
        found.append({key: association[key] for key in ("roleArn", "serviceAccount")})
    return found


def _update(call: Call) -> None:
    if not call.changed & set(_SETTINGS.values()):
        return
    of = _of(call)
    request = call.request(_SETTINGS | {"resolveConflicts": "resolveConflictsOnUpdate"})
    if "podIdentityAssociations" in call.changed:
        request.setdefault("podIdentityAssociations", [])
    if "configurationValues" in call.changed:
        request.setdefault("configurationValues", "")
    answer = call.client("eks").update_addon(**of, clientRequestToken=call.token, **request)
    finished(call, answer, name=of["clusterName"], addonName=of["addonName"])


def _delete(call: Call) -> None:
    """Delete the add-on; with `preserve` its software stays in the cluster, unmanaged."""
    call.client("eks").delete_addon(
        **_of(call), **without_none(preserve=call.inputs.get("preserve") or None)
    )


ADDON = Resource(
    token="aws:eks/addon:Addon",
    service="EKS",
    noun="EKS Add-On",
    replaces={"addonName", "clusterName"},
    updates={
        *_SETTINGS.values(),
        "preserve",
        "resolveConflictsOnCreate",
        "resolveConflictsOnUpdate",
    },
    computed={"addonVersion", "configurationValues"},
    changing={"modifiedAt"},
    documents={"configurationValues"},
    tagging=TAGGING,
    # An add-on without nodes to run on is degraded, until nodes come.
    status=Status(
        lambda call: str(_describe(call)["status"]),
        ready={"ACTIVE"},
        pending={"CREATING", "DEGRADED", "UPDATING"},
        reason=lambda call: health(_describe(call)),
    ),
    propagation={"CREATE_FAILED", "does not exist"},
    timeouts=Timeouts(create=20 * 60, update=20 * 60, delete=40 * 60),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    repeated="ResourceInUseException",
)
