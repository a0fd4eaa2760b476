"""Objects that a user applies to a running stack, beside what the program makes."""

from __future__ import annotations

import json
from typing import Any

from tests.stacks.clone import Clone

NAMESPACE = "mine"


def objects(storage_class: str, shared: str) -> list[dict[str, Any]]:
    """A claim of the stack's class, a Deployment on its shared claim, and a load balancer.

    Args:
        storage_class: The class that the stack offers.
        shared: A namespace that has the shared claim.
    """
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}
    container = {
        "name": "main",
        "image": "example.com/notebook:1",
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    labels = {"app": "notebook"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        claim(storage_class, NAMESPACE, "scratch"),
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "notebook", "namespace": shared},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [container], "volumes": [volume]},
                },
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "front", "namespace": NAMESPACE},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
        },
    ]


def claim(storage_class: str, namespace: str, name: str) -> dict[str, Any]:
    """A claim of the stack's class."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1200Gi"}},
        },
    }


def training_job(clone: Clone, stack: str, name: str) -> dict[str, Any]:
    """A TrainingJob like the stack's own, under a name of the user's; SageMaker takes it once."""
    (own, *_) = clone.objects(stack, "trainingjobs.sagemaker.services.k8s.aws", "-A")
    metadata = {"name": name, "namespace": NAMESPACE}
    spec = own["spec"] | {"trainingJobName": name}
    return {
        "apiVersion": own["apiVersion"],
        "kind": own["kind"],
        "metadata": metadata,
        "spec": spec,
    }


def apply(clone: Clone, stack: str) -> None:
    """Apply all of it, and wait until AWS has made its part."""
    outputs = clone.outputs(stack)
    shared = next(iter(outputs["claims"]))
    job = f"of-a-user-on-{outputs['storageBackend']}"
    items = [*objects(outputs["storageClass"], shared), training_job(clone, stack, job)]
    file = clone.home / "users.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    clone.in_environment(stack, "kubectl", "apply", f"--filename={file}")
    for path, what, namespace in (
        ("{.status.phase}=Bound", "persistentvolumeclaim/scratch", NAMESPACE),
        ("{.status.loadBalancer.ingress[0].hostname}", "service/front", NAMESPACE),
        ("{.status.ackResourceMetadata.arn}", f"trainingjob/{job}", NAMESPACE),
        ("{.spec.nodeName}", "pod", shared),
    ):
        selection = ["--selector=app=notebook"] if what == "pod" else []
        wait = ["kubectl", "wait", what, f"--for=jsonpath={path}", "--timeout=120s", *selection]
        clone.in_environment(stack, *wait, f"--namespace={namespace}")


def shell_job(name: str, command: str) -> dict[str, Any]:
    """A Job in the training namespace that runs a shell command on the shared claim."""
    container = {
        "name": "main",
        "image": "public.ecr.aws/docker/library/busybox:1.37",
        "command": ["sh", "-c", command],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}
    spec = {"containers": [container], "volumes": [volume], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "training"},
        "spec": {"template": {"spec": spec}, "backoffLimit": 0},
    }


def ran(clone: Clone, stack: str, name: str, command: str) -> None:
    """Run a shell command in a pod on the shared storage of a stack, to its end."""
    clone.apply(stack, shell_job(name, command))
    complete = ("wait", "--for=condition=Complete", f"job/{name}", "--timeout=120s")
    clone.in_environment(stack, "kubectl", *complete, "-n", "training")
