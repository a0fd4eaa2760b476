"""The ACK controller for SageMaker, in the cluster."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.account import region
from components.dependencies import split_depends_on
from components.helm import release
from components.iam import Document, allow, document
from components.names import ACK_ACCOUNT, ACK_NAMESPACE
from components.pod_identity import PodIdentity
from components.tags import stack_tags
from components.training.controller_spec import TrainingControllerSpec

RESOURCE_TAGS = (
    "services.k8s.aws/controller-version=%CONTROLLER_SERVICE%-%CONTROLLER_VERSION%",
    "services.k8s.aws/namespace=%K8S_NAMESPACE%",
)
"""Default tags of ACK's chart for the resources that the controller makes."""


class TrainingControllerArgs(TypedDict):
    """Arguments of `TrainingController`."""

    spec: TrainingControllerSpec
    """Chart of the controller."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    execution_role_arn: pulumi.Input[str]
    """ARN of the only role that the controller may pass to SageMaker."""
    namespace_exists: NotRequired[bool]
    """True if others made the controllers' namespace; false by default."""


class TrainingController(pulumi.ComponentResource):
    """The controller's release, its namespace, and its permissions.

    Only the release waits for the resources of `depends_on`: nodes, and the add-on that gives pods
    their credentials. TrainingJob objects must depend on this component, so that their kind is
    known and their finalizers are removed while the controller still runs.
    """

    def __init__(
        self,
        name: str,
        args: TrainingControllerArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:training:Controller", name, {}, own)
        child = pulumi.ResourceOptions(parent=self)
        namespace = pulumi.Output.from_input(ACK_NAMESPACE)
        if not args.get("namespace_exists", False):
            namespace = kubernetes.core.v1.Namespace(
                f"{name}-namespace", metadata={"name": ACK_NAMESPACE}, opts=child
            ).metadata.name
        access = PodIdentity(
            f"{name}-access",
            {
                "cluster_name": args["cluster_name"],
                "namespace": namespace,
                "service_account": ACK_ACCOUNT,
                "policies": [controller_policy(args["execution_role_arn"], stack_tags())],
            },
            child,
        )
        values = {
            "aws": {"region": region()},
            "serviceAccount": {"create": True, "name": ACK_ACCOUNT},
            "resourceTags": [*RESOURCE_TAGS, *(f"{k}={it}" for k, it in stack_tags().items())],
            # Deleting a TrainingJob stops the training.
            "deletionPolicy": "delete",
            "installScope": "cluster",
        }
        release(
            f"{name}-release",
            args["spec"],
            namespace,
            values,
            pulumi.ResourceOptions(parent=self, depends_on=[access, *depends_on]),
        )
        self.register_outputs({})


def controller_policy(execution_role_arn: pulumi.Input[str], tags: Mapping[str, str]) -> Document:
    """Return permissions for training jobs with the stack's tags, and to pass the execution role.

    A job gets its tags when it is created and at no other time, so that no job of others can be
    made one of the stack and stopped.
    Sources: the recommended policy of https://github.com/aws-controllers-k8s/sagemaker-controller;
    https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html

    Args:
        execution_role_arn: ARN of the only role that may be passed.
        tags: Tags of every job of the stack.
    """
    jobs = ["arn:*:sagemaker:*:*:training-job/*"]
    asked_for = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    held = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    at_creation = {"sagemaker:TaggingAction": "CreateTrainingJob"}
    return document(
        allow(["sagemaker:DescribeTrainingJob", "sagemaker:ListTags"], jobs),
        allow(["sagemaker:CreateTrainingJob"], jobs, {"StringEquals": asked_for}),
        allow(["sagemaker:AddTags"], jobs, {"StringEquals": {**asked_for, **at_creation}}),
        allow(
            [
                "sagemaker:UpdateTrainingJob",
                "sagemaker:StopTrainingJob",
                "sagemaker:DeleteTrainingJob",
            ],
            jobs,
            {"StringEquals": held},
        ),
        allow(
            ["iam:PassRole"],
            [execution_role_arn],
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    )
