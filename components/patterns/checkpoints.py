"""Training checkpoints: written to a node's own disks, and followed to S3."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import Dataset
from components.iam import Document, Statement, allow, document, read_objects
from components.node_group import NodeGroup
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
from components.pods.service_account import WorkloadIdentity
from components.pods.templates import (
    Mount,
    claim,
    container,
    directory_init_container,
    job_spec,
    pod_template,
)

COMPONENT = "checkpoints"
PREFIX = "checkpoints/pods/"
"""Where checkpoints are in the bucket."""
SCRATCH = "checkpoints"
"""The volume on the node's own disks."""
LAST_COPY_SECONDS = 120
"""What the pod is given to copy its last checkpoint when its node is taken back."""


class CheckpointsSettings(PodTrainingArgs):
    """How training goes, and what becomes of its checkpoints."""

    node_group: str
    """Where it runs: nodes with instance storage."""
    interval_seconds: int
    """How often the copy looks for new checkpoints."""
    keep_local: int
    """How many stay on the node."""
    keep_remote: int
    """How many stay in the bucket."""
    scratch_size_gib: int
    """What they may take on the node, in GiB."""


class CheckpointsArgs(TypedDict):
    """What Checkpoints are made of."""

    settings: CheckpointsSettings
    """How training goes."""
    place: PlaceArgs
    """Where."""
    group: NodeGroup
    """The node group."""


class Checkpoints(pulumi.ComponentResource):
    """A Job whose pod brings back the newest checkpoint, trains, and copies each new one.

    The copy is a native sidecar: it runs beside the training, and ends after it.
    """

    job_name: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """The Job: the model is there."""
    model_directory: str
    """Where the model is, on the shared storage."""
    uri: pulumi.Output[str]
    """Where the checkpoints are."""

    def __init__(
        self, name: str, args: CheckpointsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:Checkpoints", name, {}, opts)
        self._args, self._settings, self._place = args, args["settings"], args["place"]
        mount = self._place["mount"]
        bucket = mount.storage.bucket
        self._dataset: Dataset = bucket.datasets[self._settings["dataset"]]
        self._namespace = mount.namespaces[self._place["namespace"]]
        self.model_directory = f"trained/{COMPONENT}"
        prefix = f"{PREFIX}{progress_key(self._settings, self._dataset)}/"
        self.uri = pulumi.Output.concat("s3://", bucket.name, "/", prefix)
        child = pulumi.ResourceOptions(parent=self)
        account = WorkloadIdentity(
            f"{name}-identity",
            {
                "cluster_name": mount.cluster.name,
                "namespace": self._namespace,
                "service_account": COMPONENT,
                "policies": [keeper_policy(bucket.arn, prefix, bucket.use_key)],
            },
            child,
        )
        job = WorkloadJob(
            f"{name}-job",
            {
                "namespace": self._namespace,
                "component": COMPONENT,
                "name_prefix": COMPONENT,
                "spec": job_spec(
                    self._pod(account), deadline_seconds=self._settings["max_runtime_seconds"]
                ),
                "identity": identity(self._settings, mount, self._dataset, checkpoints=self.uri),
            },
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[account, *mount.dataset_ready(self._settings["dataset"])],
            ),
        )
        self.job_name, self.ready = job.job_name, [job.job]
        self.register_outputs({"jobName": self.job_name, "uri": self.uri})

    def _pod(self, account: WorkloadIdentity) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """Restore, then follow while training."""
        mount = self._place["mount"]
        image = mount.image
        whole = Mount("storage", mount.path)
        template = pod_template(
            COMPONENT,
            [self._trainer()],
            init_containers=[
                directory_init_container(image, whole, [self.model_directory]),
                {**self._sync("restore"), "name": "restore"},
                {**self._sync("follow"), "name": "follow", "restart_policy": "Always"},
            ],
            volumes=[
                claim("storage", mount.claim_names[self._place["namespace"]]),
                {"name": SCRATCH, "empty_dir": {"size_limit": self._scratch_size}},
            ],
            service_account=account.service_account,
            annotations=told_by(mount, self._dataset),
        )
        spec: kubernetes.core.v1.PodSpecArgsDict = {
            **template["spec"],  # type: ignore[typeddict-item] # it is a dictionary, made above
            "termination_grace_period_seconds": LAST_COPY_SECONDS,
        }
        return {**template, "spec": self._args["group"].place(spec)}

    @property
    def _scratch_size(self) -> str:
        """As a Kubernetes quantity."""
        return f"{self._settings['scratch_size_gib']}Gi"

    def _sync(self, what: str) -> kubernetes.core.v1.ContainerArgsDict:
        """Checkpoints from the bucket, or to it."""
        given = {
            "--interval": self._settings["interval_seconds"],
            "--keep-local": self._settings["keep_local"],
            "--keep-remote": self._settings["keep_remote"],
        }
        return container(
            "checkpoint_sync",
            self._place["mount"].image,
            [
                what,
                CHECKPOINT_DIRECTORY,
                self.uri,
                *(str(part) for pair in given.items() for part in pair),
            ],
            mounts=[Mount(SCRATCH, CHECKPOINT_DIRECTORY)],
        )

    def _trainer(self) -> kubernetes.core.v1.ContainerArgsDict:
        """The training, on a node that has room for the checkpoints."""
        mount = self._place["mount"]
        made = container(
            "train",
            self._place["mount"].image,
            command_line(self._settings, mount, self._dataset, {}),
            mounts=[
                Mount("storage", mount.path, read_only=True),
                Mount("storage", MODEL_DIRECTORY, sub_path=self.model_directory),
                Mount(SCRATCH, CHECKPOINT_DIRECTORY),
            ],
            cpu=self._settings["cpu"],
            memory=self._settings["memory"],
        )
        asked = {"cpu": self._settings["cpu"], "memory": self._settings["memory"]}
        made["resources"] = {
            "requests": {**asked, "ephemeral-storage": self._scratch_size},
            "limits": {"memory": self._settings["memory"]},
        }
        return made


def keeper_policy(
    bucket_arn: pulumi.Output[str], prefix: str, use_key: Sequence[Statement]
) -> Document:
    """Keeping checkpoints under one prefix of one bucket: putting, reading, deleting old ones."""
    return document(
        *read_objects(bucket_arn, [prefix]),
        allow(
            ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            [pulumi.Output.concat(bucket_arn, f"/{prefix}*")],
        ),
        *use_key,
    )
