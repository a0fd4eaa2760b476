"""Look-up of an EFS file system that exists, and of what this stack added to it.

A mount target has no tags. One of this stack has the stack's own security group, which has a tag
with the stack's name. AWS names the network interface of a mount target by the file system.

Sources: EFS User Guide, "Managing mount targets" (network interfaces); AWS CloudFormation,
AWS::EFS::FileSystem (the policy, which pulumi-aws has no function for).
"""

import json
from collections.abc import Iterable

import pulumi
import pulumi_aws as aws

from components.storage.efs_client_policy import Statement
from components.storage.found_efs import FoundEfs, FoundMountTarget
from components.tags import stack_tags

OWNER_TAG = "MountTargetsOf"
"""Tag of the security group of the mount targets that a stack adds."""
NFS_PORT = 2049
ABSENT = ("couldn't find resource", "FileSystemNotFound", "no matching", "empty result")
"""Parts of the messages by which pulumi-aws says that there is no such thing."""


def owner() -> str:
    """Return the value of the tag by which a stack knows its own mount targets."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def find_file_system(
    file_system_id: str, opts: pulumi.InvokeOptions | None = None
) -> FoundEfs | None:
    """Return what AWS has of a file system; None if there is none of that id.

    Raises:
        Exception: AWS does not answer, or refuses.
    """
    try:
        found = aws.efs.get_file_system(file_system_id=file_system_id, opts=opts)
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        if any(one in str(error) for one in ABSENT):
            return None
        raise
    targets = tuple(_mount_targets(file_system_id, opts))
    groups = {one for target in targets for one in target.security_group_ids[:1]}
    return FoundEfs(
        id=file_system_id,
        dns_name=found.dns_name,
        zone=found.availability_zone_name or None,
        mount_targets=targets,
        admitted={one: _admitted(one, opts) for one in sorted(groups)},
        policy=_policy(file_system_id, opts),
        is_replica=any(one.replication_overwrite == "REPLICATING" for one in found.protections),
    )


def _mount_targets(
    file_system_id: str, opts: pulumi.InvokeOptions | None
) -> Iterable[FoundMountTarget]:
    own = set(aws.ec2.get_security_groups(tags={OWNER_TAG: owner()}, opts=opts).ids)
    description = f"EFS mount target for {file_system_id} (*)"
    filters = [aws.ec2.GetNetworkInterfacesFilterArgs(name="description", values=[description])]
    try:
        ids = aws.ec2.get_network_interfaces(filters=filters, opts=opts).ids
    except Exception as error:
        if any(one in str(error) for one in ABSENT):
            return
        raise
    for one in sorted(ids):
        found = aws.ec2.get_network_interface(id=one, opts=opts)
        groups = tuple(found.security_groups)
        if not own & {*groups}:
            yield FoundMountTarget(found.availability_zone, found.vpc_id, groups)


def _admitted(group_id: str, opts: pulumi.InvokeOptions | None) -> frozenset[str]:
    """Return the groups that a group lets in on NFS's port, by rules of others than this stack."""
    filters = [aws.vpc.GetSecurityGroupRulesFilterArgs(name="group-id", values=[group_id])]
    ids = aws.vpc.get_security_group_rules(filters=filters, opts=opts).ids
    rules = [aws.vpc.get_security_group_rule(security_group_rule_id=one, opts=opts) for one in ids]
    ours = stack_tags().items()
    return frozenset(
        one.referenced_security_group_id
        for one in rules
        if not one.is_egress
        and one.referenced_security_group_id
        and (one.ip_protocol, one.from_port, one.to_port) == ("tcp", NFS_PORT, NFS_PORT)
        and not ours <= (one.tags or {}).items()
    )


def _policy(file_system_id: str, opts: pulumi.InvokeOptions | None) -> tuple[Statement, ...] | None:
    """Return the statements of a file system's policy; None without one, or if AWS refuses."""
    try:
        found = aws.cloudcontrol.get_resource(
            type_name="AWS::EFS::FileSystem", identifier=file_system_id, opts=opts
        )
    except Exception as error:  # without the permission, the mounts themselves will tell
        pulumi.log.warn(f"the policy of {file_system_id} is not checked: {error}")
        return None
    policy = json.loads(found.properties).get("FileSystemPolicy")
    if not policy:
        return None
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement") or []
    return tuple(statements if isinstance(statements, list) else [statements])
