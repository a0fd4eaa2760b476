"""Functions that look up S3 buckets and objects, and parameters of Systems Manager."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.server import ProviderError


def _bucket(call: Call) -> dict[str, Any]:
    name = call.inputs["bucket"]
    answer = call.client("s3").get_bucket_location(Bucket=name)
    region = answer.get("LocationConstraint") or "us-east-1"  # the one Region that S3 does not name
    return {
        "arn": f"arn:{call.partition}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "id": name,
    }


def _objects(call: Call) -> dict[str, Any]:
    """Return the keys below a prefix, at most `maxKeys` of them, which is 1000 by default."""
    name, prefix = call.inputs["bucket"], call.inputs.get("prefix") or ""
    most = int(call.inputs.get("maxKeys") or 1000)
    pages = (
        call.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=name, Prefix=prefix, PaginationConfig={"MaxItems": most})
    )
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    return {"id": name, "keys": keys, "commonPrefixes": [], "owners": [], "requestCharged": ""}


def _object(call: Call) -> dict[str, Any]:
    """Return HeadObject's answer for an object; the call must refuse the body."""
    if str(call.inputs.get("downloadBody")).lower() != "false":
        raise ProviderError("s3.getObject is emulated with downloadBody: false")
    name, key = call.inputs["bucket"], call.inputs["key"]
    found = call.client("s3").head_object(Bucket=name, Key=key)
    return {
        "arn": f"arn:{call.partition}:s3:::{name}/{key}",
        "contentLength": found["ContentLength"],
        "contentType": found.get("ContentType", ""),
        "etag": found["ETag"].strip('"'),
        "id": f"{name}/{key}",
        "lastModified": found["LastModified"].strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "metadata": found.get("Metadata", {}),
        "serverSideEncryption": found.get("ServerSideEncryption", ""),
        "storageClass": found.get("StorageClass", "STANDARD"),
        "versionId": found.get("VersionId", ""),
    }


def _parameter(call: Call) -> dict[str, Any]:
    decrypted = call.inputs.get("withDecryption") is not False
    answer = call.client("ssm").get_parameter(Name=call.inputs["name"], WithDecryption=decrypted)
    found = answer["Parameter"]
    return {
        "arn": found["ARN"],
        "id": found["Name"],
        "insecureValue": "" if found["Type"] == "SecureString" else found["Value"],
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
        "withDecryption": decrypted,
    }


FUNCTIONS = {
    "aws:s3/getBucket:getBucket": Function("s3", _bucket, required={"bucket"}),
    "aws:s3/getObject:getObject": Function(
        "s3", _object, arguments={"downloadBody"}, required={"bucket", "key"}
    ),
    "aws:s3/getObjects:getObjects": Function(
        "s3", _objects, arguments={"maxKeys", "prefix"}, required={"bucket"}
    ),
    "aws:ssm/getParameter:getParameter": Function(
        "ssm", _parameter, arguments={"withDecryption"}, required={"name"}
    ),
}
