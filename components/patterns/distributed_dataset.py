"""Training of one model by several workers on one dataset of the shared storage."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from components.patterns.distributed_dataset_spec import DistributedDatasetSpec
from components.patterns.pod_training import (
    CHECKPOINT_DIRECTORY,
    MODEL_DIRECTORY,
    PodTrainingArgs,
    command_line,
    identity,
    progress_key,
    replacement_annotations,
)
from components.patterns.scheduling import node_spread, zone_affinity
from components.pods.job import WorkloadJob
from components.pods.templates import (
    Mount,
    container,
    directory_init_container,
    job_spec,
    labels,
    pod_template,
)
from components.pods.templates import claim as claim_volume

COMPONENT = "distributed-dataset"
TRACKER_PORT = 9099
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
"""Label that the Job controller gives its pods."""


class DistributedDatasetArgs(PodTrainingArgs):
    """Arguments of `DistributedDataset`."""

    spec: DistributedDatasetSpec
    """Settings of the training."""
    zones: Sequence[str]
    """Availability Zones of the file system."""


class DistributedDataset(pulumi.ComponentResource):
    """An indexed Job, whose workers find the first of them by its name in a headless Service.

    The workers are spread over the nodes in the file system's zones. Each reads the dataset by
    itself; the first writes checkpoints and model to the shared storage. Resources that depend on
    this component wait until the model is there.
    """

    job_name: pulumi.Output[str]
    """Name of the Job."""
    model_directory: str
    """Directory of the model, from the root of the claim."""

    def __init__(
        self, name: str, args: DistributedDatasetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:DistributedDataset", name, {}, opts)
        spec, namespace = args["spec"], args["claim"].namespace
        child = pulumi.ResourceOptions(parent=self)
        self.model_directory = f"trained/{COMPONENT}"
        service = kubernetes.core.v1.Service(
            f"{name}-workers",
            metadata={
                "name": COMPONENT,
                "namespace": namespace,
                "labels": labels(COMPONENT),
                # There is nothing to wait for: its pods come after it.
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
            spec=service_spec(),
            opts=child,
        )
        self.job_name = WorkloadJob(
            f"{name}-job",
            {
                "namespace": namespace,
                "component": COMPONENT,
                "name_prefix": COMPONENT,
                "spec": {
                    **job_spec(
                        worker_pod(args, self.model_directory),
                        deadline_seconds=spec.max_runtime_seconds,
                        # A worker that is lost takes the others down: each try is one of all.
                        backoff_limit=4 * spec.workers,
                    ),
                    "completion_mode": "Indexed",
                    "completions": spec.workers,
                    "parallelism": spec.workers,
                },
                "replace_with": [args["claim"].volume],
                "identity": identity(spec, args, namespace=namespace, workers=spec.workers),
            },
            pulumi.ResourceOptions(
                parent=self, depends_on=[service, *args["dataset"].loading_jobs]
            ),
        ).job_name
        self.register_outputs({"jobName": self.job_name})


def worker_pod(
    args: DistributedDatasetArgs, model_directory: str
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return the pod of a worker, on a node in a zone of the file system.

    Args:
        args: Arguments of the component.
        model_directory: Directory of the model, from the root of the claim.
    """
    claim, image = args["claim"], args["image"]
    checkpoints = f"checkpoints/{progress_key(args['spec'], args['dataset'])}"
    whole = Mount("storage", claim.mount_path)
    template = pod_template(
        COMPONENT,
        [worker_container(args, model_directory, checkpoints)],
        init_containers=[directory_init_container(image, whole, [model_directory, checkpoints])],
        volumes=[claim_volume("storage", claim.name)],
        annotations=replacement_annotations(args),
    )
    pod: kubernetes.core.v1.PodSpecArgsDict = {
        **template["spec"],  # type: ignore[typeddict-item] # it is a dictionary, made above
        "subdomain": COMPONENT,
        "affinity": zone_affinity(args["zones"]),
        "topology_spread_constraints": [node_spread(labels(COMPONENT))],
    }
    return {**template, "spec": pod}


def worker_container(
    args: DistributedDatasetArgs, model_directory: str, checkpoints: str
) -> kubernetes.core.v1.ContainerArgsDict:
    """Return the trainer, which takes its own index from a variable of the Job controller's.

    Args:
        args: Arguments of the component.
        model_directory: Directory of the model, from the root of the claim.
        checkpoints: Directory of the checkpoints, from the root of the claim.
    """
    spec, claim = args["spec"], args["claim"]
    # The name of a Job is a hash of its specification, so that the specification cannot have it.
    tracker = pulumi.Output.concat(f"$(JOB_NAME)-0.{COMPONENT}.", claim.namespace, ".svc")
    more = {"--workers": str(spec.workers), "--tracker-port": str(TRACKER_PORT)}
    made = container(
        "train",
        args["image"],
        [*command_line(spec, args, more), "--tracker-host", tracker],
        mounts=[
            Mount("storage", claim.mount_path, read_only=True),
            Mount("storage", MODEL_DIRECTORY, sub_path=model_directory),
            Mount("storage", CHECKPOINT_DIRECTORY, sub_path=checkpoints),
        ],
        cpu=spec.cpu,
        memory=spec.memory,
    )
    job: kubernetes.core.v1.EnvVarArgsDict = {
        "name": "JOB_NAME",
        "value_from": {"field_ref": {"field_path": f"metadata.labels['{JOB_NAME_LABEL}']"}},
    }
    return {**made, "env": [job, *made["env"]]}  # type: ignore[misc] # a list, made above


def service_spec() -> kubernetes.core.v1.ServiceSpecArgsDict:
    """Return a Service that names each worker before it is ready: the others wait for that name."""
    return {
        "cluster_ip": "None",
        "publish_not_ready_addresses": True,
        "selector": labels(COMPONENT),
        "ports": [{"name": "tracker", "port": TRACKER_PORT}],
    }
