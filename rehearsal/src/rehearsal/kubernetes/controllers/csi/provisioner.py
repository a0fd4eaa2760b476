"""Provisioner of CSI volumes: creates volumes for claims and deletes released volumes.

As in csi-provisioner, the persistent volume controller annotates a claim with its driver, and the
volume's name follows from the claim's UID, so that a second attempt finds the first volume.
"""

from __future__ import annotations

import contextlib

from rehearsal.clients.aws import Cloud
from rehearsal.file_systems.contents import Contents
from rehearsal.kubernetes.controllers import drivers
from rehearsal.kubernetes.controllers.csi.driver import (
    Driver,
    NotReady,
    Refused,
    Volume,
    VolumeRequest,
)
from rehearsal.kubernetes.controllers.csi.fsx import FsxDriver
from rehearsal.kubernetes.controllers.csi.s3_files import EfsAndS3FilesDriver
from rehearsal.kubernetes.controllers.identity import NoCredentials, PodIdentity
from rehearsal.kubernetes.controllers.kube import Key, Kube, KubeError, Object
from rehearsal.kubernetes.controllers.quantity import to_bytes
from rehearsal.kubernetes.controllers.workqueue import PARKED, Outcome

DRIVERS: dict[str, type[Driver]] = {
    driver.name: driver for driver in (FsxDriver, EfsAndS3FilesDriver)
}
PROVISIONER = "volume.kubernetes.io/storage-provisioner"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"
POLL = 1.0
REFUSED_RETRY_SECONDS = 10.0


class _Provisioning:
    """Common base of the controllers of claims and volumes: finds the installed driver."""

    def __init__(self, kube: Kube, cloud: Cloud) -> None:
        self._kube = kube
        self._cloud = cloud
        self._identities = PodIdentity(cloud)

    def _driver(self, name: str) -> Driver | None:
        """Return the driver, or None while its controller is not installed and ready.

        Raises:
            Refused: The driver's service account gets no credentials.
        """
        kind = DRIVERS[name]
        controller = drivers.installed(self._kube, kind.image)
        if controller is None or self._kube.get(Key("CSIDriver", "", name)) is None:
            return None
        try:
            identity = self._identities.of(controller.account)
        except NoCredentials as error:
            raise Refused("Internal", f"get identity: get credentials: {error}") from error
        return kind(self._cloud, controller, identity)

    def _say(self, about: Object, type_: str, reason: str, message: str, driver: str) -> None:
        with contextlib.suppress(KubeError):  # the namespace may be gone; nothing waits for words
            self._kube.event(about, type_, reason, message, driver)


class Claims(_Provisioning):
    """Controller that creates a volume for each claim of a driver."""

    kind = "PersistentVolumeClaim"

    def __init__(self, kube: Kube, cloud: Cloud) -> None:
        super().__init__(kube, cloud)
        self._in_progress: dict[Key, dict[str, Object]] = {}

    def reconcile(self, key: Key) -> Outcome:
        """Bring one claim's volume forward, and those of deleted claims of its name.

        A volume that is being made is made to its end, though its claim is deleted: it is then a
        released one, which is deleted. Only memory knows of it, as in the real provisioner.
        """
        claim = self._kube.get(key)
        wanted = dict(self._in_progress.get(key, {}))
        if claim is not None and _wants_volume(claim):
            wanted[claim["metadata"]["uid"]] = claim
        outcomes = [self._provision(key, one) for one in wanted.values()]
        delays = [one for one in outcomes if isinstance(one, float)]
        return min(delays) if delays else PARKED if PARKED in outcomes else None

    def _provision(self, key: Key, claim: Object) -> Outcome:
        name = claim["metadata"]["annotations"][PROVISIONER]
        class_ = self._kube.get(Key("StorageClass", "", claim["spec"]["storageClassName"]))
        if class_ is None:
            return PARKED
        claim["kind"] = self.kind
        in_progress = self._in_progress.setdefault(key, {})
        try:
            driver = self._driver(name)
            if driver is None:
                return PARKED  # the persistent volume controller reports what is missing
            said = "External provisioner is provisioning volume for claim"
            about = f'{said} "{key.namespace}/{key.name}"'
            self._say(claim, "Normal", "Provisioning", about, name)
            volume = driver.create(_request(claim, class_))
        except NotReady:
            in_progress[claim["metadata"]["uid"]] = claim
            return POLL
        except Refused as error:
            in_progress.pop(claim["metadata"]["uid"], None)
            said = f'failed to provision volume with StorageClass "{class_["metadata"]["name"]}"'
            self._say(claim, "Warning", "ProvisioningFailed", f"{said}: {error}", name)
            return REFUSED_RETRY_SECONDS
        in_progress.pop(claim["metadata"]["uid"], None)
        self._bring(claim, class_, name, volume)
        return None

    def _bring(self, claim: Object, class_: Object, driver: str, volume: Volume) -> None:
        body = persistent_volume(claim, class_, driver, volume)
        name = body["metadata"]["name"]
        try:
            self._kube.create(Key("PersistentVolume", "", name), body)
        except KubeError as error:
            if error.status != 409:  # 409: created by an earlier attempt
                raise
        said = f"Successfully provisioned volume {name}"
        self._say(claim, "Normal", "ProvisioningSucceeded", said, driver)


