"""Rules of security groups that are resources of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial
from typing import Any

from rehearsal.providers.aws import permissions
from rehearsal.providers.aws.call import Call, given, properties
from rehearsal.providers.aws.declaration import Inputs, Resource, State, Timeouts
from rehearsal.providers.aws.permissions import Permission, protocol
from rehearsal.providers.aws.tags import EC2, plain, specification
from rehearsal.providers.edge import Failure, ProviderError

_SOURCES = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self", "sourceSecurityGroupId")
_RULE = (*_SOURCES, "fromPort", "protocol", "securityGroupId", "toPort", "type")


def _wanted(call: Call) -> tuple[str, str, set[Permission]]:
    """The group, the direction, and what the rule opens."""
    rule = {name: call.known(name) for name in (*_RULE, "description")}
    group = str(rule["securityGroupId"])
    return group, str(rule["type"]), permissions.given([rule], group)


def _create_rule(call: Call) -> str:
    group, direction, wanted = _wanted(call)
    permissions.authorize(call, group, direction, wanted)
    return _rule_id(group, direction, wanted)


def _rule_id(group: str, direction: str, wanted: set[Permission]) -> str:
    """An id from what the rule opens; like terraform-provider-aws's, it stands for no AWS id."""
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
    state = {name: call.known(name) for name in _RULE if call.known(name) is not None}
    return state | given(
        protocol=protocol(state["protocol"]),
        self=bool(state.get("self")),
        description=next(iter(descriptions)) or None,
        securityGroupRuleId=_only_rule_id(call, group, direction, keys),
    )


def _only_rule_id(call: Call, group: str, direction: str, keys: set[Permission]) -> str:
    """AWS's id of the rule, if what the resource opens is one rule of AWS's."""
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
    """Of SECURITYGROUPID_TYPE_PROTOCOL_FROMPORT_TOPORT_SOURCE[_SOURCE]*."""
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

_PEERS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def _peer_request(call: Call) -> dict[str, Any]:
    """One permission as AuthorizeSecurityGroup takes it."""
    inputs = call.inputs
    note = given(Description=inputs.get("description"))
    peers = {
        "IpRanges": [{"CidrIp": inputs["cidrIpv4"]} | note] if inputs.get("cidrIpv4") else None,
        "Ipv6Ranges": [{"CidrIpv6": inputs["cidrIpv6"]} | note] if inputs.get("cidrIpv6") else None,
        "PrefixListIds": [{"PrefixListId": inputs["prefixListId"]} | note]
        if inputs.get("prefixListId")
        else None,
        "UserIdGroupPairs": [{"GroupId": inputs["referencedSecurityGroupId"]} | note]
        if inputs.get("referencedSecurityGroupId")
        else None,
    }
    return given(
        IpProtocol=protocol(inputs["ipProtocol"]),
        FromPort=inputs.get("fromPort"),
        ToPort=inputs.get("toPort"),
        **peers,
    )


def _create_single(direction: str, call: Call) -> str:
    authorize = getattr(call.client("ec2"), f"authorize_security_group_{direction}")
    answer = authorize(
        GroupId=call.inputs["securityGroupId"],
        IpPermissions=[_peer_request(call)],
        **specification(call, "security-group-rule"),
    )
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _read_single(call: Call) -> State | None:
    answer = call.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[call.id])
    if not answer["SecurityGroupRules"]:
        return None
    (rule,) = answer["SecurityGroupRules"]
    every = rule["IpProtocol"] == "-1"
    return {
        **properties(rule, _SINGLE_ANSWER if not every else _SINGLE_ANSWER_WITHOUT_PORTS),
        **given(referencedSecurityGroupId=(rule.get("ReferencedGroupInfo") or {}).get("GroupId")),
        "arn": call.arn("ec2", f"security-group-rule/{call.id}"),
        "tags": plain(rule.get("Tags")),
    }


_SINGLE_ANSWER_WITHOUT_PORTS = {
    "SecurityGroupRuleId": "securityGroupRuleId",
    "GroupId": "securityGroupId",
    "IpProtocol": "ipProtocol",
    "CidrIpv4": "cidrIpv4",
    "CidrIpv6": "cidrIpv6",
    "PrefixListId": "prefixListId",
    "Description": "description",
}
_SINGLE_ANSWER = _SINGLE_ANSWER_WITHOUT_PORTS | {"FromPort": "fromPort", "ToPort": "toPort"}


def _update_single(call: Call) -> None:
    inputs = call.inputs
    rule = given(
        IpProtocol=protocol(inputs["ipProtocol"]),
        FromPort=inputs.get("fromPort"),
        ToPort=inputs.get("toPort"),
        CidrIpv4=inputs.get("cidrIpv4"),
        CidrIpv6=inputs.get("cidrIpv6"),
        PrefixListId=inputs.get("prefixListId"),
        ReferencedGroupId=inputs.get("referencedSecurityGroupId"),
        Description=inputs.get("description"),
    )
    call.client("ec2").modify_security_group_rules(
        GroupId=inputs["securityGroupId"],
        SecurityGroupRules=[{"SecurityGroupRuleId": call.id, "SecurityGroupRule": rule}],
    )


def _delete_single(direction: str, call: Call) -> None:
    revoke = getattr(call.client("ec2"), f"revoke_security_group_{direction}")
    revoke(GroupId=call.known("securityGroupId"), SecurityGroupRuleIds=[call.id])


def _other_kind_of_peer(olds: Inputs, news: Inputs) -> list[str]:
    """AWS changes a rule's peer in place, but not from an address to a group."""
    before = {name for name in _PEERS if olds.get(name)}
    after = {name for name in _PEERS if news.get(name)}
    return sorted(before ^ after)


def _validate_single(inputs: Inputs) -> list[Failure]:
    failures = []
    if sum(bool(inputs.get(name)) for name in _PEERS) != 1:
        failures.append(Failure(_PEERS[0], f"exactly one of {', '.join(_PEERS)} must be specified"))
    every = protocol(inputs.get("ipProtocol")) == "-1"
    if every and any(inputs.get(name) is not None for name in ("fromPort", "toPort")):
        failures.append(Failure("fromPort", 'no ports can be given when ipProtocol is "-1"'))
    return failures


def _single(direction: str, token: str, noun: str) -> Resource:
    return Resource(
        token=token,
        service="ec2",
        noun=noun,
        replaces={"securityGroupId"},
        updates={*_PEERS, "description", "fromPort", "ipProtocol", "toPort"},
        replaced=_other_kind_of_peer,
        validate=_validate_single,
        tagging=EC2,
        create=partial(_create_single, direction),
        read=_read_single,
        update=_update_single,
        delete=partial(_delete_single, direction),
    )


INGRESS_RULE = _single(
    "ingress",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "VPC Security Group Ingress Rule",
)
EGRESS_RULE = _single(
    "egress",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "VPC Security Group Egress Rule",
)

RESOURCES = [SECURITY_GROUP_RULE, INGRESS_RULE, EGRESS_RULE]
