"""Copy of a model from the bucket to the shared storage."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.iam import Statement, document
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
from components.storage.base import Claim
from components.storage.old_contents import MODELS

COMPONENT = "model-cache"
COPY_SECONDS = 1800
"""Longest duration of the copy of a model once it is in the bucket, in seconds."""


class ModelCacheArgs(TypedDict):
    """Arguments of `ModelCache`."""

    model: str
    """Name of the model."""
    version: pulumi.Output[str]
    """Version of the model; part of the directory name."""
    uri: pulumi.Input[str]
    """Object or prefix of this version in the bucket, as s3://BUCKET/KEY."""
    listing: pulumi.Output[str] | None
    """Digest of the files below a prefix that are to be copied, empty for any files; None for one
    object, whose key has the version."""
    wait_seconds: int
    """Longest wait until the model is in the bucket, in seconds."""
    claim: Claim
    """Claim through which it is copied."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    image: pulumi.Input[str]
    """Image of the workloads."""
    bucket_access: Sequence[Statement]
    """IAM statements that allow to read the model, in all its versions."""


class ModelCache(pulumi.ComponentResource):
    """A Job that copies a model to models/NAME/VERSION, and the right to read it in the bucket.

    The Job waits for the resources of `depends_on`. Resources that depend on this component wait
    until the files are there.
    """

    directory: pulumi.Output[str]
    """Directory of the model, from the root of the claim."""

    def __init__(
        self, name: str, args: ModelCacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:patterns:ModelCache", name, {}, own)
        child = pulumi.ResourceOptions(parent=self)
        namespace = args["claim"].namespace
        self.directory = pulumi.Output.concat(f"{MODELS}/{args['model']}/", args["version"])
        account = WorkloadIdentity(
            f"{name}-identity",
            {
                "cluster_name": args["cluster_name"],
                "namespace": namespace,
                "service_account": f"{COMPONENT}-{args['model']}",
                "policies": [document(*args["bucket_access"])],
            },
            child,
        )
        WorkloadJob(
            f"{name}-job",
            {
                "namespace": namespace,
                "component": COMPONENT,
                "name_prefix": f"{COMPONENT}-{args['model']}",
                "spec": job_spec(
                    copying_pod(args, self.directory, account.service_account),
                    deadline_seconds=args["wait_seconds"] + COPY_SECONDS,
                ),
            },
            pulumi.ResourceOptions(parent=self, depends_on=[account, *depends_on]),
        )
        self.register_outputs({"directory": self.directory})


def copying_pod(
    args: ModelCacheArgs, directory: pulumi.Output[str], service_account: str
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return the pod that waits for the model and copies it.

    Args:
        args: Arguments of the component.
        directory: Directory of the model, from the root of the claim.
        service_account: Name of the pod's service account.
    """
    claim, image = args["claim"], args["image"]
    whole = Mount("storage", claim.mount_path)
    arguments: list[pulumi.Input[str]] = [
        args["uri"],
        pulumi.Output.concat(claim.mount_path, "/", directory),
        "--wait",
        str(args["wait_seconds"]),
        "--extract",
    ]
    if args["listing"] is not None:
        arguments += ["--listing", args["listing"]]
    return pod_template(
        COMPONENT,
        [container("download", image, arguments, mounts=[whole])],
        init_containers=[directory_init_container(image, whole, [directory])],
        volumes=[claim_volume("storage", claim.name)],
        service_account=service_account,
        annotations={"eks-ml-storage/file-system-id": claim.file_system_id},
    )