class Volumes(_Provisioning):
    """Controller that deletes a driver's released volumes, if their reclaim policy is Delete."""

    kind = "PersistentVolume"

    def __init__(self, kube: Kube, cloud: Cloud, contents: Contents) -> None:
        super().__init__(kube, cloud)
        self._contents = contents

    def reconcile(self, key: Key) -> Outcome:
        """Delete one volume if it is released, or list the imports of a bound one."""
        volume = self._kube.get(key)
        if volume is None:
            return None
        if volume.get("status", {}).get("phase") == "Bound":
            self._fill(volume)
        if not _to_delete(volume):
            return None
        volume["kind"] = self.kind
        name = volume["spec"]["csi"]["driver"]
        try:
            driver = self._driver(name)
            if driver is None:
                return PARKED
            driver.delete(volume["spec"]["csi"]["volumeHandle"])
        except Refused as error:
            self._say(volume, "Warning", "VolumeFailedDelete", str(error), name)
            return REFUSED_RETRY_SECONDS
        self._kube.delete(key)
        self._release(key)
        return None

    def _fill(self, volume: Object) -> None:
        """List the objects that a linked file system imports, once a claim is bound to it."""
        csi = volume["spec"].get("csi", {})
        region = drivers.cluster_region(self._kube)
        if csi.get("driver") == FsxDriver.name and region:
            with contextlib.suppress(LookupError):  # mounting it reports that it is missing
                self._contents.look(csi["volumeHandle"], region)

    def _release(self, key: Key) -> None:
        """Remove the provisioner's finalizer, so that the object can be deleted."""
        volume = self._kube.get(key)
        if volume is None:
            return
        metadata = volume["metadata"]
        kept = [one for one in metadata.get("finalizers", []) if one != FINALIZER]
        version = metadata["resourceVersion"]
        self._kube.patch(key, {"metadata": {"finalizers": kept, "resourceVersion": version}})


def persistent_volume(claim: Object, class_: Object, driver: str, volume: Volume) -> Object:
    """Return the PersistentVolume object of a volume that a driver created."""
    policy = class_.get("reclaimPolicy") or "Delete"
    metadata = claim["metadata"]
    csi: Object = {"driver": driver, "volumeHandle": volume.handle}
    if volume.context:
        csi["volumeAttributes"] = dict(volume.context)
    spec: Object = {
        "accessModes": claim["spec"]["accessModes"],
        "capacity": {"storage": f"{volume.size_bytes // 1024**2}Mi"},
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            **{name: metadata[name] for name in ("namespace", "name", "uid", "resourceVersion")},
        },
        "csi": csi,
        "persistentVolumeReclaimPolicy": policy,
        "storageClassName": class_["metadata"]["name"],
        "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
    }
    if options := class_.get("mountOptions"):
        spec["mountOptions"] = options
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": volume_name(claim),
            "annotations": {PROVISIONED_BY: driver},
            "finalizers": [FINALIZER] if policy == "Delete" else [],
        },
        "spec": spec,
    }


def volume_name(claim: Object) -> str:
    """Return the name of a claim's volume, which is also the driver's idempotency token."""
    return f"pvc-{claim['metadata']['uid']}"


def _request(claim: Object, class_: Object) -> VolumeRequest:
    size = claim["spec"]["resources"]["requests"]["storage"]
    metadata = claim["metadata"]
    parameters = class_.get("parameters") or {}
    return VolumeRequest(
        volume_name(claim), to_bytes(size), parameters, metadata["name"], metadata["namespace"]
    )


def _wants_volume(claim: Object) -> bool:
    metadata = claim["metadata"]
    marked = metadata.get("annotations", {}).get(PROVISIONER)
    bound = claim["spec"].get("volumeName")
    return marked in DRIVERS and not bound and "deletionTimestamp" not in metadata


def _to_delete(volume: Object) -> bool:
    """Return True if the volume is the provisioner's to delete, by the rule of csi-provisioner."""
    metadata, spec = volume["metadata"], volume["spec"]
    if "deletionTimestamp" in metadata and FINALIZER not in metadata.get("finalizers", []):
        return False
    return (
        volume.get("status", {}).get("phase") == "Released"
        and spec.get("persistentVolumeReclaimPolicy") == "Delete"
        and metadata.get("annotations", {}).get(PROVISIONED_BY) in DRIVERS
    )
