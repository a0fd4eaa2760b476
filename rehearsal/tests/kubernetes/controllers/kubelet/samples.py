"""A pod, and what becomes of it."""

import time

from rehearsal.kubernetes.controllers.kube import Key
from tests.patience import PATIENCE

AWS_CLI = "public.ecr.aws/aws-cli/aws-cli:2.31.0"
POD = Key("Pod", "team", "load")


def schedule(at, command=None, args=None, image=AWS_CLI, restart="Never", **spec):
    container = {
        "name": "main",
        "image": image,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    container |= {"command": command} if command else {}
    container |= {"args": args} if args else {}
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}
    at.kube.put(
        *POD,
        metadata={"name": "load", "ownerReferences": [{"kind": "Job"}]},
        spec={
            "nodeName": "node-1",
            "serviceAccountName": "loader",
            "restartPolicy": restart,
            "containers": [container],
            "volumes": [claim],
            **spec,
        },
        status={"phase": "Pending"},
    )


def settle(at, done=lambda status: status["phase"] in ("Succeeded", "Failed")):
    """Reconciles until the pod's status is as wanted."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        at.controller.reconcile(POD)
        pod = at.kube.get(POD)
        if pod is None or done(pod["status"]):
            return pod and pod["status"]
        time.sleep(0.05)
    raise AssertionError(f"never got there: {at.kube.get(POD)['status']}")


def log(at, container="main"):
    return (at.environment.logs / "pods" / "team" / "load" / f"{container}.log").read_text()


def main(status):
    return status["containerStatuses"][0]
