"""Model repository: models on the shared storage, each brought there once, and their servers."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.node_group import NodeGroup
from components.patterns.model_server import ModelServer, ModelServerSettings
from components.patterns.pod_training import PlaceArgs
from components.policies import document, read_objects
from components.workloads import (
    Mount,
    WorkloadIdentity,
    WorkloadJob,
    claim,
    container,
    job_spec,
    makes_directories,
    pod_template,
)

COMPONENT = "model-cache"
CACHE = "models"
"""Where models are on the shared storage."""
BRINGING_SECONDS = 1800
"""What it may take to bring a model, once it is in the bucket."""


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
    job_names: Mapping[str, pulumi.Output[str]]
    """SageMaker's name of each training job."""
    groups: Mapping[str, NodeGroup]
    """The node groups by name."""


class ModelRepository(pulumi.ComponentResource):
    """Each model is brought from the bucket to models/NAME/VERSION of the shared storage.

    A Job does it, whose end an update waits for: until a training job has made the model, that
    is. The servers then start with the files before them, however many they are and wherever. A
    new version has a directory of its own beside the old one, which the servers leave one by one.
    """

    endpoints: dict[str, pulumi.Output[str]]
    """Where each model answers, inside the cluster."""

    def __init__(
        self, name: str, args: ModelRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:ModelRepository", name, {}, opts)
        self._name, self._args, self._place = name, args, args["place"]
        self._mount = args["place"]["mount"]
        self._child = pulumi.ResourceOptions(parent=self)
        self.endpoints = {
            model: self._serve(model, settings)
            for model, settings in args["settings"]["models"].items()
        }
        self.register_outputs({"endpoints": self.endpoints})

    def _serve(self, model: str, settings: ModelSettings) -> pulumi.Output[str]:
        """Bring a model and serve it; answers where."""
        namespace = settings["namespace"] or self._place["namespace"]
        version = self._version_of(settings)
        directory = pulumi.Output.concat(f"{CACHE}/{model}/", version)
        brought = self._bring(model, settings, namespace, directory)
        server = settings["server"]
        group = server["node_group"]
        return ModelServer(
            f"{self._name}-{model}-server",
            {
                "settings": server,
                "model": model,
                "namespace": self._mount.namespaces[namespace],
                "claim_name": self._mount.claim_names[namespace],
                "directory": directory,
                "image": self._place["mount"].image,
                "group": self._args["groups"][group] if group else None,
            },
            self._child,
            after=[brought],
        ).endpoint

    def _version_of(self, settings: ModelSettings) -> pulumi.Output[str]:
        """What tells one version of a model from the next: the job that made it, or the prefix."""
        if settings["job"] is not None:
            return self._args["job_names"][settings["job"]]
        return pulumi.Output.from_input(sha256(f"{settings['prefix']}".encode()).hexdigest()[:12])

    def _bring(
        self,
        model: str,
        settings: ModelSettings,
        namespace: str,
        directory: pulumi.Output[str],
    ) -> pulumi.Resource:
        """The Job that brings a model, and the right to read it."""
        bucket, known = self._mount.storage.bucket, self._mount.namespaces[namespace]
        prefix = settings["prefix"] or f"models/{settings['job']}/"
        identity = WorkloadIdentity(
            f"{self._name}-{model}-identity",
            {
                "cluster_name": self._mount.cluster.name,
                "namespace": known,
                "service_account": f"{COMPONENT}-{model}",
                "policies": [document(*read_objects(bucket.arn, [prefix]))],
            },
            self._child,
        )
        key = (
            prefix
            if settings["job"] is None
            else pulumi.Output.concat(prefix, self._version_of(settings), "/output/model.tar.gz")
        )
        return WorkloadJob(
            f"{self._name}-{model}-cache",
            {
                "namespace": known,
                "component": COMPONENT,
                "name_prefix": f"{COMPONENT}-{model}",
                "spec": job_spec(
                    self._pod(
                        namespace,
                        identity,
                        [
                            pulumi.Output.concat("s3://", bucket.name, "/", key),
                            pulumi.Output.concat(self._mount.path, "/", directory),
                            "--wait",
                            str(settings["wait_seconds"]),
                            "--extract",
                        ],
                    ),
                    deadline_seconds=settings["wait_seconds"] + BRINGING_SECONDS,
                ),
            },
            self._child,
            after=identity.ready,
        ).job

    def _pod(
        self,
        namespace: str,
        identity: WorkloadIdentity,
        arguments: list[pulumi.Input[str]],
    ) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """The pod of such a Job."""
        whole, image = Mount("storage", self._mount.path), self._place["mount"].image
        return pod_template(
            COMPONENT,
            [container("download", image, arguments, mounts=[whole])],
            init_containers=[makes_directories(image, whole, [CACHE])],
            volumes=[claim("storage", self._mount.claim_names[namespace])],
            service_account=identity.service_account,
            annotations={"eks-ml-storage/file-system": self._mount.storage.file_system_id},
        )
