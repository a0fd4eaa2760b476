"""One SageMaker training job, as an object of Kubernetes."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from components.training.specification import (
    TrainingJobArgs,
    identity,
    job_name,
    specification,
)

SUBMITTED = "jsonpath={.status.ackResourceMetadata.arn}"
"""SageMaker has taken the job. A job that it refuses never gets there, and so fails the update."""


class TrainingJob(pulumi.ComponentResource):
    """A training job under a name that is decided by the model it makes.

    A change of that makes a new job beside the old one, whose object is then deleted; that stops
    the old one if it still trains. SageMaker changes nothing of a job that it has taken, so that
    any other change of the specification counts from the next job on.
    """

    job_name: pulumi.Output[str]
    submitted: pulumi.Resource
    """There once SageMaker has taken the job."""

    def __init__(
        self,
        name: str,
        args: TrainingJobArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:training:TrainingJob", name, {}, opts)
        spec = specification(args)
        self.job_name = identity(args).apply(lambda text: job_name(args["name_prefix"], text))
        self.submitted = kubernetes.apiextensions.CustomResource(
            f"{name}-job",
            api_version="sagemaker.services.k8s.aws/v1alpha1",
            kind="TrainingJob",
            metadata={
                "name": self.job_name,
                "namespace": args["namespace"],
                "annotations": {"pulumi.com/waitFor": SUBMITTED},
            },
            spec={"trainingJobName": self.job_name, **spec},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after],
                # Of no effect on a replacement, which is made of the new specification.
                ignore_changes=["spec"],
                custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="15m"),
            ),
        )
        self.register_outputs({"jobName": self.job_name})
