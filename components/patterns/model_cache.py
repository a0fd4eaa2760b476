"""A model on the shared storage, brought there once from the bucket."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.iam import document, read_objects
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
from components.storage.mount import MODELS, StorageMount

COMPONENT = "model-cache"
BRINGING_SECONDS = 1800
"""What it may take to bring a model, once it is in the bucket."""


class ModelCacheArgs(TypedDict):
    """What a ModelCache is made of."""

    model: str
    """What the model is called."""
    version: pulumi.Output[str]
    """What tells it from others of that name."""
    prefix: str
    """Where all its versions are in the bucket."""
    key: pulumi.Input[str]
    """The object or the prefix that this one is."""
    listing: pulumi.Output[str] | None
    """Digest of the files below a prefix as they are to be brought, empty for whatever comes; None
    for one object, which its key tells from others."""
    wait_seconds: int
    """How long it may take until it is in the bucket."""
    mount: StorageMount
    """Where it is brought."""
    namespace: str
    """Through the claim of which namespace."""


class ModelCache(pulumi.ComponentResource):
    """A Job that brings a model to models/NAME/VERSION, and the right to read it in the bucket."""

    directory: pulumi.Output[str]
    """Where the model is, from what claims show as the root."""
    ready: list[pulumi.Resource]
    """The Job: the files are there."""

    def __init__(
        self,
        name: str,
        args: ModelCacheArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:patterns:ModelCache", name, {}, opts)
        self._name, self._args, self._mount = name, args, args["mount"]
        self._child = pulumi.ResourceOptions(parent=self)
        self.directory = pulumi.Output.concat(f"{MODELS}/{args['model']}/", args["version"])
        identity = self._identity()
        job = WorkloadJob(
            f"{name}-job",
            {
                "namespace": self._mount.namespaces[args["namespace"]],
                "component": COMPONENT,
                "name_prefix": f"{COMPONENT}-{args['model']}",
                "spec": job_spec(
                    self._pod(identity), deadline_seconds=args["wait_seconds"] + BRINGING_SECONDS
                ),
            },
            pulumi.ResourceOptions(parent=self, depends_on=[identity, *after]),
        )
        self.ready = [job.job]
        self.register_outputs({"directory": self.directory})

    def _identity(self) -> WorkloadIdentity:
        """Whose pods may read the model, in all its versions."""
        args, bucket = self._args, self._mount.storage.bucket
        return WorkloadIdentity(
            f"{self._name}-identity",
            {
                "cluster_name": self._mount.cluster.name,
                "namespace": self._mount.namespaces[args["namespace"]],
                "service_account": f"{COMPONENT}-{args['model']}",
                "policies": [
                    document(*read_objects(bucket.arn, [args["prefix"]]), *bucket.use_key)
                ],
            },
            self._child,
        )

    def _pod(self, identity: WorkloadIdentity) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """The pod that waits for the model and brings it."""
        args, image = self._args, self._mount.image
        whole = Mount("storage", self._mount.path)
        arguments: list[pulumi.Input[str]] = [
            pulumi.Output.concat("s3://", self._mount.storage.bucket.name, "/", args["key"]),
            pulumi.Output.concat(self._mount.path, "/", self.directory),
            "--wait",
            str(args["wait_seconds"]),
            "--extract",
        ]
        if args["listing"] is not None:
            arguments += ["--listing", args["listing"]]
        return pod_template(
            COMPONENT,
            [container("download", image, arguments, mounts=[whole])],
            init_containers=[directory_init_container(image, whole, [self.directory])],
            volumes=[claim("storage", self._mount.claim_names[args["namespace"]])],
            service_account=identity.service_account,
            annotations={"eks-ml-storage/file-system-id": self._mount.storage.file_system_id},
        )
