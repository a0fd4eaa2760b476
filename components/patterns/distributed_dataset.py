"""Distributed dataset: several workers train one model on one dataset of the shared storage."""

from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import Dataset
from components.patterns.placement import in_zones, over_nodes
from components.patterns.pod_training import (
    CHECKPOINT_DIRECTORY,
    MODEL_DIRECTORY,
    PlaceArgs,
    PodTrainingArgs,
    command_line,
    identity,
    progress_key,
    told_by,
)
from components.pods.job import WorkloadJob
from components.pods.templates import (
    Mount,
    claim,
    container,
    directory_init_container,
    job_spec,
    labels,
    pod_template,
)

COMPONENT = "distributed-dataset"
TRACKER_PORT = 9099
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
"""What the Job controller labels its pods with."""


class DistributedDatasetSettings(PodTrainingArgs):
    """How the workers train."""

    workers: int
    """How many."""


class DistributedDatasetArgs(TypedDict):
    """What a DistributedDataset is made of."""

    settings: DistributedDatasetSettings
    """How the workers train."""
    place: PlaceArgs
    """Where."""


class DistributedDataset(pulumi.ComponentResource):
    """An indexed Job, whose workers find the first of them by its name in a headless Service.

    The workers are spread over the nodes in the file system's zones. Each reads the dataset by
    itself; the first writes checkpoints and model to the shared storage.
    """

    job_name: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """The Job: the model is there."""
    model_directory: str
    """Where the model is, on the shared storage."""

    def __init__(
        self,
        name: str,
        args: DistributedDatasetArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("eks-ml-storage:patterns:DistributedDataset", name, {}, opts)
        self._settings, self._place = args["settings"], args["place"]
        mount = args["place"]["mount"]
        self._dataset: Dataset = mount.storage.bucket.datasets[self._settings["dataset"]]
        self._namespace = mount.namespaces[args["place"]["namespace"]]
        self.model_directory = f"trained/{COMPONENT}"
        self._checkpoints = f"checkpoints/{progress_key(self._settings, self._dataset)}"
        child = pulumi.ResourceOptions(parent=self)
        service = kubernetes.core.v1.Service(
            f"{name}-workers", metadata=self._metadata(), spec=service_spec(), opts=child
        )
        job = WorkloadJob(
            f"{name}-job",
            {
                "namespace": self._namespace,
                "component": COMPONENT,
                "name_prefix": COMPONENT,
                "spec": self._job_spec(),
                "identity": identity(
                    self._settings,
                    mount,
                    self._dataset,
                    namespace=self._namespace,
                    workers=self._settings["workers"],
                ),
            },
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[service, *mount.dataset_ready(self._settings["dataset"])],
            ),
        )
        self.job_name, self.ready = job.job_name, [job.job]
        self.register_outputs({"jobName": self.job_name})

    def _metadata(self) -> kubernetes.meta.v1.ObjectMetaArgsDict:
        """The Service's: there is nothing to wait for, its pods come after it."""
        return {
            "name": COMPONENT,
            "namespace": self._namespace,
            "labels": labels(COMPONENT),
            "annotations": {"pulumi.com/skipAwait": "true"},
        }

    def _job_spec(self) -> kubernetes.batch.v1.JobSpecArgsDict:
        """All workers at once, each with an index; one that fails is tried again by itself."""
        workers = self._settings["workers"]
        return {
            **job_spec(
                self._pods(),
                deadline_seconds=self._settings["max_runtime_seconds"],
                # A worker that is lost takes the others down: each try is one of all of them.
                backoff_limit=4 * workers,
            ),
            "completion_mode": "Indexed",
            "completions": workers,
            "parallelism": workers,
        }

    def _pods(self) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """A worker."""
        mount = self._place["mount"]
        image = mount.image
        template = pod_template(
            COMPONENT,
            [self._worker()],
            init_containers=[
                directory_init_container(
                    image, Mount("storage", mount.path), [self.model_directory, self._checkpoints]
                )
            ],
            volumes=[claim("storage", mount.claim_names[self._place["namespace"]])],
            annotations=told_by(mount, self._dataset),
        )
        spec: kubernetes.core.v1.PodSpecArgsDict = {
            **template["spec"],  # type: ignore[typeddict-item] # it is a dictionary, made above
            "subdomain": COMPONENT,
            "affinity": in_zones(mount.storage.zones),
            "topology_spread_constraints": [over_nodes(labels(COMPONENT))],
        }
        return {**template, "spec": spec}

    def _worker(self) -> kubernetes.core.v1.ContainerArgsDict:
        """The trainer; it takes its own index from the variable that the Job controller sets."""
        mount = self._place["mount"]
        # The name of a Job tells its specification, so that the specification cannot tell it.
        tracker = pulumi.Output.concat(f"$(JOB_NAME)-0.{COMPONENT}.", self._namespace, ".svc")
        more = {"--workers": str(self._settings["workers"]), "--tracker-port": str(TRACKER_PORT)}
        made = container(
            "train",
            self._place["mount"].image,
            [
                *command_line(self._settings, mount, self._dataset, more),
                "--tracker-host",
                tracker,
            ],
            mounts=[
                Mount("storage", mount.path, read_only=True),
                Mount("storage", MODEL_DIRECTORY, sub_path=self.model_directory),
                Mount("storage", CHECKPOINT_DIRECTORY, sub_path=self._checkpoints),
            ],
            cpu=self._settings["cpu"],
            memory=self._settings["memory"],
        )
        field = f"metadata.labels['{JOB_NAME_LABEL}']"
        job: kubernetes.core.v1.EnvVarArgsDict = {
            "name": "JOB_NAME",
            "value_from": {"field_ref": {"field_path": field}},
        }
        return {**made, "env": [job, *made["env"]]}  # type: ignore[misc] # a list, made above


def service_spec() -> kubernetes.core.v1.ServiceSpecArgsDict:
    """A name for each worker, from before it is ready: the others wait for it at that name."""
    return {
        "cluster_ip": "None",
        "publish_not_ready_addresses": True,
        "selector": labels(COMPONENT),
        "ports": [{"name": "tracker", "port": TRACKER_PORT}],
    }
