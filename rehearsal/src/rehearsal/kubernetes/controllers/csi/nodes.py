"""Registration of CSI drivers on nodes whose driver pod runs, and removal of start-up taints."""

from __future__ import annotations

from rehearsal.kubernetes import kwok
from rehearsal.kubernetes.controllers.csi.provisioner import DRIVERS
from rehearsal.kubernetes.controllers.kube import Key, Kube, Object
from rehearsal.kubernetes.controllers.workqueue import PARKED, Outcome

MOUNTPOINT = "s3.csi.aws.com"
"""Driver of Mountpoint for Amazon S3, which provisions no volumes."""
APPS: dict[str, str] = {
    **{driver.node_app: driver.name for driver in DRIVERS.values()},
    "s3-csi-node": MOUNTPOINT,
}
"""Name of the driver of each node pod, by the pod's label `app`."""
NAMES = frozenset(APPS.values())
TAINT = "agent-not-ready"


class NodeDrivers:
    """Controller that keeps the drivers of each node in step with its driver pods."""

    kind = "Node"

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def reconcile(self, key: Key) -> Outcome:
        """Register the drivers of one node."""
        node = self._kube.get(key)
        if node is None or not kwok.manages(node):
            return None
        running = self._running(key.name)
        self._register(node, running)
        self._untaint(key, node, running)
        return None if running == NAMES else PARKED

    def _running(self, node: str) -> set[str]:
        """Return the names of the drivers whose node pod runs on a node."""
        pods = self._kube.find("Pod", labels=f"app in ({','.join(sorted(APPS))})")
        return {
            APPS[pod["metadata"]["labels"]["app"]]
            for pod in pods
            if pod["spec"].get("nodeName") == node and pod["status"].get("phase") == "Running"
        }

    def _register(self, node: Object, running: set[str]) -> None:
        key = Key("CSINode", "", node["metadata"]["name"])
        present = self._kube.get(key)
        wanted = csi_node(node, running, present)
        if present is None:
            self._kube.create(key, wanted)
        elif (present["spec"].get("drivers") or []) != wanted["spec"]["drivers"]:
            self._kube.patch(key, {"spec": wanted["spec"]})

    def _untaint(self, key: Key, node: Object, running: set[str]) -> None:
        taints = node["spec"].get("taints", [])
        done = {f"{driver}/{TAINT}" for driver in running}
        kept = [taint for taint in taints if taint["key"] not in done]
        if kept != taints:
            version = node["metadata"]["resourceVersion"]
            body = {"metadata": {"resourceVersion": version}, "spec": {"taints": kept}}
            self._kube.patch(key, body)


def csi_node(node: Object, running: set[str], present: Object | None = None) -> Object:
    """Return the CSINode that lists a node's drivers; the drivers of others stay in it."""
    name = node["metadata"]["name"]
    drivers: list[Object] = (present or {"spec": {}})["spec"].get("drivers") or []
    others = [one for one in drivers if one["name"] not in NAMES]
    ours = [{"name": driver, "nodeID": name, "topologyKeys": None} for driver in sorted(running)]
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {"name": name, "ownerReferences": [owner]},
        "spec": {"drivers": [*others, *ours]},
    }
