"""Controllers of AWS that are installed in the cluster, with their settings.

A controller is recognised by the image of its Deployment, no matter which chart, add-on or manifest
installed it, and counts once a replica is ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.kubernetes.controllers.identity import Account
from rehearsal.kubernetes.controllers.kube import Key, Kube, Object

REGION_LABEL = "topology.kubernetes.io/region"


@dataclass(frozen=True)
class Installed:
    """Running controller: its service account, environment, command line and image tag."""

    account: Account
    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    version: str

    @property
    def region(self) -> str:
        """AWS Region that it calls: its own setting, or the Region of the cluster's nodes."""
        return self.environment.get("AWS_REGION") or self.account.region


def installed(kube: Kube, image: str) -> Installed | None:
    """Return the ready controller of an image such as aws-fsx-csi-driver, or None."""
    for deployment in kube.find("Deployment"):
        container = _container(deployment, image)
        if container and deployment.get("status", {}).get("readyReplicas", 0) > 0:
            return _installed(kube, deployment, container)
    return None


def repository(image: str) -> str:
    """Return the last name of an image reference: aws-cli for "a.b/c/aws-cli:2.1"."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def cluster_region(kube: Kube) -> str:
    """Return the Region of the cluster's nodes; empty while it has none."""
    regions = [node["metadata"].get("labels", {}).get(REGION_LABEL) for node in kube.find("Node")]
    return next((region for region in regions if region), "")


def service_account(kube: Kube, namespace: str, pod_spec: Object) -> Account:
    """Return the service account of a pod with this spec."""
    name = pod_spec.get("serviceAccountName") or "default"
    return Account(namespace, name, cluster_region(kube))


def node_address(kube: Kube, name: str) -> str:
    """Return the private address of a node; empty if it is not known."""
    node = kube.get(Key("Node", "", name)) or {}
    addresses = node.get("status", {}).get("addresses", [])
    return next((one["address"] for one in addresses if one["type"] == "InternalIP"), "")


def _container(deployment: Object, image: str) -> Object | None:
    containers: list[Object] = deployment["spec"]["template"]["spec"]["containers"]
    return next((one for one in containers if repository(one["image"]) == image), None)


def _installed(kube: Kube, deployment: Object, container: Object) -> Installed:
    namespace = deployment["metadata"]["namespace"]
    account = service_account(kube, namespace, deployment["spec"]["template"]["spec"])
    variables = {one["name"]: one.get("value") or "" for one in container.get("env", [])}
    arguments = (*container.get("command", ()), *container.get("args", ()))
    version = container["image"].rpartition(":")[2]
    return Installed(account, variables, arguments, version)
