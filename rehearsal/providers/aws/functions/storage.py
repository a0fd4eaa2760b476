"""S3 buckets and parameters of Systems Manager."""

from __future__ import annotations

from typing import Any

from rehearsal.providers.aws.call import Call
from rehearsal.providers.aws.functions.declaration import Function


def _bucket(call: Call) -> dict[str, Any]:
    name = call.inputs["bucket"]
    answer = call.client("s3").get_bucket_location(Bucket=name)
    region = answer.get("LocationConstraint") or "us-east-1"  # which S3 alone does not name
    return {
        "arn": f"arn:{call.partition}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "id": name,
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
    "aws:ssm/getParameter:getParameter": Function(
        "ssm", _parameter, arguments={"withDecryption"}, required={"name"}
    ),
}
