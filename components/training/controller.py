"""The ACK controller for SageMaker, in the cluster."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.charts import ChartArgs, release
from components.pod_identity import PodIdentity
from components.policies import Document, allow, document

NAMESPACE = "ack-system"
SERVICE_ACCOUNT = "ack-sagemaker-controller"


class TrainingControllerArgs(TypedDict):
    """What a TrainingController is made of."""

    cluster_name: pulumi.Input[str]
    """The EKS cluster."""
    region: pulumi.Input[str]
    """Where training jobs run."""
    chart: ChartArgs
    """The controller's chart."""
    execution_role_arn: pulumi.Output[str]
    """The only role that the controller may hand to SageMaker."""


class TrainingController(pulumi.ComponentResource):
    """The controller's release, its namespace, and its permissions."""

    ready: list[pulumi.Resource]
    """The release: the controller runs and its kinds are known."""

    def __init__(
        self,
        name: str,
        args: TrainingControllerArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:training:Controller", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace", metadata={"name": NAMESPACE}, opts=child
        ).metadata.name
        access = PodIdentity(
            f"{name}-access",
            {
                "cluster_name": args["cluster_name"],
                "namespace": namespace,
                "service_account": SERVICE_ACCOUNT,
                "policies": [controller_policy(args["execution_role_arn"])],
                "managed_policies": [],
            },
            child,
        )
        values = {
            "aws": {"region": args["region"]},
            "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
            # Deleting a TrainingJob stops the training.
            "deletionPolicy": "delete",
            "installScope": "cluster",
        }
        opts = pulumi.ResourceOptions(parent=self, depends_on=[*access.ready, *after])
        self.ready = [release(f"{name}-release", args["chart"], namespace, values, opts)]
        self.register_outputs({})


def controller_policy(execution_role_arn: pulumi.Output[str]) -> Document:
    """Training jobs, and handing SageMaker the execution role.

    Source: https://github.com/aws-controllers-k8s/sagemaker-controller (recommended-inline-policy)
    """
    return document(
        allow(
            [
                "sagemaker:CreateTrainingJob",
                "sagemaker:DescribeTrainingJob",
                "sagemaker:UpdateTrainingJob",
                "sagemaker:StopTrainingJob",
                "sagemaker:DeleteTrainingJob",
                "sagemaker:AddTags",
                "sagemaker:DeleteTags",
                "sagemaker:ListTags",
            ],
            ["arn:*:sagemaker:*:*:training-job/*"],
        ),
        allow(
            ["iam:PassRole"],
            [execution_role_arn],
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    )
