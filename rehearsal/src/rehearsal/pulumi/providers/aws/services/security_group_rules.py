"""SecurityGroupRule: a resource that opens one range of ports to any number of sources."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from rehearsal.pulumi.providers.aws import permissions
from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Inputs, Resource, State, Timeouts
from rehearsal.pulumi.providers.aws.permissions import Permission, protocol
from rehearsal.pulumi.providers.server import Failure, ProviderError

_SOURCES = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self", "sourceSecurityGroupId")
_RULE = (*_SOURCES, "fromPort", "protocol", "securityGroupId", "toPort", "type")


def _wanted(call: Call) -> tuple[str, str, set[Permission]]:
    """Return the group, the direction and the permissions of the rule."""
    rule = {name: call.value(name) for name in (*_RULE, "description")}
    group = str(rule["securityGroupId"])
    return group, str(rule["type"]), permissions.of_inputs([rule], group)


def _create_rule(call: Call) -> str:
    group, direction, wanted = _wanted(call)
    permissions.authorize(call, group, direction, wanted)
    return _rule_id(group, direction, wanted)


def _rule_id(group: str, direction: str, wanted: set[Permission]) -> str:
    """Return an id made of what the rule opens; as in terraform-provider-aws it is no id of AWS."""
    text = repr((group, direction, sorted(one.without_description() for one in wanted)))
    return f"sgrule-{int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)}"


def _read_rule(call: Call) -> State | None:
    group, direction, wanted = _wanted(call)
    present = {
        one.without_description(): one.description
        for one in permissions.of(permissions.group(call, group), direction)
    }
    keys = {one.without_description() for one in wanted}
    if not keys <= present.keys():
        return None
    descriptions = {present[key] for key in keys}
    state = {name: call.value(name) for name in _RULE if call.value(name) is not None}
    return state | without_none(
        protocol=protocol(state["protocol"]),
        self=bool(state.get("self")),
        description=next(iter(descriptions)) or None,
        securityGroupRuleId=_only_rule_id(call, group, direction, keys),
    )


def _only_rule_id(call: Call, group: str, direction: str, keys: set[Permission]) -> str:
    """Return AWS's id of the rule if the resource is a single rule of AWS's, else ""."""
    if len(keys) != 1:
        return ""
    (key,) = keys
    for rule in _rules_of(call, group):
        if rule["IsEgress"] == (direction == "egress") and _as_permission(rule) == key:
            return str(rule["SecurityGroupRuleId"])
    return ""


def _rules_of(call: Call, group: str) -> list[dict[str, Any]]:
    chosen = [{"Name": "group-id", "Values": [group]}]
    answer = call.client("ec2").describe_security_group_rules(Filters=chosen)
    return list(answer["SecurityGroupRules"])


def _as_permission(rule: dict[str, Any]) -> Permission:
    peers = {
        "cidrBlocks": rule.get("CidrIpv4"),
        "ipv6CidrBlocks": rule.get("CidrIpv6"),
        "prefixListIds": rule.get("PrefixListId"),
        "securityGroups": (rule.get("ReferencedGroupInfo") or {}).get("GroupId"),
    }
    kind, peer = next((kind, peer) for kind, peer in peers.items() if peer)
    every = rule["IpProtocol"] == "-1"
    start, end = (0, 0) if every else (rule.get("FromPort", 0), rule.get("ToPort", 0))
    return Permission(rule["IpProtocol"], start, end, kind, peer)


def _describe_rule(call: Call) -> None:
    group, direction, wanted = _wanted(call)
    update = getattr(call.client("ec2"), f"update_security_group_rule_descriptions_{direction}")
    update(GroupId=group, IpPermissions=[one.request() for one in sorted(wanted)])


def _delete_rule(call: Call) -> None:
    group, direction, wanted = _wanted(call)
    permissions.revoke(call, group, direction, wanted)


def _import_rule(call: Call) -> str:
    """Read an id of the form SECURITYGROUPID_TYPE_PROTOCOL_FROMPORT_TOPORT_SOURCE[_SOURCE]*."""
    parts = call.id.split("_")
    if len(parts) < 6:
        raise ProviderError(
            f'unexpected format for ID ("{call.id}"), expected '
            "SECURITYGROUPID_TYPE_PROTOCOL_FROMPORT_TOPORT_SOURCE[_SOURCE]*"
        )
    group, direction, name, start, end, *sources = parts
    call.outputs = {
        "securityGroupId": group,
        "type": direction,
        "protocol": protocol(name),
        "fromPort": int(start),
        "toPort": int(end),
        **_sources(sources),
    }
    return _rule_id(*_wanted(call))


def _sources(sources: Iterable[str]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for source in sources:
        if source == "self":
            named["self"] = True
        elif source.startswith("sg-"):
            named["sourceSecurityGroupId"] = source
        else:
            kind = "prefixListIds" if source.startswith("pl-") else "cidrBlocks"
            named.setdefault("ipv6CidrBlocks" if ":" in source else kind, []).append(source)
    return named


def _validate_rule(inputs: Inputs) -> list[Failure]:
    failures = []
    if not any(inputs.get(name) for name in _SOURCES):
        failures.append(Failure(_SOURCES[0], f"one of {', '.join(_SOURCES)} must be specified"))
    if inputs.get("sourceSecurityGroupId") and (inputs.get("cidrBlocks") or inputs.get("self")):
        failures.append(
            Failure("sourceSecurityGroupId", "conflicts with cidrBlocks, ipv6CidrBlocks and self")
        )
    if inputs.get("type") not in {"ingress", "egress"} and isinstance(inputs.get("type"), str):
        failures.append(Failure("type", f"must be ingress or egress, got: {inputs['type']}"))
    return failures


SECURITY_GROUP_RULE = Resource(
    token="aws:ec2/securityGroupRule:SecurityGroupRule",
    service="ec2",
    noun="EC2 Security Group Rule",
    replaces=set(_RULE),
    updates={"description"},
    defaults={"self": False},
    computed={"sourceSecurityGroupId"},
    ordered={"cidrBlocks", "ipv6CidrBlocks", "prefixListIds"},
    validate=_validate_rule,
    timeouts=Timeouts(create=300),
    create=_create_rule,
    read=_read_rule,
    update=_describe_rule,
    delete=_delete_rule,
    import_id=_import_rule,
)

RESOURCES = [SECURITY_GROUP_RULE]
