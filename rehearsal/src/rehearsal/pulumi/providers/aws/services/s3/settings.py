"""Settings of a bucket that are resources of their own; their id is the bucket's name."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State
from rehearsal.pulumi.providers.aws.services.s3.shapes import to_aws, to_pulumi


def _bucket(call: Call) -> str:
    return str(call.id or call.inputs["bucket"])


def _put_versioning(call: Call) -> str:
    bucket, wanted = _bucket(call), call.inputs["versioningConfiguration"]
    # A bucket that never had versions has the status Disabled, which can't be asked for.
    if wanted["status"] != "Disabled":
        call.client("s3").put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": wanted["status"]}
        )
    return bucket


def _read_versioning(call: Call) -> State | None:
    found = call.client("s3").get_bucket_versioning(Bucket=call.id)
    status = found.get("Status") or "Disabled"
    return {"bucket": call.id, "versioningConfiguration": {"status": status}}


def _suspend_versioning(call: Call) -> None:
    """Suspend versioning, which cannot be removed once it was on."""
    if call.inputs["versioningConfiguration"]["status"] == "Enabled":
        call.client("s3").put_bucket_versioning(
            Bucket=call.id, VersioningConfiguration={"Status": "Suspended"}
        )


VERSIONING = Resource(
    token="aws:s3/bucketVersioning:BucketVersioning",
    service="S3",
    noun="S3 Bucket Versioning",
    setting=True,
    replaces={"bucket"},
    updates={"versioningConfiguration.status"},
    create=_put_versioning,
    read=_read_versioning,
    update=_put_versioning,
    delete=_suspend_versioning,
)


def _put_encryption(call: Call) -> str:
    bucket = _bucket(call)
    call.client("s3").put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": to_aws(call.inputs["rules"])},
    )
    return bucket


def _read_encryption(call: Call) -> State | None:
    found = call.client("s3").get_bucket_encryption(Bucket=call.id)
    rules = to_pulumi(found["ServerSideEncryptionConfiguration"]["Rules"])
    return {"bucket": call.id, "rules": rules}


def _default_encryption(call: Call) -> None:
    """Reset a bucket to encryption by S3's own keys."""
    call.client("s3").delete_bucket_encryption(Bucket=call.id)


ENCRYPTION = Resource(
    token="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    service="S3",
    noun="S3 Bucket Server-side Encryption Configuration",
    setting=True,
    replaces={"bucket"},
    updates={"rules.applyServerSideEncryptionByDefault", "rules.bucketKeyEnabled"},
    create=_put_encryption,
    read=_read_encryption,
    update=_put_encryption,
    delete=_default_encryption,
)

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _put_public_access(call: Call) -> str:
    bucket = _bucket(call)
    call.client("s3").put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration=to_aws({key: call.inputs[key] for key in _BLOCKS}),
    )
    return bucket


def _read_public_access(call: Call) -> State | None:
    found = call.client("s3").get_public_access_block(Bucket=call.id)
    blocks: dict[str, Any] = to_pulumi(found["PublicAccessBlockConfiguration"])
    return {"bucket": call.id, **blocks}


def _delete_public_access(call: Call) -> None:
    if not call.inputs.get("skipDestroy"):
        call.client("s3").delete_public_access_block(Bucket=call.id)


PUBLIC_ACCESS = Resource(
    token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    service="S3",
    noun="S3 Bucket Public Access Block",
    setting=True,
    replaces={"bucket"},
    updates={*_BLOCKS, "skipDestroy"},
    defaults=dict.fromkeys(_BLOCKS, False),
    create=_put_public_access,
    read=_read_public_access,
    update=_put_public_access,
    delete=_delete_public_access,
)


def _put_ownership(call: Call) -> str:
    bucket = _bucket(call)
    call.client("s3").put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [to_aws(call.inputs["rule"])]}
    )
    return bucket


def _read_ownership(call: Call) -> State | None:
    found = call.client("s3").get_bucket_ownership_controls(Bucket=call.id)
    return {"bucket": call.id, "rule": to_pulumi(found["OwnershipControls"]["Rules"][0])}


def _delete_ownership(call: Call) -> None:
    call.client("s3").delete_bucket_ownership_controls(Bucket=call.id)


OWNERSHIP = Resource(
    token="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    service="S3",
    noun="S3 Bucket Ownership Controls",
    setting=True,
    replaces={"bucket"},
    updates={"rule"},
    create=_put_ownership,
    read=_read_ownership,
    update=_put_ownership,
    delete=_delete_ownership,
)


def _put_policy(call: Call) -> str:
    bucket = _bucket(call)
    call.client("s3").put_bucket_policy(Bucket=bucket, Policy=call.inputs["policy"])
    return bucket


def _read_policy(call: Call) -> State | None:
    found = call.client("s3").get_bucket_policy(Bucket=call.id)
    return without_none(bucket=call.id, policy=found["Policy"])


def _delete_policy(call: Call) -> None:
    call.client("s3").delete_bucket_policy(Bucket=call.id)


POLICY = Resource(
    token="aws:s3/bucketPolicy:BucketPolicy",
    service="S3",
    noun="S3 Bucket Policy",
    replaces={"bucket"},
    updates={"policy"},
    documents={"policy"},
    create=_put_policy,
    read=_read_policy,
    update=_put_policy,
    delete=_delete_policy,
)
