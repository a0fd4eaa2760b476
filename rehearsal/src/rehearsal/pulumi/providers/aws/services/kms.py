"""KMS keys, aliases and grants."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import Naming, Resource, State, Status, Tagging
from rehearsal.pulumi.providers.aws.tags import plain

_KEY_REQUEST = {
    "BypassPolicyLockoutSafetyCheck": "bypassPolicyLockoutSafetyCheck",
    "Description": "description",
    "KeySpec": "customerMasterKeySpec",
    "KeyUsage": "keyUsage",
    "MultiRegion": "multiRegion",
    "Policy": "policy",
}


def _create_key(call: Call) -> str:
    request = call.request(_KEY_REQUEST)
    answer = call.client("kms").create_key(**request, Tags=_pairs(call.inputs.get("tags") or {}))
    return str(answer["KeyMetadata"]["KeyId"])


def _configure_key(call: Call) -> None:
    _set_rotation(call)
    if not call.inputs["isEnabled"]:
        call.client("kms").disable_key(KeyId=call.id)


def _set_rotation(call: Call) -> None:
    kms = call.client("kms")
    if call.inputs["enableKeyRotation"]:
        kms.enable_key_rotation(
            KeyId=call.id, **call.request({"RotationPeriodInDays": "rotationPeriodInDays"})
        )
    elif call.olds.get("enableKeyRotation"):
        kms.disable_key_rotation(KeyId=call.id)


def _read_key(call: Call) -> State | None:
    kms = call.client("kms")
    key = kms.describe_key(KeyId=call.id)["KeyMetadata"]
    if key["KeyState"] in {"PendingDeletion", "PendingReplicaDeletion"}:
        return None
    rotation = kms.get_key_rotation_status(KeyId=call.id)
    return {
        "arn": key["Arn"],
        "keyId": key["KeyId"],
        "description": key.get("Description", ""),
        "customerMasterKeySpec": key.get("KeySpec", key.get("CustomerMasterKeySpec")),
        "keyUsage": key["KeyUsage"],
        "multiRegion": key.get("MultiRegion", False),
        "isEnabled": key["Enabled"],
        "enableKeyRotation": rotation["KeyRotationEnabled"],
        "rotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        "policy": kms.get_key_policy(KeyId=call.id, PolicyName="default")["Policy"],
        "tags": plain(kms.list_resource_tags(KeyId=call.id)["Tags"], "Tag"),
    }


def _update_key(call: Call) -> None:
    kms = call.client("kms")
    if call.inputs["isEnabled"] and "isEnabled" in call.changed:
        kms.enable_key(KeyId=call.id)  # first: nothing else may be changed on a disabled key
    if "description" in call.changed:
        kms.update_key_description(KeyId=call.id, Description=call.inputs.get("description", ""))
    if "policy" in call.changed:
        kms.put_key_policy(
            KeyId=call.id,
            PolicyName="default",
            **call.request(
                {
                    "Policy": "policy",
                    "BypassPolicyLockoutSafetyCheck": "bypassPolicyLockoutSafetyCheck",
                }
            ),
        )
    if call.changed & {"enableKeyRotation", "rotationPeriodInDays"}:
        _set_rotation(call)
    if not call.inputs["isEnabled"] and "isEnabled" in call.changed:
        kms.disable_key(KeyId=call.id)


def _delete_key(call: Call) -> None:
    request = call.request({"PendingWindowInDays": "deletionWindowInDays"})
    call.client("kms").schedule_key_deletion(KeyId=call.id, **request)


def _key_state(call: Call) -> str:
    return str(call.client("kms").describe_key(KeyId=call.id)["KeyMetadata"]["KeyState"])


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _write_tags(call: Call, tags: dict[str, str]) -> None:
    call.client("kms").tag_resource(KeyId=call.id, Tags=_pairs(tags))


def _remove_tags(call: Call, keys: list[str]) -> None:
    call.client("kms").untag_resource(KeyId=call.id, TagKeys=keys)


KEY = Resource(
    token="aws:kms/key:Key",
    service="kms",
    noun="KMS Key",
    replaces={"customerMasterKeySpec", "keyUsage", "multiRegion"},
    updates={
        "bypassPolicyLockoutSafetyCheck",
        "deletionWindowInDays",
        "description",
        "enableKeyRotation",
        "isEnabled",
        "policy",
        "rotationPeriodInDays",
    },
    computed={"description", "multiRegion", "policy", "rotationPeriodInDays"},
    defaults={
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    },
    documents={"policy"},
    tagging=Tagging(_write_tags, _remove_tags),
    status=Status(_key_state, ready={"Enabled", "Disabled"}, pending={"Creating", "Updating"}),
    create=_create_key,
    configure=_configure_key,
    read=_read_key,
    update=_update_key,
    delete=_delete_key,
)


def _create_alias(call: Call) -> str:
    name = str(call.inputs["name"])
    call.client("kms").create_alias(AliasName=name, TargetKeyId=call.inputs["targetKeyId"])
    return name


def _read_alias(call: Call) -> State | None:
    alias = _find_alias(call)
    if alias is None or "TargetKeyId" not in alias:
        return None
    key = alias["TargetKeyId"]
    return {
        "arn": alias["AliasArn"],
        "name": alias["AliasName"],
        "targetKeyArn": call.arn("kms", f"key/{key}"),
        "targetKeyId": key,
    }


def _find_alias(call: Call) -> dict[str, Any] | None:
    for page in call.client("kms").get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if alias["AliasName"] == call.id:
                return dict(alias)
    return None


def _update_alias(call: Call) -> None:
    call.client("kms").update_alias(AliasName=call.id, TargetKeyId=call.inputs["targetKeyId"])


def _delete_alias(call: Call) -> None:
    call.client("kms").delete_alias(AliasName=call.id)


ALIAS = Resource(
    token="aws:kms/alias:Alias",
    service="kms",
    noun="KMS Alias",
    naming=Naming("name", most=238, pattern="alias/{}"),
    replaces={"name", "namePrefix"},
    updates={"targetKeyId"},
    changing={"targetKeyArn"},
    create=_create_alias,
    read=_read_alias,
    update=_update_alias,
    delete=_delete_alias,
    repeated="AlreadyExistsException",
)

_GRANT_REQUEST = {
    "Constraints": "constraints",
    "GranteePrincipal": "granteePrincipal",
    "Name": "name",
    "Operations": "operations",
    "RetiringPrincipal": "retiringPrincipal",
}


def _create_grant(call: Call) -> str:
    request = call.request(_GRANT_REQUEST)
    answer = call.client("kms").create_grant(KeyId=call.inputs["keyId"], **request)
    return f"{call.inputs['keyId']}:{answer['GrantId']}"


def _read_grant(call: Call) -> State | None:
    key, _, grant_id = call.id.rpartition(":")
    for page in call.client("kms").get_paginator("list_grants").paginate(KeyId=key):
        for grant in page["Grants"]:
            if grant["GrantId"] == grant_id:
                return {
                    "grantId": grant_id,
                    "granteePrincipal": grant["GranteePrincipal"],
                    "keyId": key,
                    "operations": grant["Operations"],
                    **({"name": grant["Name"]} if grant.get("Name") else {}),
                }
    return None


def _delete_grant(call: Call) -> None:
    key, _, grant_id = call.id.rpartition(":")
    call.client("kms").revoke_grant(KeyId=key, GrantId=grant_id)


GRANT = Resource(
    token="aws:kms/grant:Grant",
    service="kms",
    noun="KMS Grant",
    replaces={
        *("constraints", "granteePrincipal", "keyId", "name", "operations"),
        *("retireOnDelete", "retiringPrincipal"),
    },
    create=_create_grant,
    read=_read_grant,
    delete=_delete_grant,
)

RESOURCES = [KEY, ALIAS, GRANT]
