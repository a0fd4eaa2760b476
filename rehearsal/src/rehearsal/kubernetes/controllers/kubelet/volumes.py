"""Directories behind a container's mounts, and the container's paths rewritten to them.

A container sees its volumes at mount paths; a local process sees this machine's directories.
Therefore every path at or under a mount path, in arguments and variables, is rewritten before the
process starts.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rehearsal.kubernetes.controllers.kube import Object
from rehearsal.kubernetes.controllers.kubelet import (
    claims,
    config_volumes,
    env_vars,
    nfs_access,
    node_disks,
)
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources
from rehearsal.kubernetes.controllers.quantity import to_bytes

_PATH_START = r"(?<![\w./~-])"
_PATH_END = r"(?![\w.~-])"


@dataclass(frozen=True)
class Mount:
    """Mount path in a container, and the directory of this machine behind it."""

    path: str
    folder: Path
    read_only: bool = False
    writable_below: bool = False
    """True if the directories below a read-only one can be written all the same."""


def mounts(
    place: VolumeSources, pod: Object, container: Object, variables: Mapping[str, str]
) -> list[Mount]:
    """Return the mounts of a container, the longest path first.

    Args:
        place: Sources of the pod's volumes.
        pod: Pod of the container.
        container: Spec of the container.
        variables: Environment variables of the container, which a subPathExpr may name.

    Raises:
        MountError: A volume is missing, not bound, or of a kind that is not supported here.

    The directory of a claim is read-only if its mode denies its owner to write, as an access point
    can demand. Pods act as the owner; root could write all the same.
    """
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    found = []
    for mount in container.get("volumeMounts", []):
        volume = volumes[mount["name"]]
        folder = _folder(place, pod, volume, _sub_path(mount, variables))
        access = nfs_access.access(place, pod, container, volume, folder)
        if not folder.exists():
            folder.mkdir(parents=True)
        path = mount["mountPath"].rstrip("/")
        claim = volume.get("persistentVolumeClaim", {})
        read_only = mount.get("readOnly", False) or claim.get("readOnly", False)
        read_only = read_only or (bool(claim) and not folder.stat().st_mode & stat.S_IWUSR)
        read_only = read_only or (
            bool(claim) and claims.is_read_only(place, pod, claim["claimName"])
        )
        below = access.writable_below and not read_only
        found.append(Mount(path, folder, read_only or access.read_only, below))
    return sorted(found, key=lambda mount: len(mount.path), reverse=True)


def rewrite(text: str, known: Iterable[Mount]) -> str:
    """Replace each path at or under a mount path in a text by the path on this machine."""
    folders = {mount.path: str(mount.folder) for mount in known}
    if not folders:
        return text
    deepest_first = sorted(folders, key=len, reverse=True)
    paths = "|".join(re.escape(path) for path in deepest_first)
    return re.sub(f"{_PATH_START}({paths}){_PATH_END}", lambda match: folders[match[1]], text)


def shown(text: str, known: Iterable[Mount]) -> str:
    """Replace this machine's directories in a program's text by the container's mount paths."""
    for mount in sorted(known, key=lambda one: len(str(one.folder)), reverse=True):
        text = text.replace(str(mount.folder), mount.path)
    return text


def limits(pod: Object) -> dict[str, str]:
    """Return the size limit of each volume of a pod that has one, by the volume's name."""
    volumes = pod["spec"].get("volumes", [])
    found = {volume["name"]: (volume.get("emptyDir") or {}).get("sizeLimit") for volume in volumes}
    return {name: limit for name, limit in found.items() if limit}


def exceeded(place: VolumeSources, limited: Mapping[str, str]) -> str:
    """Return the kubelet's message about a volume over its limit; empty if there is none."""
    for name, limit in limited.items():
        if _size(place.volume(name)) > to_bytes(limit):
            return f'Usage of EmptyDir volume "{name}" exceeds the limit "{limit}".'
    return ""


def _sub_path(mount: Object, variables: Mapping[str, str]) -> str:
    path = mount.get("subPath") or env_vars.expand(mount.get("subPathExpr", ""), variables)
    if path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise MountError(f'subPath "{path}" must be a path below the volume, without ".."')
    return path


def _folder(place: VolumeSources, pod: Object, volume: Object, subpath: str) -> Path:
    if "persistentVolumeClaim" in volume:
        return claims.folder(place, pod, volume["persistentVolumeClaim"]["claimName"], subpath)
    if "nfs" in volume:
        return claims.nfs(place, volume["nfs"], subpath)
    if "emptyDir" in volume:
        return place.volume(volume["name"]) / subpath
    if any(kind in volume for kind in config_volumes.KINDS):
        return config_volumes.write(place, pod, volume) / subpath
    if "hostPath" in volume:
        return _host_path(place, pod, volume, subpath)
    kinds = ", ".join(sorted(set(volume) - {"name"}))
    raise MountError(f'volume "{volume["name"]}": {kinds} is not known in a rehearsal')


def _host_path(place: VolumeSources, pod: Object, volume: Object, subpath: str) -> Path:
    node, source = pod["spec"].get("nodeName", ""), volume["hostPath"]
    try:
        return node_disks.host_path(place, node, source, subpath)
    except MountError as error:
        name = volume["name"]
        raise MountError(f'MountVolume.SetUp failed for volume "{name}" : {error}') from error


def _size(folder: Path) -> int:
    """Return the bytes of all files in a directory; files may be deleted while they are counted."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.lstat().st_size
        except OSError:
            continue
    return total
