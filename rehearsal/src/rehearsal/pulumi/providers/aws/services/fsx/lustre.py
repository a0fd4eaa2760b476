"""FSx for Lustre file systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties, without_none
from rehearsal.pulumi.providers.aws.declaration import Inputs, Resource, State, Status, Timeouts
from rehearsal.pulumi.providers.aws.tags import by_arn, pairs, plain

TAGGING = by_arn("fsx", "ResourceARN", as_pairs=True, keys="TagKeys")

# The Lustre configuration that can be changed, by AWS's names.
_CHANGEABLE = {
    "AutoImportPolicy": "autoImportPolicy",
    "AutomaticBackupRetentionDays": "automaticBackupRetentionDays",
    "DailyAutomaticBackupStartTime": "dailyAutomaticBackupStartTime",
    "DataCompressionType": "dataCompressionType",
    "PerUnitStorageThroughput": "perUnitStorageThroughput",
    "ThroughputCapacity": "throughputCapacity",
    "WeeklyMaintenanceStartTime": "weeklyMaintenanceStartTime",
}
_FIXED = {
    "CopyTagsToBackups": "copyTagsToBackups",
    "DeploymentType": "deploymentType",
    "DriveCacheType": "driveCacheType",
    "EfaEnabled": "efaEnabled",
    "ExportPath": "exportPath",
    "ImportPath": "importPath",
    "ImportedFileChunkSize": "importedFileChunkSize",
}
_NESTED = (
    "dataReadCacheConfiguration",
    "logConfiguration",
    "metadataConfiguration",
    "rootSquashConfiguration",
)
_FIELDS = {"size": "SizeGiB"}
"""Fields of these that AWS names by another word."""
# Fields of the link to S3, which AWS returns apart from the rest of the configuration.
_LINK = {
    "AutoImportPolicy": "autoImportPolicy",
    "ExportPath": "exportPath",
    "ImportPath": "importPath",
    "ImportedFileChunkSize": "importedFileChunkSize",
}
_REQUEST = {
    "FileSystemTypeVersion": "fileSystemTypeVersion",
    "KmsKeyId": "kmsKeyId",
    "SecurityGroupIds": "securityGroupIds",
    "StorageCapacity": "storageCapacity",
    "StorageType": "storageType",
}


def _create(call: Call) -> str:
    fsx, inputs = call.client("fsx"), call.inputs
    request: dict[str, Any] = call.request(_REQUEST) | {
        "ClientRequestToken": call.token,
        "SubnetIds": [inputs["subnetIds"]],
        "LustreConfiguration": call.request(_FIXED | _CHANGEABLE) | _nested_request(inputs),
    }
    if inputs.get("tags"):
        request["Tags"] = pairs(inputs["tags"])
    if inputs.get("backupId"):
        request.pop("StorageCapacity", None)  # pulumi-aws leaves it to the backup
        answer = fsx.create_file_system_from_backup(BackupId=inputs["backupId"], **request)
    else:
        answer = fsx.create_file_system(FileSystemType="LUSTRE", **request)
    return str(answer["FileSystem"]["FileSystemId"])


def _nested_request(inputs: Mapping[str, Any]) -> dict[str, Any]:
    found = {_upper(key): inputs[key] for key in _NESTED if inputs.get(key)}
    return {
        key: {_upper(name): one for name, one in value.items() if one is not None}
        for key, value in found.items()
    }


def _upper(name: str) -> str:
    return _FIELDS.get(name) or name[0].upper() + name[1:]


def _lower(name: str) -> str:
    return {aws: own for own, aws in _FIELDS.items()}.get(name) or name[0].lower() + name[1:]


def _describe(call: Call) -> dict[str, Any]:
    found = call.client("fsx").describe_file_systems(FileSystemIds=[call.id])["FileSystems"]
    return dict(found[0])


def _read(call: Call) -> State | None:
    found = _describe(call)
    lustre = found.get("LustreConfiguration") or {}
    link = lustre.get("DataRepositoryConfiguration") or {}
    nested = {_lower(key): lustre[key] for key in map(_upper, _NESTED) if lustre.get(key)}
    return (
        without_none(
            arn=found["ResourceARN"],
            dnsName=found.get("DNSName"),
            fileSystemTypeVersion=found.get("FileSystemTypeVersion"),
            kmsKeyId=found.get("KmsKeyId"),
            mountName=lustre.get("MountName"),
            networkInterfaceIds=found.get("NetworkInterfaceIds") or [],
            ownerId=found.get("OwnerId"),
            storageCapacity=found.get("StorageCapacity"),
            storageType=found.get("StorageType"),
            subnetIds=found["SubnetIds"][0],
            vpcId=found.get("VpcId"),
            tags=plain(found.get("Tags")),
        )
        | properties(lustre, _FIXED | _CHANGEABLE)
        | properties(link, _LINK)
        | {key: {_lower(n): v for n, v in value.items()} for key, value in nested.items()}
    )


def _update(call: Call) -> None:
    wanted = {key: name for key, name in _CHANGEABLE.items() if name in call.changed}
    nested = _nested_request({key: call.inputs.get(key) for key in _NESTED if key in call.changed})
    lustre = call.request(wanted) | nested
    request: dict[str, Any] = {"LustreConfiguration": lustre} if lustre else {}
    for name, key in (
        ("StorageCapacity", "storageCapacity"),
        ("FileSystemTypeVersion", "fileSystemTypeVersion"),
    ):
        if key in call.changed:
            request[name] = call.inputs[key]
    if request:
        call.client("fsx").update_file_system(
            FileSystemId=call.id, ClientRequestToken=call.token, **request
        )


def _delete(call: Call) -> None:
    """Delete the file system, with a final backup unless it is skipped.

    SCRATCH and linked file systems have no backups.
    """
    request = {}
    if str(call.inputs.get("deploymentType", "")).startswith("PERSISTENT"):
        final = pairs(call.inputs.get("finalBackupTags"))
        skip = call.inputs.get("skipFinalBackup", True)
        request = {
            "LustreConfiguration": without_none(SkipFinalBackup=skip, FinalBackupTags=final or None)
        }
    call.client("fsx").delete_file_system(FileSystemId=call.id, **request)


def _state(call: Call) -> str:
    """Return the file system's lifecycle state, which is UPDATING while an update runs."""
    found = _describe(call)
    actions = found.get("AdministrativeActions") or []
    running = any(action.get("Status") in {"PENDING", "IN_PROGRESS"} for action in actions)
    lifecycle = str(found["Lifecycle"])
    return "UPDATING" if running and lifecycle == "AVAILABLE" else lifecycle


