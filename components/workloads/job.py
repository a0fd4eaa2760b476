"""A Kubernetes Job of workloads, which an update waits for."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_kubernetes as kubernetes

from components.workloads.pods import labels

ROOM_FOR_NODES = 900
"""Seconds that an update waits beyond a Job's own deadline, so that the Job's fault is told."""

AGAIN = {"pulumi.com/replaceUnready": "true"}
"""A Job that failed is made anew by the next update, which would otherwise wait for it once more.
Source: https://www.pulumi.com/registry/packages/kubernetes/api-docs/batch/v1/job/"""


class WorkloadJobArgs(TypedDict):
    """What a WorkloadJob is made of."""

    namespace: pulumi.Input[str]
    """Where it is."""
    component: str
    """What it does, for its labels."""
    name_prefix: str
    """What its name begins with."""
    spec: kubernetes.batch.v1.JobSpecArgsDict
    """Made by `job_spec`."""
    identity: NotRequired[dict[str, pulumi.Input[object]]]
    """Everything that decides what comes out; the whole specification when left out."""


class WorkloadJob(pulumi.ComponentResource):
    """A Job whose name tells its specification, or what is said to decide what comes out of it.

    A Job is done once and cannot be changed, so that every change of that is a new Job beside the
    old one, which is then deleted. What an identity leaves out, such as the zones of its pods,
    counts from the next Job on: a completed one is not run again because of it.
    """

    job: kubernetes.batch.v1.Job
    """There once it is complete."""
    job_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: WorkloadJobArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:workloads:WorkloadJob", name, {}, opts)
        spec, identity = args["spec"], args.get("identity")
        self.job_name = pulumi.Output.json_dumps(identity or spec, sort_keys=True).apply(
            lambda text: job_name(args["name_prefix"], text)
        )
        self.job = kubernetes.batch.v1.Job(
            f"{name}-job",
            metadata={
                "name": self.job_name,
                "namespace": args["namespace"],
                "labels": labels(args["component"]),
                "annotations": AGAIN,
            },
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after],
                custom_timeouts=pulumi.CustomTimeouts(create=_patience(spec)),
                # Of no effect on a replacement, which is made of the new specification.
                ignore_changes=["spec"] if identity else None,
            ),
        )
        self.register_outputs({"jobName": self.job_name})


def job_name(prefix: str, text: str) -> str:
    """A name for an identity: prefix and a digest, at most 63 characters."""
    return f"{prefix[:54].rstrip('-')}-{sha256(text.encode()).hexdigest()[:8]}"


def _patience(spec: kubernetes.batch.v1.JobSpecArgsDict) -> str:
    """How long an update waits for a Job."""
    deadline = cast("int", spec["active_deadline_seconds"])
    return f"{deadline + ROOM_FOR_NODES}s"
