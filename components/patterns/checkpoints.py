"""Training checkpoints, written to a node's own disks and copied to S3."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from components.iam import Document, Statement, allow, document, read_objects
from components.node_group import NodeGroup
from components.patterns.checkpoints_spec import CheckpointsSpec
from components.patterns.pod_training import (
    CHECKPOINT_DIRECTORY,
    MODEL_DIRECTORY,
    PodTrainingArgs,
    command_line,
    identity,
    progress_key,
    replacement_annotations,
)
from components.pods.job import WorkloadJob
from components.pods.service_account import WorkloadIdentity
from components.pods.templates import (
    Mount,
    container,
    directory_init_container,
    job_spec,
    pod_template,
)
from components.pods.templates import claim as claim_volume

COMPONENT = "checkpoints"
PREFIX = "checkpoints/pods/"
"""Prefix of the checkpoints in the bucket."""
SCRATCH = "checkpoints"
"""Name of the volume on the node's own disks."""
LAST_COPY_SECONDS = 120
"""Time for the pod to copy its last checkpoint when its node is taken back, in seconds."""


class CheckpointsArgs(PodTrainingArgs):
    """Arguments of `Checkpoints`."""

    spec: CheckpointsSpec
    """Settings of the training and of its checkpoints."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    bucket_arn: pulumi.Input[str]
    """ARN of the data bucket."""
    bucket_key_access: Sequence[Statement]
    """IAM statements that allow the use of the bucket's KMS key; none for S3's own key."""
    node_group: NodeGroup
    """Node group with instance storage."""


class Checkpoints(pulumi.ComponentResource):
    """A Job whose pod restores the newest checkpoint, trains, and copies each new one.

    The copy is a native sidecar: it runs beside the training, and ends after it. Resources that
    depend on this component wait until the model is there.
    """

    job_name: pulumi.Output[str]
    """Name of the Job."""
    model_directory: str
    """Directory of the model, from the root of the claim."""
    uri: pulumi.Output[str]
    """Address of the checkpoints, as s3://BUCKET/PREFIX."""

    def __init__(
        self, name: str, args: CheckpointsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:Checkpoints", name, {}, opts)
        spec, claim, dataset = args["spec"], args["claim"], args["dataset"]
        child = pulumi.ResourceOptions(parent=self)
        prefix = f"{PREFIX}{progress_key(spec, dataset)}/"
        policy = checkpoint_policy(args["bucket_arn"], prefix, args["bucket_key_access"])
        self.model_directory = f"trained/{COMPONENT}"
        self.uri = pulumi.Output.concat("s3://", args["bucket_name"], "/", prefix)
        account = WorkloadIdentity(
            f"{name}-identity",
            {
                "cluster_name": args["cluster_name"],
                "namespace": claim.namespace,
                "service_account": COMPONENT,
                "policies": [policy],
            },
            child,
        )
        pod = training_pod(args, self.model_directory, self.uri, account.service_account)
        self.job_name = WorkloadJob(
            f"{name}-job",
            {
                "namespace": claim.namespace,
                "component": COMPONENT,
                "name_prefix": COMPONENT,
                "spec": job_spec(pod, deadline_seconds=spec.max_runtime_seconds),
                "replace_with": [claim.volume],
                "identity": identity(spec, args, checkpoints=self.uri),
            },
            pulumi.ResourceOptions(parent=self, depends_on=[account, *dataset.loading_jobs]),
        ).job_name
        self.register_outputs({"jobName": self.job_name, "uri": self.uri})


def training_pod(
    args: CheckpointsArgs, model_directory: str, uri: pulumi.Output[str], service_account: str
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod that restores the newest checkpoint, then copies new ones while it trains.

    Args:
        args: Arguments of the component.
        model_directory: Directory of the model, from the root of the claim.
        uri: Address of the checkpoints.
        service_account: Name of the pod's service account.
    """
    spec, claim, image = args["spec"], args["claim"], args["image"]
    template = pod_template(
        COMPONENT,
        [training_container(args, model_directory)],
        init_containers=[
            directory_init_container(image, Mount("storage", claim.mount_path), [model_directory]),
            {**sync_container(spec, image, "restore", uri), "name": "restore"},
            {
                **sync_container(spec, image, "follow", uri),
                "name": "follow",
                "restart_policy": "Always",
            },
        ],
        volumes=[
            claim_volume("storage", claim.name),
            {"name": SCRATCH, "empty_dir": {"size_limit": f"{spec.scratch_size_gib}Gi"}},
        ],
        service_account=service_account,
        annotations=replacement_annotations(args),
    )
    pod: kubernetes.core.v1.PodSpecArgsDict = {
        **template["spec"],  # type: ignore[typeddict-item] # it is a dictionary, made above
        "termination_grace_period_seconds": LAST_COPY_SECONDS,
    }
    return {**template, "spec": args["node_group"].schedule(pod)}


def sync_container(
    spec: CheckpointsSpec, image: pulumi.Input[str], direction: str, uri: pulumi.Output[str]
) -> kubernetes.core.v1.ContainerArgsDict:
    """Return a container that copies checkpoints from the bucket (restore) or to it (follow)."""
    given = {
        "--interval": spec.interval_seconds,
        "--keep-local": spec.keep_local,
        "--keep-remote": spec.keep_remote,
    }
    options = [str(part) for pair in given.items() for part in pair]
    return container(
        "checkpoint_sync",
        image,
        [direction, CHECKPOINT_DIRECTORY, uri, *options],
        mounts=[Mount(SCRATCH, CHECKPOINT_DIRECTORY)],
    )


def training_container(
    args: CheckpointsArgs, model_directory: str
) -> kubernetes.core.v1.ContainerArgsDict:
    """Return the container that trains, on a node that has room for the checkpoints."""
    spec = args["spec"]
    made = container(
        "train",
        args["image"],
        command_line(spec, args, {}),
        mounts=[
            Mount("storage", args["claim"].mount_path, read_only=True),
            Mount("storage", MODEL_DIRECTORY, sub_path=model_directory),
            Mount(SCRATCH, CHECKPOINT_DIRECTORY),
        ],
        cpu=spec.cpu,
        memory=spec.memory,
    )
    scratch = {"ephemeral-storage": f"{spec.scratch_size_gib}Gi"}
    made["resources"] = {
        "requests": {"cpu": spec.cpu, "memory": spec.memory, **scratch},
        "limits": {"memory": spec.memory},
    }
    return made


def checkpoint_policy(
    bucket_arn: pulumi.Input[str], prefix: str, key_access: Sequence[Statement]
) -> Document:
    """Return a policy that allows putting, reading and deleting checkpoints under a prefix."""
    return document(
        *read_objects(bucket_arn, [prefix]),
        allow(
            ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            [pulumi.Output.concat(bucket_arn, f"/{prefix}*")],
        ),
        *key_access,
    )