def _failure(call: Call) -> str:
    return str((_describe(call).get("FailureDetails") or {}).get("Message", ""))


def _backwards(olds: Inputs, news: Inputs) -> Iterable[str]:
    """Yield the inputs whose new value needs another file system.

    Storage can only grow, and not at all for SCRATCH_1; versions and metadata IOPS can only rise.
    """
    before, after = olds.get("storageCapacity"), news.get("storageCapacity")
    changed = before != after
    if changed and ((after or 0) < (before or 0) or news.get("deploymentType") == "SCRATCH_1"):
        yield "storageCapacity"
    older, newer = (inputs.get("fileSystemTypeVersion") for inputs in (olds, news))
    if older and newer and _number(newer) < _number(older):
        yield "fileSystemTypeVersion"
    less, more = (
        (inputs.get("metadataConfiguration") or {}).get("iops") for inputs in (news, olds)
    )
    if less and more and less < more:
        yield "metadataConfiguration"


def _iops(inputs: Inputs) -> int:
    return int((inputs.get("metadataConfiguration") or {}).get("iops") or 0)


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


FILE_SYSTEM = Resource(
    token="aws:fsx/lustreFileSystem:LustreFileSystem",
    service="FSx",
    noun="FSx for Lustre File System",
    replaces={
        *_FIXED.values(),
        "backupId",
        "kmsKeyId",
        "securityGroupIds",
        "storageType",
        "subnetIds",
    },
    replaced=_backwards,
    updates={
        *_CHANGEABLE.values(),
        *_NESTED,
        "fileSystemTypeVersion",
        "finalBackupTags",
        "skipFinalBackup",
        "storageCapacity",
    },
    computed={
        "autoImportPolicy",
        "automaticBackupRetentionDays",
        "dailyAutomaticBackupStartTime",
        "driveCacheType",
        "exportPath",
        "fileSystemTypeVersion",
        "importedFileChunkSize",
        "kmsKeyId",
        "logConfiguration",
        "metadataConfiguration",
        "perUnitStorageThroughput",
        "storageCapacity",
        "weeklyMaintenanceStartTime",
    },
    defaults={
        "dataCompressionType": "NONE",
        "deploymentType": "SCRATCH_1",
        "skipFinalBackup": True,
        "storageType": "SSD",
    },
    tagging=TAGGING,
    status=Status(_state, ready={"AVAILABLE"}, pending={"CREATING", "UPDATING"}, reason=_failure),
    timeouts=Timeouts(create=30 * 60, update=30 * 60, delete=30 * 60),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
)
