"""What answers with a model of the repository."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.node_group import NodeGroup
from components.pods.templates import LABELS, Mount, claim, container, pod_template

MODEL_DIRECTORY = "/opt/ml/model"
COMPONENT = "model-server"
MODEL_LABEL = "eks-ml-storage/model"


class ResourcesArgs(TypedDict):
    """What a pod asks for, as Kubernetes quantities."""

    requests: dict[str, str]
    """What a node must have free."""
    limits: dict[str, str]
    """What it may use at most."""


class ModelServerSettings(TypedDict):
    """How a model is served."""

    image: str | None
    """An image that is not ours; the workloads image serves XGBoost models when None."""
    args: list[str]
    """Its command line."""
    port: int
    """Where it listens."""
    health_path: str
    """What answers 200 once the model is loaded."""
    replicas: int
    """How many pods."""
    resources: ResourcesArgs
    """What each asks for."""
    node_group: str | None
    """Where they run."""


class ModelServerArgs(TypedDict):
    """What a ModelServer is made of."""

    settings: ModelServerSettings
    """How it is served."""
    model: str
    """The model's name; the Service's is model-NAME."""
    namespace: pulumi.Input[str]
    """Where it is."""
    claim_name: pulumi.Input[str]
    """That namespace's claim on the shared storage."""
    volume: pulumi.Resource
    """What is claimed."""
    directory: pulumi.Output[str]
    """Where the model's files are on the storage."""
    image: pulumi.Input[str]
    """The workloads image."""
    group: NodeGroup | None
    """The node group, if one is named."""


class ModelServer(pulumi.ComponentResource):
    """A Deployment that reads a model from the shared storage, and a Service before it."""

    endpoint: pulumi.Output[str]
    """Where it answers, inside the cluster."""
    deployment: pulumi.Resource
    """There once all its pods answer with the model."""

    def __init__(
        self,
        name: str,
        args: ModelServerArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:patterns:ModelServer", name, {}, opts)
        self._args, self._settings = args, args["settings"]
        self._labels = server_labels(args["model"], ours=self._settings["image"] is None)
        metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {
            "name": f"model-{args['model']}",
            "namespace": args["namespace"],
            "labels": self._labels,
        }
        self.deployment = kubernetes.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=metadata,
            spec={
                "replicas": self._settings["replicas"],
                "selector": {"match_labels": self._labels},
                "template": self._pod(),
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after],
                replace_with=[args["volume"]],
                delete_before_replace=True,
            ),
        )
        service = kubernetes.core.v1.Service(
            f"{name}-service",
            metadata=metadata,
            spec={
                "selector": self._labels,
                "ports": [{"name": "http", "port": 80, "target_port": "http"}],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.deployment]),
        )
        self.endpoint = service.metadata.apply(
            lambda known: f"http://{known.name}.{known.namespace}.svc"
        )
        self.register_outputs({"endpoint": self.endpoint})

    def _pod(self) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """The server's pod: ours may do nothing but serve, another's is what its image makes it."""
        args, group = self._args, self._args["group"]
        volumes = [claim("storage", args["claim_name"])]
        if self._settings["image"] is None:
            made = pod_template(COMPONENT, [self._own()], volumes=volumes, restart_policy="Always")
            spec: kubernetes.core.v1.PodSpecArgsDict = {**made["spec"]}  # type: ignore[typeddict-item]
        else:
            spec = {
                "automount_service_account_token": False,
                "security_context": {"seccomp_profile": {"type": "RuntimeDefault"}},
                "containers": [self._others(self._settings["image"])],
                "volumes": volumes,
            }
        return {
            "metadata": {"labels": self._labels},
            "spec": group.place(spec) if group else spec,
        }

    def _own(self) -> kubernetes.core.v1.ContainerArgsDict:
        """The workloads image, which answers as SageMaker's containers do."""
        port = str(self._settings["port"])
        arguments = [MODEL_DIRECTORY, "--host", "0.0.0.0", "--port", port]
        mount = Mount("storage", MODEL_DIRECTORY, read_only=True, sub_path=self._args["directory"])
        return self._probed(container("serve", self._args["image"], arguments, mounts=[mount]))

    def _others(self, image: str) -> kubernetes.core.v1.ContainerArgsDict:
        """An image of somebody else's."""
        return self._probed(
            {
                "name": "server",
                "image": image,
                "args": self._settings["args"],
                "volume_mounts": [
                    {
                        "name": "storage",
                        "mount_path": MODEL_DIRECTORY,
                        "sub_path": self._args["directory"],
                        "read_only": True,
                    }
                ],
                "security_context": {"allow_privilege_escalation": False},
            }
        )

    def _probed(
        self, server: kubernetes.core.v1.ContainerArgsDict
    ) -> kubernetes.core.v1.ContainerArgsDict:
        """A server with the port that the Service asks, and what the kubelet asks there."""
        asked: kubernetes.core.v1.HTTPGetActionArgsDict = {
            "path": self._settings["health_path"],
            "port": "http",
        }
        resources = self._settings["resources"]
        return {
            **server,
            "ports": [{"name": "http", "container_port": self._settings["port"]}],
            "readiness_probe": {"http_get": asked, "period_seconds": 5},
            # A model of many GiB takes its time; only one that answered once is given up.
            "startup_probe": {"http_get": asked, "period_seconds": 5, "failure_threshold": 360},
            "liveness_probe": {"http_get": asked, "period_seconds": 20, "timeout_seconds": 5},
            "resources": {"requests": resources["requests"], "limits": resources["limits"]},
        }


def server_labels(model: str, *, ours: bool) -> dict[str, str]:
    """The labels of a model's servers; the name of our workloads is for pods of our image only."""
    whose = LABELS if ours else {"app.kubernetes.io/name": model}
    return {**whose, "app.kubernetes.io/component": COMPONENT, MODEL_LABEL: model}
