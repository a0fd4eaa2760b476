"""A cluster in memory as the teardown sees it: owners, finalizers, a driver that may be gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from teardown.api import Object
from teardown.held import id_of, mounted

FSX = "fsx.csi.aws.com"
PROTECTED = "kubernetes.io/pvc-protection"
BORN = "2026-11-01T00:00:00Z"
LATER = "2026-11-02T00:00:00Z"


class Cluster:
    """Objects by the path of their kind; `step` does what the controllers of a real one do."""

    def __init__(self, *, driver_runs: bool = True) -> None:
        self.objects: dict[str, list[Object]] = {}
        self.driver_runs = driver_runs
        self.deleted: list[str] = []
        self.steps = 0
        self.put("/api/v1/namespaces", "", "ack-system", metadata={"creationTimestamp": BORN})
        self.put("/apis/storage.k8s.io/v1/storageclasses", "", "fsx-lustre", provisioner=FSX)

    def put(self, kind: str, namespace: str, name: str, **body: Any) -> Object:
        """Add an object."""
        number = sum(map(len, self.objects.values())) + 1
        own = {"name": name, "uid": f"uid-{number}", "creationTimestamp": LATER}
        metadata = own | ({"namespace": namespace} if namespace else {}) | body.pop("metadata", {})
        made: Object = {"metadata": metadata, "spec": {}, **body}
        self.objects.setdefault(kind, []).append(made)
        return made

    # What the program calls.

    def get(self, path: str) -> Object | None:
        if path == "/apis/sagemaker.services.k8s.aws/v1alpha1":
            kinds = {"trainingjobs": "TrainingJob", "endpoints": "Endpoint"}
            named = [{"name": n, "kind": k, "namespaced": True} for n, k in kinds.items()]
            return {"resources": [*named, {"name": "trainingjobs/status", "namespaced": True}]}
        return next((one for at, one in self._all() if at == path), None)

    def list(self, path: str) -> list[Object]:
        return list(self.objects.get(path, []))

    def delete(self, path: str, uid: str) -> None:
        one = self.get(path)
        if one is not None and one["metadata"]["uid"] == uid:
            self.deleted.append(path)
            one["metadata"]["deletionTimestamp"] = LATER

    # What the controllers do.

    def step(self, seconds: float) -> None:
        """Let time pass: owners make pods again, finalizers are taken off, objects go."""
        self.steps += 1
        self._provision()
        for path, one in list(self._all()):
            if "deletionTimestamp" in one["metadata"] and not self._held(path, one):
                self._remove(one)

    def _all(self) -> Iterator[tuple[str, Object]]:
        for kind, objects in self.objects.items():
            group, _, plural = kind.rpartition("/")
            for one in objects:
                namespace, name = id_of(one)
                place = f"namespaces/{namespace}/" if namespace else ""
                yield f"{group}/{place}{plural}/{name}", one

    def _held(self, path: str, one: Object) -> bool:
        if "/persistentvolumeclaims/" in path:
            pods = self.list("/api/v1/pods")
            return any(id_of(one) in {*mounted(pod)} for pod in pods if pod["spec"].get("nodeName"))
        return bool(one["metadata"].get("finalizers"))

    def _remove(self, gone: Object) -> None:
        uid = gone["metadata"]["uid"]
        for objects in self.objects.values():
            objects[:] = [one for one in objects if one["metadata"]["uid"] != uid]
        for _, one in self._all():
            owners = one["metadata"].get("ownerReferences", [])
            if any(each["uid"] == uid for each in owners):
                one["metadata"]["deletionTimestamp"] = LATER

    def _provision(self) -> None:
        claims = {id_of(one) for one in self.list("/api/v1/persistentvolumeclaims")}
        for volume in self.list("/api/v1/persistentvolumes"):
            claim = volume["spec"]["claimRef"]
            released = (claim["namespace"], claim["name"]) not in claims
            policy = volume["spec"]["persistentVolumeReclaimPolicy"]
            if released and policy == "Delete" and self.driver_runs:
                self._remove(volume)


def owned_by(one: Object, kind: str, group: str = "apps/v1") -> dict[str, Any]:
    """Metadata of an object that another one controls."""
    metadata = one["metadata"]
    reference = {
        "apiVersion": group,
        "kind": kind,
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    return {"ownerReferences": [reference]}


def claim(cluster: Cluster, namespace: str, name: str, volume: str = "") -> Object:
    """Add a claim of the stack's class."""
    spec = {"storageClassName": "fsx-lustre", "volumeName": volume}
    return cluster.put("/api/v1/persistentvolumeclaims", namespace, name, spec=spec)


def volume(
    cluster: Cluster,
    name: str,
    claimed: tuple[str, str],
    policy: str = "Delete",
    **annotations: str,
) -> Object:
    """Add a volume that the driver made."""
    spec = {
        "csi": {"driver": FSX, "volumeHandle": "fs-0123456789abcdef0"},
        "claimRef": {"namespace": claimed[0], "name": claimed[1]},
        "persistentVolumeReclaimPolicy": policy,
    }
    made_by = annotations or {"pv.kubernetes.io/provisioned-by": FSX}
    return cluster.put(
        "/api/v1/persistentvolumes", "", name, spec=spec, metadata={"annotations": made_by}
    )


def pod(cluster: Cluster, namespace: str, name: str, claimed: str, **metadata: Any) -> Object:
    """Add a running pod that mounts a claim."""
    spec = {
        "nodeName": "node-1",
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claimed}}],
    }
    return cluster.put("/api/v1/pods", namespace, name, spec=spec, metadata=metadata)


def event(
    cluster: Cluster, claimed: tuple[str, str], reason: str, message: str = "", *, driver: str = FSX
) -> Object:
    """Add what the driver's provisioner says of a claim, which may be gone since."""
    namespace, name = claimed
    about = {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name, "uid": "gone"}
    return cluster.put(
        "/api/v1/events",
        namespace,
        f"{name}.{reason}",
        involvedObject=about,
        reason=reason,
        message=message,
        source={"component": f"{driver}_fsx-csi-controller-7c7d54f5f6-th5wh_1c7d"},
        lastTimestamp=LATER,
        metadata={"finalizers": ["it stays"]},
    )
