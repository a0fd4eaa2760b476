"""Policies of an EFS file system: automatic backups, and the permission to mount it."""

from __future__ import annotations

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import SAME, Resource, State, Status


def _create_backup_policy(call: Call) -> str:
    _put_backup_policy(call, call.inputs["fileSystemId"], call.inputs["backupPolicy"]["status"])
    return str(call.inputs["fileSystemId"])


def _put_backup_policy(call: Call, file_system: str, status: str) -> None:
    call.client("efs").put_backup_policy(FileSystemId=file_system, BackupPolicy={"Status": status})


def _backup_status(call: Call) -> str:
    found = call.client("efs").describe_backup_policy(FileSystemId=call.id)
    return str(found["BackupPolicy"]["Status"])


def _read_backup_policy(call: Call) -> State | None:
    return {"fileSystemId": call.id, "backupPolicy": {"status": _backup_status(call)}}


def _update_backup_policy(call: Call) -> None:
    _put_backup_policy(call, call.id, call.inputs["backupPolicy"]["status"])


def _delete_backup_policy(call: Call) -> None:
    _put_backup_policy(call, call.id, "DISABLED")


BACKUP_POLICY = Resource(
    token="aws:efs/backupPolicy:BackupPolicy",
    service="EFS",
    noun="EFS Backup Policy",
    setting=True,
    replaces={"fileSystemId"},
    updates={"backupPolicy"},
    status=Status(_backup_status, ready={"DISABLED", "ENABLED"}, pending={"DISABLING", "ENABLING"}),
    create=_create_backup_policy,
    read=_read_backup_policy,
    update=_update_backup_policy,
    delete=_delete_backup_policy,
)


def _put_policy(call: Call) -> str:
    file_system = str(call.inputs["fileSystemId"])
    call.client("efs").put_file_system_policy(
        FileSystemId=file_system,
        Policy=call.inputs["policy"],
        BypassPolicyLockoutSafetyCheck=bool(call.inputs.get("bypassPolicyLockoutSafetyCheck")),
    )
    return file_system


def _read_policy(call: Call) -> State | None:
    found = call.client("efs").describe_file_system_policy(FileSystemId=call.id)
    return {"fileSystemId": call.id, "policy": found["Policy"]}


def _delete_policy(call: Call) -> None:
    call.client("efs").delete_file_system_policy(FileSystemId=call.id)


FILE_SYSTEM_POLICY = Resource(
    token="aws:efs/fileSystemPolicy:FileSystemPolicy",
    service="EFS",
    noun="EFS File System Policy",
    replaces={"fileSystemId"},
    updates={"bypassPolicyLockoutSafetyCheck", "policy"},
    documents={"policy"},
    create=_put_policy,
    read=_read_policy,
    update=_put_policy,
    delete=_delete_policy,
    repeated=SAME,
)
