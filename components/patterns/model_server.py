"""Deployment and Service of a model of the repository."""

from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.node_group import NodeGroup
from components.patterns.model_server_spec import ModelServerSpec
from components.pods.templates import LABELS, Mount, container, pod_template
from components.pods.templates import claim as claim_volume
from components.storage.base import Claim

MODEL_DIRECTORY = "/opt/ml/model"
COMPONENT = "model-server"
MODEL_LABEL = "eks-ml-storage/model"


class ModelServerArgs(TypedDict):
    """Arguments of `ModelServer`."""

    spec: ModelServerSpec
    """Settings of the server."""
    model: str
    """Name of the model; the Service's name is model-NAME."""
    directory: pulumi.Input[str]
    """Directory of the model's files, from the root of the claim."""
    claim: Claim
    """Claim on the shared storage. The pods are in its namespace."""
    image: pulumi.Input[str]
    """Image of the workloads."""
    node_group: NodeGroup | None
    """Node group of the pods; any node without taints when None."""


class ModelServer(pulumi.ComponentResource):
    """A Deployment that reads a model from the shared storage, and a Service before it.

    The Deployment waits for the resources of `depends_on`. Resources that depend on this component
    wait until all pods answer with the model.
    """

    endpoint: pulumi.Output[str]
    """URL of the Service inside the cluster."""

    def __init__(
        self, name: str, args: ModelServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:patterns:ModelServer", name, {}, own)
        spec, claim = args["spec"], args["claim"]
        labels = server_labels(args["model"], ours=spec.image is None)
        metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {
            "name": f"model-{args['model']}",
            "namespace": claim.namespace,
            "labels": labels,
        }
        pod = server_pod(args)
        deployment = kubernetes.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=metadata,
            spec={
                "replicas": spec.replicas,
                "selector": {"match_labels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": args["node_group"].schedule(pod) if args["node_group"] else pod,
                },
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=depends_on,
                replace_with=[claim.volume],
                delete_before_replace=True,
            ),
        )
        service = kubernetes.core.v1.Service(
            f"{name}-service",
            metadata=metadata,
            spec={
                "selector": labels,
                "ports": [{"name": "http", "port": 80, "target_port": "http"}],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )
        self.endpoint = service.metadata.apply(
            lambda known: f"http://{known.name}.{known.namespace}.svc"
        )
        self.register_outputs({"endpoint": self.endpoint})


def server_pod(args: ModelServerArgs) -> kubernetes.core.v1.PodSpecArgsDict:
    """Return the server's pod; a custom image keeps its own user and writable file system."""
    volumes = [claim_volume("storage", args["claim"].name)]
    if args["spec"].image is None:
        made = pod_template(
            COMPONENT, [default_server(args)], volumes=volumes, restart_policy="Always"
        )
        return {**made["spec"]}  # type: ignore[typeddict-item] # it is a dictionary, made above
    return {
        "automount_service_account_token": False,
        "security_context": {"seccomp_profile": {"type": "RuntimeDefault"}},
        "containers": [custom_server(args, args["spec"].image)],
        "volumes": volumes,
    }


def default_server(args: ModelServerArgs) -> kubernetes.core.v1.ContainerArgsDict:
    """Return a container of the workloads image, which answers as SageMaker's containers do."""
    arguments = [MODEL_DIRECTORY, "--host", "0.0.0.0", "--port", str(args["spec"].port)]
    mount = Mount("storage", MODEL_DIRECTORY, read_only=True, sub_path=args["directory"])
    return with_probes(args["spec"], container("serve", args["image"], arguments, mounts=[mount]))


def custom_server(args: ModelServerArgs, image: str) -> kubernetes.core.v1.ContainerArgsDict:
    """Return a container of an image of the user's own."""
    return with_probes(
        args["spec"],
        {
            "name": "server",
            "image": image,
            "args": [*args["spec"].args],
            "volume_mounts": [
                {
                    "name": "storage",
                    "mount_path": MODEL_DIRECTORY,
                    "sub_path": args["directory"],
                    "read_only": True,
                }
            ],
            "security_context": {"allow_privilege_escalation": False},
        },
    )


def with_probes(
    spec: ModelServerSpec, server: kubernetes.core.v1.ContainerArgsDict
) -> kubernetes.core.v1.ContainerArgsDict:
    """Return a server's container with its port, probes and resources."""
    http_get: kubernetes.core.v1.HTTPGetActionArgsDict = {"path": spec.health_path, "port": "http"}
    return {
        **server,
        "ports": [{"name": "http", "container_port": spec.port}],
        "readiness_probe": {"http_get": http_get, "period_seconds": 5},
        # A model of many GiB takes its time; only one that answered once is given up.
        "startup_probe": {"http_get": http_get, "period_seconds": 5, "failure_threshold": 360},
        "liveness_probe": {"http_get": http_get, "period_seconds": 20, "timeout_seconds": 5},
        "resources": {"requests": spec.resources.requests, "limits": spec.resources.limits},
    }


def server_labels(model: str, *, ours: bool) -> dict[str, str]:
    """Return the labels of a model's servers.

    Args:
        model: Name of the model.
        ours: True if they run the workloads image, whose pods have a name label of their own.
    """
    name = LABELS if ours else {"app.kubernetes.io/name": model}
    return {**name, "app.kubernetes.io/component": COMPONENT, MODEL_LABEL: model}
