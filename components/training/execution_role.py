"""The role that SageMaker takes on while it runs a training job."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.policies import Document, Statement, account_id, allow, document, trust

CHECKPOINTS = "checkpoints"
"""Prefix of the bucket where jobs keep checkpoints."""
MODELS = "models"
"""Prefix of the bucket where jobs put models."""
CODE = "code"
"""Prefix of the bucket where jobs find their script."""


class ExecutionRoleArgs(TypedDict):
    """What an ExecutionRole is made of."""

    bucket_arn: pulumi.Output[str]
    """The data bucket, of which models and checkpoints are written and the script is read."""
    use_key: list[Statement]
    """What readers and writers of the bucket have to be allowed of its key."""


class ExecutionRole(pulumi.ComponentResource):
    """What a training job may do: its logs and metrics, the data bucket, and its place in a VPC."""

    arn: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """The permissions."""

    def __init__(
        self, name: str, args: ExecutionRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:training:ExecutionRole", name, {}, opts)
        role = aws.iam.Role(
            f"{name}-role",
            description="SageMaker training jobs",
            assume_role_policy=pulumi.Output.json_dumps(
                trust(
                    "sagemaker.amazonaws.com",
                    conditions={"StringEquals": {"aws:SourceAccount": account_id()}},
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = role.arn
        self.ready = [
            aws.iam.RolePolicy(
                f"{name}-policy",
                role=role.name,
                policy=pulumi.Output.json_dumps(
                    execution_policy(args["bucket_arn"], args["use_key"])
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        ]
        self.register_outputs({"arn": self.arn})


def execution_policy(bucket_arn: pulumi.Output[str], use_key: Sequence[Statement]) -> Document:
    """The permissions of CreateTrainingJob's execution role, in a VPC, on a file system.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    return document(
        allow(["s3:ListBucket", "s3:GetBucketLocation"], [bucket_arn]),
        allow(["s3:GetObject"], below(bucket_arn, MODELS, CHECKPOINTS, CODE)),
        allow(["s3:PutObject", "s3:AbortMultipartUpload"], below(bucket_arn, MODELS, CHECKPOINTS)),
        # SageMaker deletes in the bucket what a container deletes of its checkpoints:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
        allow(["s3:DeleteObject"], below(bucket_arn, CHECKPOINTS)),
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


def below(bucket_arn: pulumi.Output[str], *prefixes: str) -> list[pulumi.Output[str]]:
    """The ARNs of the objects below prefixes of a bucket."""
    return [pulumi.Output.concat(bucket_arn, f"/{prefix}/*") for prefix in prefixes]
