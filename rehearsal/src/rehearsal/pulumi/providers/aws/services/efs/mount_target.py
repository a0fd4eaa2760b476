"""EFS mount targets: the addresses at which a zone's clients reach a file system."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status, Timeouts
from rehearsal.pulumi.providers.aws.services.efs.file_system import dns_name, file_system_arn


def _create(call: Call) -> str:
    answer = call.client("efs").create_mount_target(
        FileSystemId=call.inputs["fileSystemId"],
        SubnetId=call.inputs["subnetId"],
        **call.request({"IpAddress": "ipAddress", "SecurityGroups": "securityGroups"}),
    )
    return str(answer["MountTargetId"])


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("efs").describe_mount_targets(MountTargetId=call.id)["MountTargets"][0])


def _read(call: Call) -> State | None:
    found = _describe(call)
    groups = call.client("efs").describe_mount_target_security_groups(MountTargetId=call.id)
    file_system, zone = found["FileSystemId"], found.get("AvailabilityZoneName")
    name = dns_name(call, file_system)
    return without_none(
        availabilityZoneId=found.get("AvailabilityZoneId"),
        availabilityZoneName=zone,
        dnsName=name,
        fileSystemArn=file_system_arn(call, file_system),
        fileSystemId=file_system,
        ipAddress=found["IpAddress"],
        mountTargetDnsName=f"{zone}.{name}",
        networkInterfaceId=found["NetworkInterfaceId"],
        ownerId=found.get("OwnerId"),
        securityGroups=groups["SecurityGroups"],
        subnetId=found["SubnetId"],
    )


def _update(call: Call) -> None:
    call.client("efs").modify_mount_target_security_groups(
        MountTargetId=call.id, **call.request({"SecurityGroups": "securityGroups"})
    )


def _delete(call: Call) -> None:
    call.client("efs").delete_mount_target(MountTargetId=call.id)


MOUNT_TARGET = Resource(
    token="aws:efs/mountTarget:MountTarget",
    service="EFS",
    noun="EFS Mount Target",
    replaces={"fileSystemId", "ipAddress", "subnetId"},
    updates={"securityGroups"},
    computed={"ipAddress", "securityGroups"},
    status=Status(
        lambda call: str(_describe(call)["LifeCycleState"]),
        ready={"available"},
        pending={"creating", "updating"},
    ),
    timeouts=Timeouts(create=30 * 60, delete=10 * 60),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
)
