"""Data repository associations, which link directories of a Lustre file system to S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status
from rehearsal.pulumi.providers.aws.services.fsx.lustre import TAGGING
from rehearsal.pulumi.providers.aws.tags import pairs, plain


def _create(call: Call) -> str:
    inputs = call.inputs
    answer = call.client("fsx").create_data_repository_association(
        FileSystemId=inputs["fileSystemId"],
        FileSystemPath=inputs["fileSystemPath"],
        DataRepositoryPath=inputs["dataRepositoryPath"],
        ClientRequestToken=call.token,
        **call.request(
            {
                "BatchImportMetaDataOnCreate": "batchImportMetaDataOnCreate",
                "ImportedFileChunkSize": "importedFileChunkSize",
            }
        ),
        **_s3_request(inputs.get("s3")),
        **({"Tags": pairs(inputs["tags"])} if inputs.get("tags") else {}),
    )
    return str(answer["Association"]["AssociationId"])


def _s3_request(s3: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the policies for automatic import from S3 and automatic export to it."""
    policies = {
        f"{key[0].upper()}{key[1:]}": {"Events": policy["events"]}
        for key, policy in (s3 or {}).items()
        if policy and policy.get("events")
    }
    return {"S3": policies} if policies else {}


def _describe(call: Call) -> dict[str, Any]:
    found = call.client("fsx").describe_data_repository_associations(AssociationIds=[call.id])
    return dict(found["Associations"][0])


def _read(call: Call) -> State | None:
    found = _describe(call)
    policies = {
        f"{key[0].lower()}{key[1:]}": {"events": policy.get("Events") or []}
        for key, policy in (found.get("S3") or {}).items()
    }
    return without_none(
        arn=found["ResourceARN"],
        associationId=found["AssociationId"],
        fileSystemId=found["FileSystemId"],
        fileSystemPath=found["FileSystemPath"],
        dataRepositoryPath=found["DataRepositoryPath"],
        batchImportMetaDataOnCreate=found.get("BatchImportMetaDataOnCreate"),
        importedFileChunkSize=found.get("ImportedFileChunkSize"),
        s3=policies or None,
        tags=plain(found.get("Tags")),
    )


def _update(call: Call) -> None:
    if call.changed & {"importedFileChunkSize", "s3"}:
        call.client("fsx").update_data_repository_association(
            AssociationId=call.id,
            ClientRequestToken=call.token,
            **call.request({"ImportedFileChunkSize": "importedFileChunkSize"}),
            **_s3_request(call.inputs.get("s3")),
        )


def _delete(call: Call) -> None:
    call.client("fsx").delete_data_repository_association(
        AssociationId=call.id,
        DeleteDataInFileSystem=bool(call.inputs.get("deleteDataInFilesystem")),
    )


ASSOCIATION = Resource(
    token="aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation",
    service="FSx",
    noun="FSx for Lustre Data Repository Association",
    replaces={"dataRepositoryPath", "fileSystemId", "fileSystemPath"},
    # The batch import is read at creation only: pulumi-aws sends no change of it, and says nothing.
    updates={
        "batchImportMetaDataOnCreate",
        "deleteDataInFilesystem",
        "importedFileChunkSize",
        "s3",
    },
    # A policy that the program takes out stays as it is.
    computed={
        "importedFileChunkSize",
        "s3",
        "s3.autoExportPolicy.events",
        "s3.autoImportPolicy.events",
    },
    tagging=TAGGING,
    status=Status(
        lambda call: str(_describe(call)["Lifecycle"]),
        ready={"AVAILABLE"},
        pending={"CREATING", "UPDATING"},
        reason=lambda call: str((_describe(call).get("FailureDetails") or {}).get("Message", "")),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    repeated="BadRequest",
)
