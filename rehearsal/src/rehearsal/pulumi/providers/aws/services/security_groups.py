"""Security groups, with the rules that are declared in them."""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.pulumi.providers.aws import permissions
from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import Naming, Resource, State, Timeouts
from rehearsal.pulumi.providers.aws.tags import EC2, pairs, plain, specification
from rehearsal.pulumi.providers.server import ProviderError

_DIRECTIONS = ("ingress", "egress")
_RULE_FIELDS = (
    "cidrBlocks",
    "description",
    "fromPort",
    "ipv6CidrBlocks",
    "prefixListIds",
    "protocol",
    "securityGroups",
    "self",
    "toPort",
)
_INLINE_RULES = {f"{direction}.{field}" for direction in _DIRECTIONS for field in _RULE_FIELDS}


def _create(call: Call) -> str:
    answer = call.client("ec2").create_security_group(
        GroupName=call.inputs["name"],
        Description=call.inputs["description"],
        **call.request({"VpcId": "vpcId"}),
        **specification(call, "security-group"),
    )
    return str(answer["GroupId"])


def _configure(call: Call) -> None:
    """Set the rules of a new group.

    AWS allows a new group's members to send to anyone; pulumi-aws removes that rule.
    """
    everyone = permissions.of(permissions.group(call, call.id), "egress")
    wanted = permissions.of_inputs(call.inputs.get("egress") or (), call.id)
    permissions.revoke(call, call.id, "egress", everyone - wanted)
    _put_rules(call, _DIRECTIONS)


def _put_rules(call: Call, directions: Iterable[str]) -> None:
    """Set the group's rules to those of the inputs, in the directions that the program gives."""
    described = permissions.group(call, call.id)
    for direction in directions:
        if call.inputs.get(direction) is None and direction not in call.changed:
            continue
        wanted = permissions.of_inputs(call.inputs.get(direction) or (), call.id)
        present = permissions.of(described, direction)
        permissions.revoke(call, call.id, direction, present - wanted)
        permissions.authorize(call, call.id, direction, wanted - present)


def _update(call: Call) -> None:
    _put_rules(call, [one for one in _DIRECTIONS if one in call.changed])


def _read(call: Call) -> State | None:
    group = permissions.group(call, call.id)
    return {
        "arn": call.arn("ec2", f"security-group/{call.id}"),
        "description": group["Description"],
        "name": group["GroupName"],
        "ownerId": group["OwnerId"],
        "vpcId": group.get("VpcId"),
        "tags": plain(group.get("Tags")),
        **{
            direction: permissions.rules(permissions.of(group, direction), call.id)
            for direction in _DIRECTIONS
        },
    }


def _delete(call: Call) -> None:
    if call.inputs.get("revokeRulesOnDelete"):
        _revoke_all(call)
    call.client("ec2").delete_security_group(GroupId=call.id)


def _revoke_all(call: Call) -> None:
    """Revoke all rules of the group, among them those that others added."""
    group = permissions.group(call, call.id)
    for direction in _DIRECTIONS:
        permissions.revoke(call, call.id, direction, permissions.of(group, direction))


SECURITY_GROUP = Resource(
    token="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    noun="EC2 Security Group",
    naming=Naming("name"),
    replaces={"description", "name", "namePrefix", "vpcId"},
    updates={"revokeRulesOnDelete", *_INLINE_RULES},
    computed={"egress", "ingress", "vpcId"},
    defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    tagging=EC2,
    timeouts=Timeouts(create=600, update=600, delete=900),
    retried={"DependencyViolation", "InvalidGroup.InUse"},
    create=_create,
    configure=_configure,
    read=_read,
    update=_update,
    delete=_delete,
)


def _adopt(call: Call) -> str:
    """Return the default group that AWS makes with a VPC, and that nobody can delete."""
    chosen = [{"Name": "group-name", "Values": ["default"]}]
    if vpc := call.inputs.get("vpcId"):
        chosen.append({"Name": "vpc-id", "Values": [vpc]})
    groups = call.client("ec2").describe_security_groups(Filters=chosen)["SecurityGroups"]
    if not groups:
        raise ProviderError(f"reading Default Security Group: the VPC {vpc} was not found")
    return str(groups[0]["GroupId"])


def _configure_default(call: Call) -> None:
    if tags := pairs(call.inputs.get("tags")):
        call.client("ec2").create_tags(Resources=[call.id], Tags=tags)
    _revoke_all(call)
    _put_rules(call, _DIRECTIONS)


DEFAULT_SECURITY_GROUP = Resource(
    token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    service="ec2",
    noun="EC2 Default Security Group",
    replaces={"vpcId"},
    updates={"revokeRulesOnDelete", *_INLINE_RULES},
    computed={"vpcId"},
    defaults={"revokeRulesOnDelete": False},
    tagging=EC2,
    stays=lambda _: True,
    create=_adopt,
    configure=_configure_default,
    read=_read,
    update=_update,
    delete=lambda _: None,
)

RESOURCES = [SECURITY_GROUP, DEFAULT_SECURITY_GROUP]
