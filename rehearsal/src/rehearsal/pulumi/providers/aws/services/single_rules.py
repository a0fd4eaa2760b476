"""SecurityGroupIngressRule and SecurityGroupEgressRule, each a single rule of AWS's with its id."""

from __future__ import annotations

from functools import partial
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties, without_none
from rehearsal.pulumi.providers.aws.declaration import Inputs, Resource, State
from rehearsal.pulumi.providers.aws.permissions import protocol
from rehearsal.pulumi.providers.aws.tags import EC2, plain, specification
from rehearsal.pulumi.providers.server import Failure

# Peers of a rule: the input, with its list and key in a permission.
_PEERS = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}
_ANSWER_WITHOUT_PORTS = {
    "SecurityGroupRuleId": "securityGroupRuleId",
    "GroupId": "securityGroupId",
    "IpProtocol": "ipProtocol",
    "CidrIpv4": "cidrIpv4",
    "CidrIpv6": "cidrIpv6",
    "PrefixListId": "prefixListId",
    "Description": "description",
}
_ANSWER = _ANSWER_WITHOUT_PORTS | {"FromPort": "fromPort", "ToPort": "toPort"}


def _permission(call: Call) -> dict[str, Any]:
    """Return the rule as AuthorizeSecurityGroupIngress and -Egress accept it."""
    inputs = call.inputs
    note = without_none(Description=inputs.get("description"))
    peers = {
        group: [{key: inputs[name]} | note]
        for name, (group, key) in _PEERS.items()
        if inputs.get(name)
    }
    return without_none(
        IpProtocol=protocol(inputs["ipProtocol"]),
        FromPort=inputs.get("fromPort"),
        ToPort=inputs.get("toPort"),
        **peers,
    )


def _create(direction: str, call: Call) -> str:
    authorize = getattr(call.client("ec2"), f"authorize_security_group_{direction}")
    answer = authorize(
        GroupId=call.inputs["securityGroupId"],
        IpPermissions=[_permission(call)],
        **specification(call, "security-group-rule"),
    )
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _read(call: Call) -> State | None:
    answer = call.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[call.id])
    if not answer["SecurityGroupRules"]:
        return None
    (rule,) = answer["SecurityGroupRules"]
    every = rule["IpProtocol"] == "-1"
    return {
        **properties(rule, _ANSWER if not every else _ANSWER_WITHOUT_PORTS),
        **without_none(
            referencedSecurityGroupId=(rule.get("ReferencedGroupInfo") or {}).get("GroupId")
        ),
        "arn": call.arn("ec2", f"security-group-rule/{call.id}"),
        "tags": plain(rule.get("Tags")),
    }


def _update(call: Call) -> None:
    inputs = call.inputs
    rule = without_none(
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


def _delete(direction: str, call: Call) -> None:
    revoke = getattr(call.client("ec2"), f"revoke_security_group_{direction}")
    revoke(GroupId=call.value("securityGroupId"), SecurityGroupRuleIds=[call.id])


def _other_kind_of_peer(olds: Inputs, news: Inputs) -> list[str]:
    """Return the kinds of peer that come or go, which makes another rule.

    AWS changes a rule's peer in place, but not from an address to a group.
    """
    before = {name for name in _PEERS if olds.get(name)}
    after = {name for name in _PEERS if news.get(name)}
    return sorted(before ^ after)


def _validate(inputs: Inputs) -> list[Failure]:
    failures = []
    if sum(bool(inputs.get(name)) for name in _PEERS) != 1:
        failures.append(
            Failure("cidrIpv4", f"exactly one of {', '.join(_PEERS)} must be specified")
        )
    every = protocol(inputs.get("ipProtocol")) == "-1"
    if every and any(inputs.get(name) is not None for name in ("fromPort", "toPort")):
        failures.append(Failure("fromPort", 'no ports can be given when ipProtocol is "-1"'))
    return failures


def _rule(direction: str, token: str, noun: str) -> Resource:
    return Resource(
        token=token,
        service="ec2",
        noun=noun,
        replaces={"securityGroupId"},
        updates={*_PEERS, "description", "fromPort", "ipProtocol", "toPort"},
        replaced=_other_kind_of_peer,
        validate=_validate,
        tagging=EC2,
        create=partial(_create, direction),
        read=_read,
        update=_update,
        delete=partial(_delete, direction),
    )


INGRESS_RULE = _rule(
    "ingress",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "VPC Security Group Ingress Rule",
)
EGRESS_RULE = _rule(
    "egress",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "VPC Security Group Egress Rule",
)

RESOURCES = [INGRESS_RULE, EGRESS_RULE]
