"""The ACK controller for SageMaker, in the cluster."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.charts import ChartArgs, release
from components.cluster import Cluster
from components.pod_identity import PodIdentity
from components.policies import Document, allow, document

NAMESPACE = "ack-system"
SERVICE_ACCOUNT = "ack-sagemaker-controller"


class TrainingControllerArgs(ChartArgs):
    """Arguments of `TrainingController`: the controller's chart, and these."""

    cluster: Cluster
    """The EKS cluster, with its nodes."""
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
    ) -> None:
        super().__init__("eks-ml-storage:training:Controller", name, {}, opts)
        cluster, child = args["cluster"], pulumi.ResourceOptions(parent=self)
        namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace", metadata={"name": NAMESPACE}, opts=child
        ).metadata.name
        access = PodIdentity(
            f"{name}-access",
            {
                "cluster_name": cluster.name,
                "namespace": namespace,
                "service_account": SERVICE_ACCOUNT,
                "policies": [controller_policy(args["execution_role_arn"])],
                "managed_policies": [],
            },
            child,
        )
        values = {
            "aws": {"region": aws.get_region_output().region},
            "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
            # Deleting a TrainingJob stops the training.
            "deletionPolicy": "delete",
            "installScope": "cluster",
        }
        opts = pulumi.ResourceOptions(parent=self, depends_on=[*access.ready, *cluster.workers])
        self.ready = [release(f"{name}-release", args, namespace, values, opts)]
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
