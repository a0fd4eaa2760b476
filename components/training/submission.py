"""The object by which ACK submits a training job, and SageMaker's answer to it."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi

API_VERSION = "sagemaker.services.k8s.aws/v1alpha1"
KIND = "TrainingJob"

WAIT_CONDITION = (
    "jsonpath={[?@.ackResourceMetadata.arn"
    " || @.conditions[?@.type=='ACK.Terminal' && @.status=='True']"
    " || @.conditions[?@.message && search(@.message,"
    "'ResourceLimitExceeded|validation error|ValidationException: ([^C]|C[^o]|Co[^u])')]]}"
)
"""A wait until SageMaker has taken the job, or refused it for good.

pulumi-kubernetes ends a wait only when it is satisfied or late: no condition can fail it. So a
refusal satisfies the wait too, and the program looks which of the two it was. ACK tries again
after every refusal but the terminal ones, with ValidationException among those it repeats. What
passes by itself within minutes is waited for: a role that cannot be assumed yet ("Could not assume
role"), rights that have not arrived, throttling.

Sources: https://github.com/pulumi/pulumi-kubernetes (provider/pkg/await/internal/awaiter.go and
condition/jsonpath.go), https://github.com/aws-controllers-k8s/sagemaker-controller
(pkg/resource/training_job/sdk.go). The wait was tried with the provider's JSONPath library,
github.com/theory/jsonpath v0.9.0, which cannot read three comparisons in one `&&`, and ends the
provider at a search() of a field that is not there.
"""


class Submission(pulumi.CustomResource):
    """A TrainingJob object, with its status as an output.

    The CustomResource of pulumi_kubernetes has no output for an object's status.
    """

    status: pulumi.Output[Any]
    """Status of the object when the wait ended."""

    def __init__(
        self,
        name: str,
        metadata: Mapping[str, Any],
        spec: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
    ) -> None:
        annotations = {**metadata.get("annotations", {}), "pulumi.com/waitFor": WAIT_CONDITION}
        properties = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {**metadata, "annotations": annotations},
            "spec": spec,
            "status": None,
        }
        plugin = pulumi.ResourceOptions(version=version("pulumi_kubernetes"))
        merged = pulumi.ResourceOptions.merge(opts, plugin)
        super().__init__(f"kubernetes:{API_VERSION}:{KIND}", name, properties, merged)


def require_accepted(job: str, name: str, status: Mapping[str, Any] | None) -> str:
    """Return the name of a job that SageMaker has taken.

    Args:
        job: The job's name in the config.
        name: SageMaker's name of it.
        status: Status of its object.

    Raises:
        pulumi.RunError: SageMaker has refused the job; the text has its reason.
    """
    status = status or {}
    reason = refusal_reason(status)
    if status.get("ackResourceMetadata", {}).get("arn") or reason is None:
        return name
    raise pulumi.RunError(
        f"SageMaker refused the training job {name}: {reason}\n"
        f"Change the job's settings (training.jobs.{job} in a stack file) and run `pulumi up` "
        "again. If the reason was outside of them, a quota for instance, run `pulumi up --refresh` "
        "once that is mended: the controller in the cluster goes on trying."
    )


def refusal_reason(status: Mapping[str, Any]) -> str | None:
    """Return the reason why a job is not in SageMaker, in SageMaker's words; None if none is known.

    Args:
        status: Status of a TrainingJob object.
    """
    for condition in status.get("conditions") or []:
        refused = condition.get("type") in {"ACK.Terminal", "ACK.Recoverable"}
        if refused and condition.get("status") == "True":
            return str(condition.get("message", "no reason was given"))
    return None
