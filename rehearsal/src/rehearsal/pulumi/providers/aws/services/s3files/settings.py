"""Settings of an S3 Files file system: its policy, and its synchronization with the bucket."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import SAME, Resource, State

DELETED: dict[str, Any] = {
    "importDataRules": [
        {"prefix": "", "trigger": "ON_DIRECTORY_FIRST_ACCESS", "sizeLessThan": 131072}
    ],
    "expirationDataRules": [{"daysAfterLastAccess": 365}],
}
"""Rules that pulumi-aws sets when the resource is deleted. They are not AWS's own defaults."""


def _put_policy(call: Call) -> str:
    system = str(call.inputs["fileSystemId"])
    call.client("s3files").put_file_system_policy(fileSystemId=system, policy=call.inputs["policy"])
    return system


def _read_policy(call: Call) -> State | None:
    found = call.client("s3files").get_file_system_policy(fileSystemId=call.id)
    return {"fileSystemId": call.id, "policy": found["policy"]}


def _delete_policy(call: Call) -> None:
    call.client("s3files").delete_file_system_policy(fileSystemId=call.id)


POLICY = Resource(
    token="aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy",
    service="S3Files",
    noun="S3 Files File System Policy",
    replaces={"fileSystemId"},
    updates={"policy"},
    documents={"policy"},
    create=_put_policy,
    read=_read_policy,
    update=_put_policy,
    delete=_delete_policy,
    repeated=SAME,
)


def _put_rules(call: Call) -> str:
    system = str(call.inputs["fileSystemId"])
    call.client("s3files").put_synchronization_configuration(
        fileSystemId=system,
        **{
            name: [{k: _number(v) for k, v in one.items() if k != "__defaults"} for one in rules]
            for name in DELETED
            for rules in [call.inputs.get(name) or []]
        },
    )
    return system


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value


def _read_rules(call: Call) -> State | None:
    found = call.client("s3files").get_synchronization_configuration(fileSystemId=call.id)
    return {
        "fileSystemId": call.id,
        "importDataRules": found["importDataRules"],
        "expirationDataRules": found["expirationDataRules"],
        "latestVersionNumber": found["latestVersionNumber"],
    }


def _reset_rules(call: Call) -> None:
    call.client("s3files").put_synchronization_configuration(fileSystemId=call.id, **DELETED)


SYNCHRONIZATION = Resource(
    token="aws:s3/filesSynchronizationConfiguration:FilesSynchronizationConfiguration",
    service="S3Files",
    noun="S3 Files Synchronization Configuration",
    setting=True,
    replaces={"fileSystemId", "importDataRules.sizeLessThan"},
    updates={"expirationDataRules", "importDataRules"},
    changing={"latestVersionNumber"},
    create=_put_rules,
    read=_read_rules,
    update=_put_rules,
    delete=_reset_rules,
)
