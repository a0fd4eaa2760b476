"""Models on the shared storage, each copied there once, and their servers."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NotRequired, TypedDict

import pulumi

from components.iam import Statement, read_objects
from components.node_group import NodeGroup
from components.patterns.model_cache import ModelCache
from components.patterns.model_repository_spec import ModelRepositorySpec, ModelSpec
from components.patterns.model_server import ModelServer
from components.patterns.prefix_content import listing_digest
from components.patterns.stored_models import StoredModel
from components.storage.base import Claim
from components.training.training_job import TrainingJob


class ModelRepositoryWiring(TypedDict):
    """Arguments of `ModelRepository` beside its spec, which `Patterns` passes on."""

    claims: Mapping[str, Claim]
    """Claims on the shared storage, by namespace."""
    namespace: str
    """Namespace of the training, and of the models that name none."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    image: pulumi.Input[str]
    """Image of the workloads."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    bucket_arn: pulumi.Input[str]
    """ARN of the data bucket."""
    bucket_key_access: Sequence[Statement]
    """IAM statements that allow the use of the bucket's KMS key; none for S3's own key."""
    node_groups: Mapping[str, NodeGroup]
    """Node groups by name."""
    training_jobs: Mapping[str, TrainingJob]
    """Training jobs by name."""
    stored_models: NotRequired[Mapping[str, StoredModel]]
    """Models that the stack does not train, by name; none by default."""


class ModelRepositoryArgs(ModelRepositoryWiring):
    """Arguments of `ModelRepository`."""

    spec: ModelRepositorySpec
    """The models and their servers."""


class ModelRepository(pulumi.ComponentResource):
    """Models, each copied from the bucket to models/NAME/VERSION of the shared storage and served.

    A Job copies a model once a training job has made it, and an update waits for the Job. The
    servers start when the files are there. The version of files below a prefix depends on their
    names and contents at deployment, so the next update copies what has changed. A new version gets
    a directory of its own; the old one is removed after all servers have been replaced.
    """

    endpoints: dict[str, pulumi.Output[str]]
    """URL of each model inside the cluster."""
    directories: list[pulumi.Output[str]]
    """Directory of each model, from the root of the claim."""

    def __init__(
        self, name: str, args: ModelRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:ModelRepository", name, {}, opts)
        self.endpoints, self.directories = {}, []
        for model, spec in args["spec"].models.items():
            claim = args["claims"][spec.namespace or args["namespace"]]
            cache = model_cache(f"{name}-{model}-cache", model, spec, claim, args, self)
            group = spec.server.node_group
            server = ModelServer(
                f"{name}-{model}-server",
                {
                    "spec": spec.server,
                    "model": model,
                    "directory": cache.directory,
                    "claim": claim,
                    "image": args["image"],
                    "node_group": args["node_groups"][group] if group else None,
                },
                pulumi.ResourceOptions(parent=self, depends_on=[cache]),
            )
            self.endpoints[model] = server.endpoint
            self.directories.append(cache.directory)
        self.register_outputs({"endpoints": self.endpoints})


def model_cache(  # noqa: PLR0913, PLR0917 (a model, and where it goes)
    name: str,
    model: str,
    spec: ModelSpec,
    claim: Claim,
    args: ModelRepositoryArgs,
    parent: pulumi.Resource,
) -> ModelCache:
    """Make the copy of a model: of the archive of a training job, or of files under a prefix.

    Args:
        name: Name of the component.
        model: Name of the model.
        spec: Settings of the model.
        claim: Claim through which it is copied.
        args: Arguments of the repository.
        parent: The repository.
    """
    if spec.model is not None:
        return stored_cache(
            name, model, args["stored_models"][spec.model], spec, claim, args, parent
        )
    job = None if spec.job is None else args["training_jobs"][spec.job]
    prefix = spec.prefix or f"models/{spec.job}/"
    if job is not None:
        listing, version, key = None, job.job_name, model_archive_key(prefix, job.job_name)
    else:
        listing = listing_digest(args["bucket_name"], prefix, parent)
        version, key = content_version(prefix, listing), pulumi.Output.from_input(prefix)
    return ModelCache(
        name,
        {
            "model": model,
            "version": version,
            "uri": pulumi.Output.concat("s3://", args["bucket_name"], "/", key),
            "listing": listing,
            "wait_seconds": spec.wait_seconds,
            "claim": claim,
            "cluster_name": args["cluster_name"],
            "image": args["image"],
            "bucket_access": [
                *read_objects(args["bucket_arn"], [prefix]),
                *args["bucket_key_access"],
            ],
        },
        # A model that nobody trains is not waited for.
        pulumi.ResourceOptions(parent=parent, depends_on=[job] if job else []),
    )


def stored_cache(  # noqa: PLR0913, PLR0917 (a model, and where it goes)
    name: str,
    model: str,
    stored: StoredModel,
    spec: ModelSpec,
    claim: Claim,
    args: ModelRepositoryArgs,
    parent: pulumi.Resource,
) -> ModelCache:
    """Make the copy of a model that the stack does not train.

    Args:
        name: Name of the component.
        model: Name of the model in the repository.
        stored: Files of the model.
        spec: Settings of the model.
        claim: Claim through which it is copied.
        args: Arguments of the repository.
        parent: The repository.
    """
    return ModelCache(
        name,
        {
            "model": model,
            "version": pulumi.Output.from_input(stored.version),
            "uri": stored.uri,
            "listing": pulumi.Output.from_input(stored.listing),
            "wait_seconds": spec.wait_seconds,
            "claim": claim,
            "cluster_name": args["cluster_name"],
            "image": args["image"],
            "bucket_access": stored.access,
        },
        pulumi.ResourceOptions(parent=parent, depends_on=[*stored.uploads]),
    )


def model_archive_key(prefix: str, job_name: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the key of the model of a SageMaker job whose output path is a prefix.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
    """
    return pulumi.Output.concat(prefix, job_name, "/output/model.tar.gz")


def content_version(prefix: str, listing: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return a version of the files below a prefix, another for each prefix and each content."""
    return listing.apply(lambda found: sha256(f"{prefix} {found}".encode()).hexdigest()[:12])
