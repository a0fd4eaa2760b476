"""Controller that keeps a kwok node for each instance that the managed node groups should have.

The emulated EKS is asked twice a second whether a cluster has changed; its node groups are read
only then, and every 30 s in case a node was deleted by hand.
"""

from __future__ import annotations

import logging
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.clients.aws import Cloud
from rehearsal.kubernetes import clusters, kwok
from rehearsal.kubernetes.clusters import CloudUnreachableError, ClusterView
from rehearsal.kubernetes.controllers.kube import Key, Kube, KubeError
from rehearsal.kubernetes.node_groups import NodeGroupReader
from rehearsal.kubernetes.node_objects import (
    GENERATION_ANNOTATION,
    GPU,
    GROUP_LABEL,
    Node,
    NodeGroup,
    shows_gpus,
    with_endpoint,
)
from rehearsal.kubernetes.node_plan import annotation, configuration_patch, name_of, plan
from rehearsal.paths import Environment

log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 0.5
_RESYNC_SECONDS = 30
_DEVICE_PLUGIN = "app.kubernetes.io/name=nvidia-device-plugin"

# Errors that are expected while the API server or the emulated AWS is restarted.
_PASSING = (CloudUnreachableError, KubeError, ClientError, BotoCoreError, OSError)


def run(environment: Environment, stop: threading.Event) -> None:
    """Keep the nodes until `stop` is set, even if the emulated AWS or API server restarts."""
    supervisor = NodeKeeper(environment, Kube.of(environment), Cloud())
    trouble = None
    while not stop.is_set():
        try:
            supervisor.look()
            trouble = None
        except Exception as error:
            if type(error) is not trouble:  # logged once, not twice a second
                trouble = type(error)
                unforeseen = not isinstance(error, _PASSING)
                log.warning("the nodes stay as they are for now: %s", error, exc_info=unforeseen)
        stop.wait(_INTERVAL_SECONDS)


class NodeKeeper:
    """Controller of the nodes of an environment, with the node groups they belong to."""

    def __init__(self, environment: Environment, kube: Kube, cloud: Cloud) -> None:
        self._environment = environment
        self._kube = kube
        self._reader = NodeGroupReader(cloud)
        self._seen: list[ClusterView] | None = None
        self._synced_at = 0.0
        self._groups: list[NodeGroup] = []

    def look(self) -> None:
        """Update the nodes from the node groups, if anything may have changed."""
        views = clusters.find(self._environment)
        due = time.monotonic() - self._synced_at > _RESYNC_SECONDS
        if views != self._seen or due:
            self._groups = [group for view in views for group in self._reader.read(view)]
            self._reconcile()
            self._seen, self._synced_at = views, time.monotonic()
        elif any(map(_has_gpus, self._groups)):
            # A device plugin's pod comes and goes without EKS knowing.
            self._show_gpus(self._nodes())

    def _reconcile(self) -> None:
        nodes = self._nodes()
        changes = plan(self._groups, nodes)
        for one in changes.delete:
            self._delete(one)
        for one in changes.create:
            log.info("node %s joins", name_of(one))
            # The API server of a cluster that the user provides cannot reach the endpoint.
            own = not self._environment.user_cluster
            ports = self._environment.ports
            self._kube.create(_key(one), with_endpoint(one, ports.kubelet) if own else one)
        for one, group in changes.configure:
            self._kube.patch(_key(one), configuration_patch(one, group))
        self._show_gpus(self._nodes())

    def _nodes(self) -> list[Node]:
        """Return the rehearsal's nodes; real node groups of a user's cluster are not its own."""
        return list(filter(kwok.manages, self._kube.find("Node", labels=GROUP_LABEL)))

    def _delete(self, one: Node) -> None:
        """Delete a node, and at once the pods that ran on it."""
        log.info("node %s leaves", name_of(one))
        self._kube.delete(_key(one))
        for pod in self._kube.find("Pod"):
            if pod["spec"].get("nodeName") == name_of(one):
                metadata = pod["metadata"]
                key = Key("Pod", metadata["namespace"], metadata["name"])
                self._kube.delete(key, grace_seconds=0, uid=metadata["uid"])

    def _show_gpus(self, nodes: list[Node]) -> None:
        groups = {group.generation: group for group in self._groups if _has_gpus(group)}
        plugged = self._nodes_with_device_plugin() if groups else set()
        for one in nodes:
            group = groups.get(annotation(one, GENERATION_ANNOTATION))
            if group is None:
                continue
            shown = shows_gpus(group, name_of(one) in plugged)
            count = str(group.instance_type.nvidia_gpus) if shown else None
            if one["status"]["capacity"].get(GPU) != count:
                resources = {"capacity": {GPU: count}, "allocatable": {GPU: count}}
                self._kube.patch(_key(one), {"status": resources}, "status")

    def _nodes_with_device_plugin(self) -> set[str]:
        pods = self._kube.find("Pod", labels=_DEVICE_PLUGIN)
        return {pod["spec"]["nodeName"] for pod in pods if pod["status"].get("phase") == "Running"}


def _has_gpus(group: NodeGroup) -> bool:
    return group.instance_type.nvidia_gpus > 0


def _key(one: Node) -> Key:
    return Key("Node", "", name_of(one))
