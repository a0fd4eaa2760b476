"""S3 objects, made of a file, of text or of base64."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rehearsal.pulumi.providers.aws.call import Call, properties, without_none
from rehearsal.pulumi.providers.aws.declaration import Inputs, Naming, Resource, State, Tagging
from rehearsal.pulumi.providers.aws.services.s3.versions import delete_versions
from rehearsal.pulumi.providers.aws.tags import pairs, plain
from rehearsal.pulumi.providers.server import Asset, Failure, ProviderError

_CONTENTS = ("source", "content", "contentBase64")
_HEADERS = {
    "CacheControl": "cacheControl",
    "ContentDisposition": "contentDisposition",
    "ContentEncoding": "contentEncoding",
    "ContentLanguage": "contentLanguage",
    "ContentType": "contentType",
    "Metadata": "metadata",
    "WebsiteRedirectLocation": "websiteRedirect",
}
_STORAGE = {
    "BucketKeyEnabled": "bucketKeyEnabled",
    "SSEKMSKeyId": "kmsKeyId",
    "ServerSideEncryption": "serverSideEncryption",
    "StorageClass": "storageClass",
}
_CHECKSUMS = {
    "ChecksumCRC32": "checksumCrc32",
    "ChecksumCRC32C": "checksumCrc32c",
    "ChecksumCRC64NVME": "checksumCrc64nvme",
    "ChecksumSHA1": "checksumSha1",
    "ChecksumSHA256": "checksumSha256",
}


def _put(call: Call) -> str:
    inputs = call.inputs
    call.client("s3").put_object(
        Bucket=inputs["bucket"],
        Key=inputs["key"],
        Body=_body(inputs),
        **call.request(_HEADERS | _STORAGE | {"ChecksumAlgorithm": "checksumAlgorithm"}),
        **without_none(Tagging=urlencode(inputs["tags"]) if inputs.get("tags") else None),
    )
    return f"{inputs['bucket']}/{inputs['key']}"


def _body(inputs: Inputs) -> bytes:
    """Return the object's content, from a file of the program's, from text, or empty."""
    if isinstance(inputs.get("source"), Asset):
        return _content(inputs["source"])
    if inputs.get("contentBase64"):
        return base64.b64decode(inputs["contentBase64"])
    return str(inputs.get("content") or "").encode()


def _content(asset: Asset) -> bytes:
    if asset.text is not None:
        return asset.text.encode()
    if asset.path is None or asset.archive:
        raise ProviderError("an S3 object's source must be a file or text in a rehearsal")
    try:
        return Path(asset.path).read_bytes()
    except OSError as error:
        raise ProviderError(f"the source of an S3 object can't be read: {error}") from error


def _of(call: Call) -> dict[str, str]:
    bucket, _, key = call.id.partition("/")
    return {"Bucket": bucket, "Key": key}


def _read(call: Call) -> State | None:
    s3, of = call.client("s3"), _of(call)
    found = s3.head_object(**of, ChecksumMode="ENABLED")
    return (
        without_none(
            arn=f"arn:{call.partition}:s3:::{of['Bucket']}/{of['Key']}",
            bucket=of["Bucket"],
            key=of["Key"],
            etag=found["ETag"].strip('"'),
            versionId=found.get("VersionId", ""),
            storageClass=found.get("StorageClass") or "STANDARD",
            tags=plain(s3.get_object_tagging(**of)["TagSet"]),
        )
        | properties(found, {k: v for k, v in _STORAGE.items() if k != "StorageClass"})
        | properties(found, _HEADERS)
        | properties(found, _CHECKSUMS)
    )


def _update(call: Call) -> None:
    """Write the object again, whatever changes except its tags."""
    if call.changed - {"tags", "forceDestroy"}:
        _put(call)


def _write_tags(call: Call, tags: dict[str, str]) -> None:
    """Write the object's tags all together, as S3 requires."""
    _put_tags(call, _tags(call) | tags)


def _remove_tags(call: Call, keys: list[str]) -> None:
    _put_tags(call, {key: value for key, value in _tags(call).items() if key not in keys})


def _tags(call: Call) -> dict[str, str]:
    return plain(call.client("s3").get_object_tagging(**_of(call))["TagSet"])


def _put_tags(call: Call, tags: dict[str, str]) -> None:
    call.client("s3").put_object_tagging(**_of(call), Tagging={"TagSet": pairs(tags)})


def _delete(call: Call) -> None:
    """Delete all versions of the key, as pulumi-aws does."""
    s3, of = call.client("s3"), _of(call)
    if call.outputs.get("versionId"):
        force = bool(call.inputs.get("forceDestroy"))
        delete_versions(s3, of["Bucket"], of["Key"], force=force)
    else:
        s3.delete_object(**of)


def _one_content(inputs: dict[str, Any]) -> Iterable[Failure]:
    given_ = [key for key in _CONTENTS if inputs.get(key) is not None]
    if len(given_) > 1:
        yield Failure(given_[0], f"conflicts with {' and '.join(given_[1:])}; give one of them")
    if isinstance(inputs.get("source"), str):
        yield Failure("source", "must be a pulumi.FileAsset or a pulumi.StringAsset, got a string")


OBJECT = Resource(
    token="aws:s3/bucketObjectv2:BucketObjectv2",
    service="S3",
    noun="S3 Object",
    naming=Naming("key", random=False),
    replaces={"bucket", "key"},
    updates={
        *_CONTENTS,
        *_HEADERS.values(),
        *_STORAGE.values(),
        "checksumAlgorithm",
        "etag",
        "forceDestroy",
        "sourceHash",
    },
    computed={
        "bucketKeyEnabled",
        "contentType",
        "etag",
        "kmsKeyId",
        "serverSideEncryption",
        "storageClass",
    },
    changing={"etag", "versionId", *_CHECKSUMS.values()},
    defaults={"forceDestroy": False},
    validate=_one_content,
    tagging=Tagging(_write_tags, _remove_tags),
    create=_put,
    read=_read,
    update=_update,
    delete=_delete,
)
