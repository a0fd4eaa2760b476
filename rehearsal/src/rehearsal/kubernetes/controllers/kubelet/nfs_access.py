"""Access of a container to a volume of EFS: the file system's policy, and the users of files.

EFS trusts the user ids of its clients. The root directory of a file system belongs to root, mode
0755: other users write only in directories below it. An access point replaces the user of every
access by its own. Pods are processes of one user here, so that the owners of directories below the
root are not known: whoever may write at all can write in them.

Sources: EFS User Guide, "Working with users, groups, and permissions at the NFS level" and
"Working with access points"; aws-efs-csi-driver, docs/parameters.md (encryption in transit).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rehearsal.file_systems.efs_rights import Rights
from rehearsal.kubernetes.controllers.kube import Key, Object
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources

DRIVER = "efs.csi.aws.com"


class Export(NamedTuple):
    """Part of an EFS file system that a volume mounts."""

    system_id: str
    path: str
    access_point: str
    tls: bool


class Access(NamedTuple):
    """Access of a container to a mounted directory."""

    read_only: bool = False
    """True if it cannot write to the directory itself."""
    writable_below: bool = False
    """True if it can write to the directories below all the same."""


def access(
    place: VolumeSources, pod: Object, container: Object, volume: Object, folder: Path
) -> Access:
    """Return the access of a container to a volume that is mounted at a folder.

    Raises:
        MountError: The file system's policy denies to mount it, or its directory does not exist.
    """
    found = _export(place, pod, volume)
    if found is None:
        return Access()
    may = place.contents.rights(
        found.system_id, place.region, tls=found.tls, access_point=found.access_point
    )
    if not may.mount:
        raise _error(volume, found, f"access denied by server while mounting {found.system_id}:/")
    if not folder.exists():
        _refuse_missing(volume, found, may)
    if not may.write:
        return Access(read_only=True)
    at_root = folder == place.contents.folder(found.system_id)
    if found.access_point or not at_root or (_user(pod, container) == 0 and may.root):
        return Access()
    return Access(read_only=True, writable_below=True)


def _refuse_missing(volume: Object, found: Export, may: Rights) -> None:
    """Refuse a directory that is not there and that the kubelet, as root, may not make."""
    if found.path.strip("/") and not found.access_point:
        reason = f"mounting {found.system_id}:{found.path} failed: No such file or directory"
        raise _error(volume, found, reason)
    if not may.root and not found.access_point:
        raise _error(volume, found, "failed to create subPath directory: permission denied")


def _export(place: VolumeSources, pod: Object, volume: Object) -> Export | None:
    """Return the part of a file system that a pod's volume mounts; None for any other volume."""
    source = volume
    if claim := volume.get("persistentVolumeClaim"):
        key = Key("PersistentVolumeClaim", pod["metadata"]["namespace"], claim["claimName"])
        bound = (place.kube.get(key) or {}).get("spec", {}).get("volumeName")
        found = place.kube.get(Key("PersistentVolume", "", bound)) if bound else None
        source = (found or {}).get("spec", {})
    if nfs := source.get("nfs"):
        return Export(nfs["server"].partition(".")[0], nfs.get("path", "/"), "", tls=False)
    csi = source.get("csi", {})
    handle = str(csi.get("volumeHandle", ""))
    if csi.get("driver") != DRIVER or handle.startswith("s3files:"):
        return None
    system, path, point = (*handle.removeprefix("efs:").split(":"), "", "")[:3]
    return Export(system, path, point, tls=_is_encrypted(csi.get("volumeAttributes") or {}))


def _is_encrypted(attributes: Mapping[str, str]) -> bool:
    return str(attributes.get("encryptInTransit", "true")).lower() != "false"


def _user(pod: Object, container: Object) -> int:
    """Return the id of a container's user; that of an image is not known, and taken for root."""
    for spec in (container, pod["spec"]):
        user = (spec.get("securityContext") or {}).get("runAsUser")
        if user is not None:
            return int(user)
    return 0


def _error(volume: Object, found: Export, reason: str) -> MountError:
    helper = "mount.nfs4" if not found.tls else "mount.efs"
    return MountError(f'MountVolume.SetUp failed for volume "{volume["name"]}": {helper}: {reason}')
