"""IAM policy documents, as plain dictionaries.

Their values may be Pulumi outputs: `pulumi.Output.json_dumps` turns a document into the text
that AWS takes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.account import partition
from components.prefix_dataset import PrefixDataset

Statement = dict[str, Any]
Document = dict[str, Any]


def document(*statements: Statement) -> Document:
    """Return a policy document with the given statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]] = ("*",),
    conditions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Statement:
    """Return a statement that allows actions, on everything unless resources are named."""
    statement: Statement = {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    return {**statement, "Condition": dict(conditions)} if conditions else statement


def read_objects(
    bucket_arn: pulumi.Input[str], prefixes: Sequence[pulumi.Input[str]]
) -> list[Statement]:
    """Return statements that allow listing and reading the objects under prefixes of a bucket."""
    return [
        allow(
            ["s3:ListBucket"],
            [bucket_arn],
            {"StringLike": {"s3:prefix": [pulumi.Output.concat(each, "*") for each in prefixes]}},
        ),
        allow(["s3:GetObject"], objects_below(bucket_arn, prefixes)),
    ]


def read_prefix(dataset: PrefixDataset) -> list[Statement]:
    """Return statements that allow reading a dataset's prefix, its manifest and nothing else."""
    arn = pulumi.Output.concat("arn:", partition(), ":s3:::", dataset.place.bucket)
    key = use_key(dataset.kms_key_arn, "s3") if dataset.kms_key_arn else []
    prefixes = [dataset.place.prefix, *([dataset.manifest] if dataset.manifest else [])]
    return [*read_objects(arn, prefixes), *key]


def write_objects(
    bucket_arn: pulumi.Input[str], prefixes: Sequence[pulumi.Input[str]]
) -> list[Statement]:
    """Return statements that allow putting and deleting objects under prefixes of a bucket."""
    actions = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    return [allow(actions, objects_below(bucket_arn, prefixes))]


def objects_below(
    bucket_arn: pulumi.Input[str], prefixes: Sequence[pulumi.Input[str]]
) -> list[pulumi.Output[str]]:
    """Return the ARNs of the objects under prefixes of a bucket."""
    return [pulumi.Output.concat(bucket_arn, "/", each, "*") for each in prefixes]


def use_key(key_arn: pulumi.Input[str], service: str) -> list[Statement]:
    """Return statements that allow a role to use a KMS key through an AWS service.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html (ViaService)

    Args:
        key_arn: ARN of the customer's key.
        service: Service that uses the key for the role, such as fsx or s3.
    """
    through = {"StringLike": {"kms:ViaService": f"{service}.*.amazonaws.com*"}}
    grant = {**through, "Bool": {"kms:GrantIsForAWSResource": "true"}}
    use = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    return [allow(use, [key_arn], through), allow(["kms:CreateGrant"], [key_arn], grant)]


def trust(
    service: str,
    actions: Sequence[str] = ("sts:AssumeRole",),
    conditions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Document:
    """Return a trust policy by which an AWS service may assume a role."""
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
    }
    return document({**statement, "Condition": dict(conditions)} if conditions else statement)


def managed_policy_arn(path: str) -> pulumi.Output[str]:
    """Return the ARN of a policy that AWS manages, in the stack's partition (aws, aws-cn, ...)."""
    return pulumi.Output.concat("arn:", partition(), ":iam::aws:policy/", path)
