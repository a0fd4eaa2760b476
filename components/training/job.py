"""One SageMaker training job, as an object of Kubernetes."""

from collections.abc import Sequence

import pulumi

from components.training.specification import (
    TrainingJobArgs,
    identity,
    job_name,
    specification,
)
from components.training.submission import Submission, accepted


class TrainingJob(pulumi.ComponentResource):
    """A training job under a name that is decided by the model it makes.

    A change of that makes a new job beside the old one, whose object is then deleted; that stops
    the old one if it still trains. SageMaker changes nothing of a job that it has taken, so that
    any other change of the specification counts from the next job on.
    """

    job_name: pulumi.Output[str]
    submitted: Submission
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
        self.submitted = Submission(
            f"{name}-job",
            {"name": self.job_name, "namespace": args["namespace"]},
            {"trainingJobName": self.job_name, **spec},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after],
                # Of no effect on a replacement, which is made of the new specification.
                ignore_changes=["spec"],
                custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="15m"),
            ),
        )
        job = args["name_prefix"].removeprefix(f"{pulumi.get_stack()}-")
        taken = pulumi.Output.all(self.job_name, self.submitted.status).apply(
            lambda known: accepted(job, *known)
        )
        self.register_outputs({"jobName": taken})
