"""Pods of Mountpoint for Amazon S3, one for each volume of a node that pods mount.

The controller of the CSI driver makes them in a namespace of their own, where the kubelet waits for
them. Here the kubelet does the controller's part at the mount. The pods look as if they ran.
Source: https://github.com/awslabs/mountpoint-s3-csi-driver (pkg/podmounter/mppod/creator.go)
"""

from __future__ import annotations

import hashlib
from typing import Any

from rehearsal.kubernetes.controllers import drivers
from rehearsal.kubernetes.controllers.kube import Key, Kube, KubeError, Object
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError

IMAGE = "aws-mountpoint-s3-csi-driver"
NAMESPACE = "mount-s3"
VOLUME_ANNOTATION = "s3.csi.aws.com/volume-name"
HANDLE_ANNOTATION = "s3.csi.aws.com/volume-id"
USER = 1000
GRACE_SECONDS = 600
CACHES = ("emptyDir", "ephemeral")


def require(kube: Kube, node: str, volume: str, spec: Object) -> None:
    """Make the pod of a volume on a node, or find that it runs.

    Args:
        kube: Client of the cluster.
        node: Name of the node.
        volume: Name of the PersistentVolume.
        spec: Specification of the PersistentVolume.

    Raises:
        MountError: The pod does not run yet, or the driver's controller does not make it.
    """
    key = _key(node, volume)
    found = kube.get(key)
    if found is None:
        controller = drivers.installed(kube, IMAGE)
        if controller is None:
            raise MountError(
                "Failed to find corresponding MountpointS3PodAttachment custom resource: the "
                "driver's controller is not ready"
            )
        try:
            kube.create(key, pod(key.name, node, volume, spec, controller.version))
        except KubeError as error:
            raise MountError(f"Mountpoint Pod {key.name} was not created: {error}") from error
    if found is None or found.get("status", {}).get("phase") != "Running":
        raise MountError(f'Failed to wait for Mountpoint Pod "{key.name}" to be ready')


def release(kube: Kube, node: str, volume: str) -> None:
    """Delete the pod of a volume that no pod of the node mounts any more."""
    if kube.get(_key(node, volume)) is not None:
        kube.delete(_key(node, volume))


def pod(name: str, node: str, volume: str, spec: Object, version: str) -> dict[str, Any]:
    """Return the pod of a volume on a node, as the driver's controller makes it.

    Raises:
        MountError: The attributes of the volume describe a cache that is not possible.
    """
    csi = spec["csi"]
    cache = _cache(csi.get("volumeAttributes") or {}, spec.get("mountOptions") or [])
    mounts = [{"name": "comm", "mountPath": "/comm"}]
    volumes: list[Object] = [
        {"name": "comm", "emptyDir": {"medium": "Memory", "sizeLimit": "10Mi"}}
    ]
    if cache:
        mounts.append({"name": "local-cache", "mountPath": "/local-cache"})
        volumes.append({"name": "local-cache", **cache})
    own_node = {"key": "metadata.name", "operator": "In", "values": [node]}
    required = {"nodeSelectorTerms": [{"matchFields": [own_node]}]}
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": required}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {"s3.csi.aws.com/mounted-by-csi-driver-version": version.removeprefix("v")},
            "annotations": {
                VOLUME_ANNOTATION: volume,
                HANDLE_ANNOTATION: csi["volumeHandle"],
                "cluster-autoscaler.kubernetes.io/daemonset-pod": "true",
            },
        },
        "spec": {
            "restartPolicy": "OnFailure",
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "priorityClassName": "mount-s3-critical",
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "affinity": {"nodeAffinity": affinity},
            "tolerations": [{"operator": "Exists"}],
            "securityContext": {"fsGroup": USER},
            "containers": [
                {
                    "name": "mountpoint",
                    "image": f"public.ecr.aws/mountpoint-s3-csi-driver/{IMAGE}:{version}",
                    "command": ["/bin/aws-s3-csi-mounter"],
                    "volumeMounts": mounts,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "runAsUser": USER,
                        "runAsNonRoot": True,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                }
            ],
            "volumes": volumes,
        },
    }


def _cache(attributes: dict[str, str], mount_options: list[str]) -> Object:
    """Return the source of the cache's volume; empty without a cache.

    Raises:
        MountError: The attributes describe a cache that is not possible.
    """
    kind = attributes.get("cache", "")
    by_option = any(one.removeprefix("--").split(" ")[0] == "cache" for one in mount_options)
    if kind and by_option:
        raise MountError("Cache configured with both `mountOptions` and `volumeAttributes`")
    if kind and kind not in CACHES:
        raise MountError(
            f'unsupported local-cache type: "{kind}", only "emptyDir" and "ephemeral" are supported'
        )
    if kind == "ephemeral":
        return _ephemeral(attributes)
    return _empty_dir(attributes) if kind or by_option else {}


def _empty_dir(attributes: dict[str, str]) -> Object:
    medium, limit = attributes.get("cacheEmptyDirMedium"), attributes.get("cacheEmptyDirSizeLimit")
    if medium not in (None, "", "Memory"):
        raise MountError(
            f'unknown value for "cacheEmptyDirMedium": "{medium}". Only "Memory" supported'
        )
    sized = {"sizeLimit": limit} if limit else {}
    return {"emptyDir": {**sized, **({"medium": medium} if medium else {})}}


def _ephemeral(attributes: dict[str, str]) -> Object:
    names = ("cacheEphemeralStorageClassName", "cacheEphemeralStorageResourceRequest")
    for name in names:
        if not attributes.get(name):
            raise MountError(f'"{name}" must be provided with "ephemeral" cache type')
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": attributes[names[0]],
        "volumeMode": "Filesystem",
        "resources": {"requests": {"storage": attributes[names[1]]}},
    }
    labels = {"s3.csi.aws.com/type": "local-ephemeral-cache"}
    return {"ephemeral": {"volumeClaimTemplate": {"metadata": {"labels": labels}, "spec": claim}}}


def _key(node: str, volume: str) -> Key:
    digest = hashlib.sha256(f"{node}/{volume}".encode()).hexdigest()
    return Key("Pod", NAMESPACE, f"mp-{digest[:8]}")
