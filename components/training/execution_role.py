"""The role that SageMaker takes on while it runs a training job."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.account import account_id
from components.iam import (
    Document,
    Statement,
    allow,
    document,
    objects_below,
    trust,
)

CHECKPOINTS = "checkpoints"
"""Prefix of the bucket for the jobs' checkpoints."""
MODELS = "models"
"""Prefix of the bucket for the jobs' models."""
CODE = "code"
"""Prefix of the bucket for the jobs' script."""


class ExecutionRoleArgs(TypedDict):
    """Arguments of `ExecutionRole`."""

    bucket_arn: pulumi.Input[str]
    """ARN of the data bucket, in which jobs write models and checkpoints and read the script."""
    use_key: NotRequired[Sequence[Statement]]
    """Statements that allow the use of the bucket's KMS key; none by default."""
    input_prefixes: NotRequired[Sequence[str]]
    """Prefixes of the data bucket with the inputs of jobs that read them from S3; none by default,
    where jobs mount a file system."""
    input_access: NotRequired[Sequence[Statement]]
    """Statements that allow to read the inputs of jobs in other buckets; none by default."""
    key_arns: NotRequired[Sequence[str]]
    """ARNs of the KMS keys of the jobs' volumes and models; none by default."""


class ExecutionRole(pulumi.ComponentResource):
    """A role for the logs, the metrics, the bucket and the network of training jobs.

    A job must depend on this component, so that the role has its permissions.
    """

    arn: pulumi.Output[str]
    """ARN of the role."""

    def __init__(
        self, name: str, args: ExecutionRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:training:ExecutionRole", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        own_account = {"StringEquals": {"aws:SourceAccount": account_id()}}
        role = aws.iam.Role(
            f"{name}-role",
            description="SageMaker training jobs",
            assume_role_policy=pulumi.Output.json_dumps(
                trust("sagemaker.amazonaws.com", conditions=own_account)
            ),
            opts=child,
        )
        policy = execution_policy(
            args["bucket_arn"], args.get("use_key", ()), args.get("input_prefixes", ())
        )
        keys = [one for arn in args.get("key_arns", ()) for one in job_key(arn)]
        policy["Statement"] += [*args.get("input_access", ()), *keys]
        aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=pulumi.Output.json_dumps(policy),
            opts=child,
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})


def job_key(arn: str) -> list[Statement]:
    """Return statements that allow a job to encrypt its volumes and its model with a KMS key.

    Source: SageMaker Developer Guide, "How to use SageMaker AI execution roles" (CreateTrainingJob)
    """
    use = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
    for_resource = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [allow(use, [arn]), allow(["kms:CreateGrant"], [arn], for_resource)]


def execution_policy(
    bucket_arn: pulumi.Input[str], use_key: Sequence[Statement], input_prefixes: Sequence[str]
) -> Document:
    """Return the permissions of CreateTrainingJob's execution role, in a VPC.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html

    Args:
        bucket_arn: ARN of the data bucket.
        use_key: Statements that allow the use of its key.
        input_prefixes: Prefixes of the bucket with the inputs of jobs.
    """
    models, checkpoints, code = f"{MODELS}/", f"{CHECKPOINTS}/", f"{CODE}/"
    read = [models, checkpoints, code, *input_prefixes]
    return document(
        allow(["s3:ListBucket", "s3:GetBucketLocation"], [bucket_arn]),
        allow(["s3:GetObject"], objects_below(bucket_arn, read)),
        allow(
            ["s3:PutObject", "s3:AbortMultipartUpload"],
            objects_below(bucket_arn, [models, checkpoints]),
        ),
        # SageMaker deletes in the bucket what a container deletes of its checkpoints:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
        allow(["s3:DeleteObject"], objects_below(bucket_arn, [checkpoints])),
        allow(
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            ["arn:*:logs:*:*:log-group:/aws/sagemaker/*"],
        ),
        allow(
            ["cloudwatch:PutMetricData"],
            conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
        ),
        allow(
            [
                "ecr:GetAuthorizationToken",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ]
        ),
        allow(
            [
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ]
        ),
        allow(
            [
                "fsx:DescribeFileSystems",
                "elasticfilesystem:ClientMount",
                "elasticfilesystem:DescribeFileSystems",
                "elasticfilesystem:DescribeMountTargets",
            ]
        ),
        *use_key,
    )
