"""Rules of security groups, converted between pulumi-aws's inputs and EC2's IpPermissions.

An inline rule (`ingress`, `egress`) and a SecurityGroupRule both name several sources for one
range of ports; EC2 keeps a rule for each source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rehearsal.pulumi.providers.aws.call import Call

# Protocols that EC2 answers by name and accepts by number.
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_LISTS = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}


class Permission(NamedTuple):
    """Permission of one source or destination for one range of ports."""

    protocol: str
    from_port: int
    to_port: int
    kind: str
    peer: str
    description: str = ""

    def request(self) -> dict[str, Any]:
        """Return the permission as EC2 accepts it; a rule for all protocols has no ports."""
        group, name = _LISTS[self.kind]
        peer = {name: self.peer} | ({"Description": self.description} if self.description else {})
        ports = {"FromPort": self.from_port, "ToPort": self.to_port}
        return {
            "IpProtocol": self.protocol,
            **(ports if self.protocol != "-1" else {}),
            group: [peer],
        }

    def without_description(self) -> Permission:
        """Return the permission without its description; EC2 tells rules apart by the rest."""
        return self._replace(description="")


def protocol(value: object) -> str:
    """Return the protocol as EC2 names it in its answers."""
    text = str(value).lower()
    return _PROTOCOLS.get(text, text)


def of_inputs(rules: Iterable[Mapping[str, Any]], group_id: str) -> set[Permission]:
    """Return the permissions that inputs ask for; `self` stands for the group."""
    return {
        Permission(
            protocol(rule["protocol"]),
            *_ports(rule.get("fromPort"), rule.get("toPort"), protocol(rule["protocol"])),
            kind,
            peer,
            rule.get("description") or "",
        )
        for rule in rules
        for kind, peer in _peers(rule, group_id)
    }


def _peers(rule: Mapping[str, Any], group_id: str) -> Iterable[tuple[str, str]]:
    for kind in _LISTS:
        for peer in rule.get(kind) or ():
            yield kind, str(peer)
    if rule.get("sourceSecurityGroupId"):
        yield "securityGroups", str(rule["sourceSecurityGroupId"])
    if rule.get("self"):
        yield "securityGroups", group_id


def _ports(start: Any, end: Any, name: str) -> tuple[int, int]:
    return (0, 0) if name == "-1" else (int(start or 0), int(end or 0))


def of_response(permissions: Iterable[Mapping[str, Any]]) -> set[Permission]:
    """Return the permissions in EC2's answer."""
    return {
        Permission(
            permission["IpProtocol"],
            *_ports(permission.get("FromPort"), permission.get("ToPort"), permission["IpProtocol"]),
            kind,
            peer[name],
            peer.get("Description") or "",
        )
        for permission in permissions
        for kind, (group, name) in _LISTS.items()
        for peer in permission.get(group) or ()
    }


def rules(permissions: Iterable[Permission], group_id: str) -> list[dict[str, Any]]:
    """Return permissions as pulumi-aws's rules: one rule for equal ports and description."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in sorted(permissions):
        key = (one.protocol, one.from_port, one.to_port, one.description)
        rule = merged.setdefault(
            key,
            {
                "protocol": one.protocol,
                "fromPort": one.from_port,
                "toPort": one.to_port,
                "description": one.description,
                "self": False,
                **{kind: [] for kind in _LISTS},
            },
        )
        if one.kind == "securityGroups" and one.peer == group_id:
            rule["self"] = True
        else:
            rule[one.kind].append(one.peer)
    return list(merged.values())


def group(call: Call, id_: str) -> dict[str, Any]:
    """Return the security group as EC2 describes it."""
    (answer,) = call.client("ec2").describe_security_groups(GroupIds=[id_])["SecurityGroups"]
    return dict(answer)


def of(described: Mapping[str, Any], direction: str) -> set[Permission]:
    """Return the permissions of a described group in a direction, ingress or egress."""
    key = "IpPermissions" if direction == "ingress" else "IpPermissionsEgress"
    return of_response(described[key])


def authorize(call: Call, group_id: str, direction: str, wanted: set[Permission]) -> None:
    """Add the permissions to a security group, in a direction."""
    _change(call, "authorize", group_id, direction, wanted)


def revoke(call: Call, group_id: str, direction: str, unwanted: set[Permission]) -> None:
    """Remove the permissions from a security group, in a direction."""
    _change(call, "revoke", group_id, direction, unwanted)


def _change(
    call: Call, verb: str, group_id: str, direction: str, permissions: set[Permission]
) -> None:
    if permissions:
        change = getattr(call.client("ec2"), f"{verb}_security_group_{direction}")
        change(GroupId=group_id, IpPermissions=[one.request() for one in sorted(permissions)])
