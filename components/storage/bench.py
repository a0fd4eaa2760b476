"""Measurement of each storage by a Job, with AWS's figures beside what was measured.

No update waits for the Jobs: their tables are in their logs. A Job runs again if its settings, its
storage or the workload image change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.pods.job import job_name
from components.pods.templates import (
    Mount,
    container,
    directory_init_container,
    job_spec,
    labels,
    pod_template,
)
from components.pods.templates import (
    claim as claim_volume,
)
from components.storage.base import Claim
from components.storage.bench_spec import StorageBenchSpec
from components.storage.figures import promised
from components.storage.mountpoint_spec import S3Spec
from components.storage.scratch_spec import ScratchSpec

COMPONENT = "storage-bench"
FOLDER = "storage-bench"
"""Directory of a storage in which the workload writes."""
BASE_SECONDS = 3600
"""Deadline of a Job beside the time of its cases at random places, in seconds."""


@dataclass(frozen=True)
class Target:
    """A storage that is measured."""

    claim: Claim
    """Claim on the storage."""
    promised: Mapping[str, str]
    """AWS's figure of each case."""
    new_files_only: bool = False
    """True if files are written once and never changed, as on S3."""
    needs_directory: bool = True
    """True if root makes the directory, as where the root directory of the storage is root's."""


class StorageBenchArgs(TypedDict):
    """Arguments of `StorageBench`."""

    spec: StorageBenchSpec
    """Settings of the measurement."""
    targets: Mapping[str, Target]
    """Storages by their names."""
    image: pulumi.Input[str]
    """URI of the workloads image."""


class StorageBench(pulumi.ComponentResource):
    """A Job for each storage, whose log ends with a table and its figures as JSON.

    The Jobs wait for the resources of `depends_on`, so that the storages have what they need.
    """

    jobs: dict[str, pulumi.Output[str]]
    """Name of the Job of each storage."""

    def __init__(
        self, name: str, args: StorageBenchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:StorageBench", name, {}, own)
        self.jobs = {}
        for storage, target in args["targets"].items():
            spec = bench_job(args["spec"], storage, target, args["image"])
            text = pulumi.Output.json_dumps(spec, sort_keys=True)
            job = kubernetes.batch.v1.Job(
                f"{name}-{storage}",
                metadata={
                    "name": text.apply(partial(_name, storage)),
                    "namespace": target.claim.namespace,
                    "labels": labels(COMPONENT),
                    # Figures are no part of what the stack needs, and measuring takes minutes.
                    "annotations": {"pulumi.com/skipAwait": "true"},
                },
                spec=spec,
                opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
            )
            self.jobs[storage] = job.metadata.name.apply(str)
        self.register_outputs({"jobs": self.jobs})


def bench_target(storage: str, spec: object, claim: Claim) -> Target:
    """Return a storage as a target: S3 takes new files only, and a directory that root makes not.

    Args:
        storage: Name of the storage.
        spec: Settings of the storage.
        claim: Claim on the storage.
    """
    on_s3, on_disk = isinstance(spec, S3Spec), isinstance(spec, ScratchSpec)
    return Target(
        claim=claim,
        promised=promised(storage, spec),
        new_files_only=on_s3,
        needs_directory=not (on_s3 or on_disk),
    )


def bench_job(
    spec: StorageBenchSpec, storage: str, target: Target, image: pulumi.Input[str]
) -> kubernetes.batch.v1.JobSpecArgsDict:
    """Return the Job of one storage, whose pod tolerates every taint: some storages need one node.

    Args:
        spec: Settings of the measurement.
        storage: Name of the storage.
        target: The storage.
        image: URI of the workloads image.
    """
    mount = Mount("storage", target.claim.mount_path)
    options = {
        "--storage": storage,
        "--size-mib": spec.size_mib,
        "--model-mib": spec.model_mib,
        "--seconds": spec.seconds,
        "--readers": spec.readers,
        "--promised": json.dumps(target.promised, sort_keys=True),
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    if target.new_files_only:
        arguments.append("--new-files-only")
    template = pod_template(
        COMPONENT,
        [
            container(
                "storage_bench",
                image,
                [target.claim.mount_path, *arguments],
                mounts=[mount],
                cpu="1",
                memory="1Gi",
            )
        ],
        init_containers=[directory_init_container(image, mount, [FOLDER])]
        if target.needs_directory
        else [],
        volumes=[claim_volume("storage", target.claim.name)],
    )
    pod: kubernetes.core.v1.PodSpecArgsDict = {
        **template["spec"],  # type: ignore[typeddict-item] # it is a dictionary, made above
        "tolerations": [{"operator": "Exists"}],
    }
    return job_spec(
        {**template, "spec": pod},
        deadline_seconds=BASE_SECONDS + 2 * spec.seconds,
        backoff_limit=0,
    )


def _name(storage: str, text: str) -> str:
    return job_name(f"bench-{storage}", text)
