"""Determine the actions and resources of a call of Amazon S3.

Source: S3 user guide, "Required permissions for Amazon S3 API operations". The deletion of several
objects is not included: S3 decides it for each object, as does the emulated bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from moto.s3.models import FakeBucket, s3_backends

from rehearsal.aws.authorization.callers import parsed
from rehearsal.aws.authorization.verdicts import RequiredPermission
from rehearsal.aws.policy import Context

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

READS = ("GET", "HEAD")
# Suffix of an action after Get, Put or Delete, by the parameter in the query of the call.
OF_BUCKET = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
OF_OBJECT = {
    "acl": "ObjectAcl",
    "tagging": "ObjectTagging",
    "retention": "ObjectRetention",
    "legal-hold": "ObjectLegalHold",
    "torrent": "ObjectTorrent",
}
# Other listings of a bucket, by the parameter in the query of the call.
LISTINGS = {"versions": "ListBucketVersions", "uploads": "ListBucketMultipartUploads"}
# For these settings, a deletion requires the permission to put them.
PUT_TO_DELETE = {"encryption", "lifecycle", "ownershipControls", "publicAccessBlock", "tagging"}


def required_permissions(environ: WSGIEnvironment, account_id: str) -> list[RequiredPermission]:
    """Return the permissions that a call requires.

    A call on a bucket that does not exist requires none, because S3 reports just that.
    """
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").lstrip("/")
    name, _, key = path.partition("/")
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    method = environ["REQUEST_METHOD"]
    if not name:
        return [RequiredPermission("s3:ListAllMyBuckets", "*")]
    bucket = _buckets(account_id).get(name)
    if bucket is None:
        creates = method == "PUT" and not key and not OF_BUCKET.keys() & query.keys()
        return [RequiredPermission("s3:CreateBucket", f"arn:aws:s3:::{name}")] if creates else []
    if not key:
        return _of_bucket(bucket, method, query)
    asked = _of_object(bucket, key, method, query)
    return [*asked, *_of_key(bucket, asked), *_of_source(environ, account_id)]


def objects_deletion(bucket: FakeBucket, key: str) -> RequiredPermission:
    """Return the permission to delete one of several objects."""
    return _required_permission(bucket, "DeleteObject", f"/{key}")


def _of_bucket(
    bucket: FakeBucket, method: str, query: Mapping[str, str]
) -> list[RequiredPermission]:
    if method == "POST":
        return []  # the deletion of several objects
    listing = next((action for word, action in LISTINGS.items() if word in query), None)
    if aspect := next((word for word in OF_BUCKET if word in query), None):
        verb = _verb(method, aspect)
        return [_required_permission(bucket, f"{verb}{OF_BUCKET[aspect]}")]
    if method not in READS:
        return [_required_permission(bucket, "CreateBucket" if method == "PUT" else "DeleteBucket")]
    return [_required_permission(bucket, listing or "ListBucket", context=_listed(query))]


def _verb(method: str, aspect: str) -> str:
    if method in READS:
        return "Get"
    return "Put" if method == "PUT" or aspect in PUT_TO_DELETE else "Delete"


def _listed(query: Mapping[str, str]) -> Context:
    """Return the condition keys of a listing, for the parameters that the call has."""
    keys = ("prefix", "delimiter", "max-keys")
    return {f"s3:{key}": query[key] for key in keys if key in query}


def _of_object(
    bucket: FakeBucket, key: str, method: str, query: Mapping[str, str]
) -> list[RequiredPermission]:
    version = "Version" if "versionId" in query else ""
    if aspect := next((word for word in OF_OBJECT if word in query), None):
        verb = "Get" if method in READS else "Delete" if method == "DELETE" else "Put"
        what = OF_OBJECT[aspect].replace("Object", f"Object{version}")
        return [_required_permission(bucket, f"{verb}{what}", f"/{key}")]
    if method == "DELETE":
        action = "AbortMultipartUpload" if "uploadId" in query else f"DeleteObject{version}"
        return [_required_permission(bucket, action, f"/{key}")]
    if method not in READS:
        return [_required_permission(bucket, "PutObject", f"/{key}")]
    if "uploadId" in query:
        return [_required_permission(bucket, "ListMultipartUploadParts", f"/{key}")]
    read = _required_permission(bucket, f"GetObject{version}", f"/{key}")
    # S3 reports that an object does not exist only to callers that may list the bucket.
    return (
        [read]
        if version or key in bucket.keys
        else [read, _required_permission(bucket, "ListBucket")]
    )


def _of_key(bucket: FakeBucket, asked: list[RequiredPermission]) -> list[RequiredPermission]:
    """Return the KMS permissions for objects of a bucket whose default is a customer's key.

    Source: S3 User Guide, "Using server-side encryption with AWS KMS keys", permissions. A
    multipart upload decrypts its parts, so that a caller who puts objects needs both permissions.
    """
    rule = (bucket.encryption or {}).get("Rule") or {}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    key = str(default.get("KMSMasterKeyID") or "")
    if not key.startswith("arn:"):
        return []
    through = {"kms:ViaService": f"s3.{key.split(':')[3]}.amazonaws.com"}
    asks = {permission.action for permission in asked}
    puts, gets = "s3:PutObject" in asks, bool(asks & {"s3:GetObject", "s3:GetObjectVersion"})
    actions = ["kms:GenerateDataKey"] * puts + ["kms:Decrypt"] * (puts or gets)
    return [RequiredPermission(action, key, through) for action in actions]


def _of_source(environ: WSGIEnvironment, account_id: str) -> list[RequiredPermission]:
    """Return the permissions for the source of a copy, which a header names as /bucket/key."""
    source = unquote(environ.get("HTTP_X_AMZ_COPY_SOURCE", "")).lstrip("/")
    name, _, key = source.partition("?")[0].partition("/")
    bucket = _buckets(account_id).get(name)
    if bucket is None or environ["REQUEST_METHOD"] != "PUT":
        return []
    return _of_object(bucket, key, "GET", {"versionId": ""} if "?versionId=" in source else {})


def _required_permission(
    bucket: FakeBucket, action: str, path: str = "", context: Context | None = None
) -> RequiredPermission:
    policy = parsed(bucket.policy) if bucket.policy else None
    keys = {**(context or {}), "s3:ResourceAccount": bucket.account_id}
    return RequiredPermission(f"s3:{action}", f"arn:aws:s3:::{bucket.name}{path}", keys, policy)


def _buckets(account_id: str) -> Mapping[str, FakeBucket]:
    return s3_backends[account_id]["aws"].buckets
