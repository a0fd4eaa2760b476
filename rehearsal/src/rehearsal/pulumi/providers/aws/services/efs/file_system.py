"""EFS file systems, with the tags and names of all EFS resources."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.pulumi.providers.aws import errors
from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status, Tagging, Timeouts
from rehearsal.pulumi.providers.aws.tags import pairs, plain


def _write_tags(call: Call, tags: dict[str, str]) -> None:
    call.client("efs").tag_resource(ResourceId=call.id, Tags=pairs(tags))


def _remove_tags(call: Call, keys: list[str]) -> None:
    call.client("efs").untag_resource(ResourceId=call.id, TagKeys=keys)


TAGGING = Tagging(_write_tags, _remove_tags)


def file_system_arn(call: Call, file_system: str) -> str:
    """Return the ARN of a file system, given its id."""
    return call.arn("elasticfilesystem", f"file-system/{file_system}")


def dns_name(call: Call, file_system: str) -> str:
    """Return the DNS name at which a file system's mount targets are found in their VPC."""
    suffix = "amazonaws.com.cn" if call.partition == "aws-cn" else "amazonaws.com"
    return f"{file_system}.efs.{call.region}.{suffix}"


def _create(call: Call) -> str:
    """Create the file system, or find the one that an interrupted creation left.

    If the token is taken because the SDK repeated a call whose response was lost, that is an error,
    as in pulumi-aws.
    """
    token = str(call.inputs.get("creationToken") or call.token)
    try:
        answer = call.client("efs").create_file_system(
            CreationToken=token,
            Tags=pairs(call.inputs.get("tags")),
            **call.request(
                {
                    "AvailabilityZoneName": "availabilityZoneName",
                    "Encrypted": "encrypted",
                    "KmsKeyId": "kmsKeyId",
                    "PerformanceMode": "performanceMode",
                    "ProvisionedThroughputInMibps": "provisionedThroughputInMibps",
                    "ThroughputMode": "throughputMode",
                }
            ),
        )
    except ClientError as error:
        is_left = errors.code(error) == "FileSystemAlreadyExists" and not errors.retried(error)
        if not is_left or call.inputs.get("creationToken"):
            raise
        answer = call.client("efs").describe_file_systems(CreationToken=token)["FileSystems"][0]
    return str(answer["FileSystemId"])


def _configure(call: Call) -> None:
    if call.inputs.get("lifecyclePolicies"):
        _put_lifecycle(call)
    _protect(call)


def _put_lifecycle(call: Call) -> None:
    policies = [
        {f"{key[0].upper()}{key[1:]}": value}
        for policy in call.inputs.get("lifecyclePolicies") or []
        for key, value in policy.items()
        if value
    ]
    call.client("efs").put_lifecycle_configuration(
        FileSystemId=call.id,
        LifecyclePolicies=[
            {key.replace("ToIa", "ToIA"): value for key, value in one.items()} for one in policies
        ],
    )


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("efs").describe_file_systems(FileSystemId=call.id)["FileSystems"][0])


def _read(call: Call) -> State | None:
    found = _describe(call)
    tags = plain(found.get("Tags"))
    return without_none(
        arn=found.get("FileSystemArn") or file_system_arn(call, call.id),
        availabilityZoneId=found.get("AvailabilityZoneId"),
        availabilityZoneName=found.get("AvailabilityZoneName"),
        creationToken=found["CreationToken"],
        dnsName=dns_name(call, call.id),
        encrypted=found.get("Encrypted", False),
        kmsKeyId=found.get("KmsKeyId"),
        lifecyclePolicies=_lifecycle(call),
        name=found.get("Name") or tags.get("Name", ""),
        numberOfMountTargets=found.get("NumberOfMountTargets", 0),
        ownerId=found["OwnerId"],
        performanceMode=found.get("PerformanceMode"),
        protection=_protection(found),
        provisionedThroughputInMibps=found.get("ProvisionedThroughputInMibps"),
        sizeInBytes=[_size(found.get("SizeInBytes") or {})],
        throughputMode=found.get("ThroughputMode"),
        tags=tags,
    )


def _lifecycle(call: Call) -> list[dict[str, str]]:
    found = call.client("efs").describe_lifecycle_configuration(FileSystemId=call.id)
    return [
        {f"{key[0].lower()}{key[1:]}".replace("ToIA", "ToIa"): value for key, value in one.items()}
        for one in found["LifecyclePolicies"]
    ]


def _protection(found: dict[str, Any]) -> dict[str, str] | None:
    overwrite = (found.get("FileSystemProtection") or {}).get("ReplicationOverwriteProtection")
    return {"replicationOverwrite": overwrite} if overwrite else None


def _size(size: dict[str, Any]) -> dict[str, int]:
    return {
        "value": int(size.get("Value", 0)),
        "valueInIa": int(size.get("ValueInIA", 0)),
        "valueInStandard": int(size.get("ValueInStandard", 0)),
    }


def _update(call: Call) -> None:
    if call.changed & {"throughputMode", "provisionedThroughputInMibps"}:
        request = call.request({"ThroughputMode": "throughputMode"})
        if call.inputs.get("throughputMode") == "provisioned":
            request |= call.request(
                {"ProvisionedThroughputInMibps": "provisionedThroughputInMibps"}
            )
        call.client("efs").update_file_system(FileSystemId=call.id, **request)
    if "lifecyclePolicies" in call.changed:
        _put_lifecycle(call)
    if "protection" in call.changed:
        _protect(call)


def _protect(call: Call) -> None:
    """Set the protection from becoming the destination of a replication.

    REPLICATING is a state, which a program may have in its inputs and nobody sets.
    """
    wanted = (call.inputs.get("protection") or {}).get("replicationOverwrite")
    if wanted in {"ENABLED", "DISABLED"}:
        call.client("efs").update_file_system_protection(
            FileSystemId=call.id, ReplicationOverwriteProtection=wanted
        )


def _delete(call: Call) -> None:
    call.client("efs").delete_file_system(FileSystemId=call.id)


FILE_SYSTEM = Resource(
    token="aws:efs/fileSystem:FileSystem",
    service="EFS",
    noun="EFS file system",
    replaces={
        "availabilityZoneName",
        "creationToken",
        "encrypted",
        "kmsKeyId",
        "performanceMode",
    },
    updates={
        "lifecyclePolicies",
        "protection",
        "provisionedThroughputInMibps",
        "throughputMode",
    },
    computed={
        "availabilityZoneName",
        "creationToken",
        "encrypted",
        "kmsKeyId",
        "performanceMode",
        "protection",
    },
    changing={"name", "numberOfMountTargets", "sizeInBytes"},
    defaults={"throughputMode": "bursting"},
    tagging=TAGGING,
    status=Status(
        lambda call: str(_describe(call)["LifeCycleState"]),
        ready={"available"},
        pending={"creating", "updating"},
    ),
    timeouts=Timeouts(create=10 * 60, update=10 * 60, delete=10 * 60),
    create=_create,
    configure=_configure,
    read=_read,
    update=_update,
    delete=_delete,
)
