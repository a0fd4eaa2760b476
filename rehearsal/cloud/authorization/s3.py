"""The actions and resources of a call of Amazon S3.

Source: S3 user guide, "Required permissions for Amazon S3 API operations". The deletion of
several objects is not here: S3 answers it object by object, and so does the emulated bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from moto.s3.models import FakeBucket, s3_backends

from rehearsal.cloud.authorization.callers import parsed
from rehearsal.cloud.authorization.policy import Context
from rehearsal.cloud.authorization.verdicts import Need

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

READS = ("GET", "HEAD")
# By the parameter that a call's query holds: what Get, Put and Delete are followed by.
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
# What else a query may ask of a bucket, and of an object.
LISTINGS = {"versions": "ListBucketVersions", "uploads": "ListBucketMultipartUploads"}
# A deletion of these is a change of them to nothing.
PUT_TO_DELETE = {"encryption", "lifecycle", "ownershipControls", "publicAccessBlock", "tagging"}


def needs(environ: WSGIEnvironment, account_id: str) -> list[Need]:
    """What a call takes; nothing of a bucket that does not exist, of which S3 says just that."""
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").lstrip("/")
    name, _, key = path.partition("/")
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    method = environ["REQUEST_METHOD"]
    if not name:
        return [Need("s3:ListAllMyBuckets", "*")]
    bucket = _buckets(account_id).get(name)
    if bucket is None:
        creates = method == "PUT" and not key and not OF_BUCKET.keys() & query.keys()
        return [Need("s3:CreateBucket", f"arn:aws:s3:::{name}")] if creates else []
    if not key:
        return _of_bucket(bucket, method, query)
    asked = _of_object(bucket, key, method, query)
    return [*asked, *_of_key(bucket, asked), *_of_source(environ, account_id)]


def objects_deletion(bucket: FakeBucket, key: str) -> Need:
    """What the deletion of one of several objects takes."""
    return _need(bucket, "DeleteObject", f"/{key}")


def _of_bucket(bucket: FakeBucket, method: str, query: Mapping[str, str]) -> list[Need]:
    if method == "POST":
        return []  # the deletion of several objects
    listing = next((action for word, action in LISTINGS.items() if word in query), None)
    if aspect := next((word for word in OF_BUCKET if word in query), None):
        verb = _verb(method, aspect)
        return [_need(bucket, f"{verb}{OF_BUCKET[aspect]}")]
    if method not in READS:
        return [_need(bucket, "CreateBucket" if method == "PUT" else "DeleteBucket")]
    return [_need(bucket, listing or "ListBucket", context=_listed(query))]


def _verb(method: str, aspect: str) -> str:
    if method in READS:
        return "Get"
    return "Put" if method == "PUT" or aspect in PUT_TO_DELETE else "Delete"


def _listed(query: Mapping[str, str]) -> Context:
    """The condition keys of a listing, which has them only if the call gave them."""
    keys = ("prefix", "delimiter", "max-keys")
    return {f"s3:{key}": query[key] for key in keys if key in query}


def _of_object(bucket: FakeBucket, key: str, method: str, query: Mapping[str, str]) -> list[Need]:
    version = "Version" if "versionId" in query else ""
    if aspect := next((word for word in OF_OBJECT if word in query), None):
        verb = "Get" if method in READS else "Delete" if method == "DELETE" else "Put"
        what = OF_OBJECT[aspect].replace("Object", f"Object{version}")
        return [_need(bucket, f"{verb}{what}", f"/{key}")]
    if method == "DELETE":
        action = "AbortMultipartUpload" if "uploadId" in query else f"DeleteObject{version}"
        return [_need(bucket, action, f"/{key}")]
    if method not in READS:
        return [_need(bucket, "PutObject", f"/{key}")]
    if "uploadId" in query:
        return [_need(bucket, "ListMultipartUploadParts", f"/{key}")]
    read = _need(bucket, f"GetObject{version}", f"/{key}")
    # Whoever may not list the bucket is not told that an object is not there.
    return [read] if version or key in bucket.keys else [read, _need(bucket, "ListBucket")]


def _of_key(bucket: FakeBucket, asked: list[Need]) -> list[Need]:
    """What the objects of a bucket take that a customer's KMS key encrypts by default.

    Source: S3 User Guide, "Using server-side encryption with AWS KMS keys", permissions. A
    multipart upload decrypts its parts, so that whoever puts has to be allowed both.
    """
    rule = (bucket.encryption or {}).get("Rule") or {}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    key = str(default.get("KMSMasterKeyID") or "")
    if not key.startswith("arn:"):
        return []
    through = {"kms:ViaService": f"s3.{key.split(':')[3]}.amazonaws.com"}
    asks = {need.action for need in asked}
    puts, gets = "s3:PutObject" in asks, bool(asks & {"s3:GetObject", "s3:GetObjectVersion"})
    actions = ["kms:GenerateDataKey"] * puts + ["kms:Decrypt"] * (puts or gets)
    return [Need(action, key, through) for action in actions]


def _of_source(environ: WSGIEnvironment, account_id: str) -> list[Need]:
    """What the source of a copy takes, named as /bucket/key in a header."""
    source = unquote(environ.get("HTTP_X_AMZ_COPY_SOURCE", "")).lstrip("/")
    name, _, key = source.partition("?")[0].partition("/")
    bucket = _buckets(account_id).get(name)
    if bucket is None or environ["REQUEST_METHOD"] != "PUT":
        return []
    return _of_object(bucket, key, "GET", {"versionId": ""} if "?versionId=" in source else {})


def _need(bucket: FakeBucket, action: str, path: str = "", context: Context | None = None) -> Need:
    policy = parsed(bucket.policy) if bucket.policy else None
    keys = {**(context or {}), "s3:ResourceAccount": bucket.account_id}
    return Need(f"s3:{action}", f"arn:aws:s3:::{bucket.name}{path}", keys, policy)


def _buckets(account_id: str) -> Mapping[str, FakeBucket]:
    return s3_backends[account_id]["aws"].buckets
