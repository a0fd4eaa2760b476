"""A Kubernetes Job of a workload, which an update waits for."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.pods.templates import labels

SECONDS_FOR_NODES = 900
"""Seconds that an update waits beyond a Job's own deadline, so that it reports the Job's failure
and not a timeout."""

REPLACE_UNREADY = {"pulumi.com/replaceUnready": "true"}
"""Annotation by which the next update replaces a failed Job instead of waiting for it once more.
Source: https://www.pulumi.com/registry/packages/kubernetes/api-docs/batch/v1/job/"""


class WorkloadJobArgs(TypedDict):
    """Arguments of `WorkloadJob`."""

    namespace: pulumi.Input[str]
    """Namespace of the Job."""
    component: str
    """Purpose of the Job, for its labels."""
    name_prefix: str
    """Beginning of the Job's name."""
    spec: kubernetes.batch.v1.JobSpecArgsDict
    """Specification, made by `job_spec`."""
    identity: NotRequired[dict[str, pulumi.Input[object]]]
    """All values that decide the result; the whole specification by default."""
    replace_with: NotRequired[Sequence[pulumi.Resource]]
    """Volumes that the pod mounts, for a Job with `identity`: a completed pod holds its claim too,
    so that the Job must go before its volume is replaced. None by default."""


class WorkloadJob(pulumi.ComponentResource):
    """A Job whose name has a hash of its specification, or of the values that decide its result.

    A Job runs once and cannot be changed, so a change of these values creates a new Job and then
    deletes the old one. Values that `identity` leaves out, such as the zones of the pods, apply to
    the next Job: a completed one does not run again because of them.

    Only the Job waits for the resources of `depends_on`. Resources that depend on this component
    wait until the Job is complete.
    """

    job_name: pulumi.Output[str]
    """Name of the Job."""
    job: kubernetes.batch.v1.Job
    """Job, created once it is complete."""

    def __init__(
        self, name: str, args: WorkloadJobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:workloads:WorkloadJob", name, {}, own)
        spec, identity = args["spec"], args.get("identity")
        self.job_name = pulumi.Output.json_dumps(identity or spec, sort_keys=True).apply(
            lambda text: job_name(args["name_prefix"], text)
        )
        deadline = cast("int", spec["active_deadline_seconds"])
        self.job = kubernetes.batch.v1.Job(
            f"{name}-job",
            metadata={
                "name": self.job_name,
                "namespace": args["namespace"],
                "labels": labels(args["component"]),
                "annotations": REPLACE_UNREADY,
            },
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=depends_on,
                custom_timeouts=pulumi.CustomTimeouts(create=f"{deadline + SECONDS_FOR_NODES}s"),
                # Of no effect on a replacement, which is made of the new specification.
                ignore_changes=["spec"] if identity else None,
                replace_with=[*args.get("replace_with", ())] or None,
                delete_before_replace=True if args.get("replace_with") else None,
            ),
        )
        self.register_outputs({"jobName": self.job_name})


def job_name(prefix: str, text: str) -> str:
    """Return a name of at most 63 characters: a prefix and a hash of a text."""
    return f"{prefix[:54].rstrip('-')}-{sha256(text.encode()).hexdigest()[:8]}"
