"""Model repository: models on the shared storage, each brought there once, and their servers."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TypedDict

import pulumi

from components.node_group import NodeGroup
from components.patterns.model_cache import ModelCache
from components.patterns.model_server import ModelServer, ModelServerSettings
from components.patterns.pod_training import PlaceArgs
from components.patterns.prefix_content import listing_digest
from components.training.training_job import TrainingJob


class ModelSettings(TypedDict):
    """A model, and what answers with it."""

    job: str | None
    """The training job that makes it."""
    prefix: str | None
    """Or the prefix of the bucket where its files are."""
    namespace: str | None
    """Where it is served; where training is when None."""
    wait_seconds: int
    """How long it may take until it is in the bucket."""
    server: ModelServerSettings
    """What answers."""


class ModelRepositorySettings(TypedDict):
    """The models."""

    models: dict[str, ModelSettings]
    """By name."""


class ModelRepositoryArgs(TypedDict):
    """What a ModelRepository is made of."""

    settings: ModelRepositorySettings
    """The models."""
    place: PlaceArgs
    """Where."""
    jobs: Mapping[str, TrainingJob]
    """The training jobs by name."""
    groups: Mapping[str, NodeGroup]
    """The node groups by name."""


class ModelRepository(pulumi.ComponentResource):
    """Each model is brought from the bucket to models/NAME/VERSION of the shared storage.

    The version of files below a prefix is of what they are called and hold when the stack is
    deployed, so that the next update brings what has changed. A Job does it, whose end an update
    waits for: until a training job has made the model, that is. The servers then start with the
    files before them, however many they are and wherever. A new version has a directory of its own
    beside the old one, which the servers leave one by one and which is then removed.
    """

    endpoints: dict[str, pulumi.Output[str]]
    """Where each model answers, inside the cluster."""
    directories: list[pulumi.Output[str]]
    """Directory of each model, from the root of the claim."""
    ready: list[pulumi.Resource]
    """The servers, rolled out."""

    def __init__(
        self, name: str, args: ModelRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:ModelRepository", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        models = args["settings"]["models"]
        self.directories, self.ready = [], []
        self.endpoints = {each: self._server(each, models[each]).endpoint for each in models}
        self.register_outputs({"endpoints": self.endpoints})

    def _server(self, model: str, settings: ModelSettings) -> ModelServer:
        """What serves a model, once its files are there."""
        place, server = self._args["place"], settings["server"]
        namespace = settings["namespace"] or place["namespace"]
        cache = self._cache(model, settings, namespace)
        group = server["node_group"]
        made = ModelServer(
            f"{self._name}-{model}-server",
            {
                "settings": server,
                "model": model,
                "namespace": place["mount"].namespaces[namespace],
                "claim_name": place["mount"].claim_names[namespace],
                "volume": place["mount"].volumes[namespace],
                "directory": cache.directory,
                "image": place["mount"].image,
                "group": self._args["groups"][group] if group else None,
            },
            self._child,
            after=cache.ready,
        )
        self.directories.append(cache.directory)
        self.ready.append(made.deployment)
        return made

    def _cache(self, model: str, settings: ModelSettings, namespace: str) -> ModelCache:
        """A model's files: what a training job packs, or what is under a prefix."""
        job = None if settings["job"] is None else self._args["jobs"][settings["job"]]
        prefix = settings["prefix"] or f"models/{settings['job']}/"
        bucket = self._args["place"]["mount"].storage.bucket
        if job:
            listing, version, key = None, job.job_name, packed_model(prefix, job.job_name)
        else:
            listing = listing_digest(bucket.name, prefix, self)
            version, key = version_of(prefix, listing), pulumi.Output.from_input(prefix)
        return ModelCache(
            f"{self._name}-{model}-cache",
            {
                "model": model,
                "version": version,
                "listing": listing,
                "prefix": prefix,
                "key": key,
                "wait_seconds": settings["wait_seconds"],
                "mount": self._args["place"]["mount"],
                "namespace": namespace,
            },
            self._child,
            # A model that nobody trains is not waited for.
            after=[job.submitted] if job else [],
        )


def packed_model(prefix: str, job_name: pulumi.Output[str]) -> pulumi.Output[str]:
    """Where SageMaker puts the model of a job whose output path is a prefix.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
    """
    return pulumi.Output.concat(prefix, job_name, "/output/model.tar.gz")


def version_of(prefix: str, listing: pulumi.Output[str]) -> pulumi.Output[str]:
    """A version of the files below a prefix: another prefix and another content are another one."""
    return listing.apply(lambda found: sha256(f"{prefix} {found}".encode()).hexdigest()[:12])
