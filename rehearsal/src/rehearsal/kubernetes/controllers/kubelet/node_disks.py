"""Directories of a node's own disks, as hostPath and local volumes lead to them.

A node of the rehearsal has no file system but those on its own NVMe disks. Each is a directory of
this machine, which goes with the node.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from rehearsal.kubernetes.controllers.kube import Key, Object
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources
from rehearsal.kubernetes.node_objects import LOCAL_DISKS_ANNOTATION

TYPES = ("", "Directory", "DirectoryOrCreate", "File", "FileOrCreate")


def host_path(place: VolumeSources, node_name: str, source: Object, subpath: str) -> Path:
    """Return the directory or file of a hostPath volume, or of a path in it.

    Raises:
        MountError: The path is not on the node's own disks, or not of the volume's type.
    """
    path, kind = source["path"], source.get("type") or ""
    node = _node(place, node_name)
    found = _on_disks(place, node, path)
    if found is None:
        if kind == "Directory":
            raise MountError(_wrong_type(path, "directory"))
        raise MountError(
            f"hostPath {path} is not on a disk of node {node_name}'s own, and a rehearsal's nodes "
            f"have no other directories: {_disks(node)}. A directory that is created there would "
            "be on the node's root volume. Use a path on the disks, or an emptyDir"
        )
    if kind not in TYPES:
        raise MountError(f"hostPath type {kind} is not known in a rehearsal")
    _create(found, kind)
    if kind.startswith("Directory") and not found.is_dir():
        raise MountError(_wrong_type(path, "directory"))
    if kind.startswith("File") and not found.is_file():
        raise MountError(_wrong_type(path, "file"))
    return found / subpath if subpath else found


def local(place: VolumeSources, node_name: str, name: str, spec: Object, subpath: str) -> Path:
    """Return the directory of a local PersistentVolume, or of a path in it.

    Args:
        place: Sources of the pod's volumes.
        node_name: Name of the pod's node.
        name: Name of the volume.
        spec: Specification of the volume.
        subpath: Path in the volume.

    Raises:
        LookupError: The node is not one of the volume's, or does not have the path.
    """
    node = _node(place, node_name)
    terms = spec.get("nodeAffinity", {}).get("required", {}).get("nodeSelectorTerms", [])
    if not any(matches(term, node) for term in terms):
        raise LookupError(
            f'MountVolume.NodeAffinity check failed for volume "{name}" : '
            "no matching NodeSelectorTerms"
        )
    path = spec["local"]["path"]
    found = _on_disks(place, node, path)
    if found is None or not found.exists():
        raise LookupError(
            f'MountVolume.NewMounter initialization failed for volume "{name}" : '
            f'path "{path}" does not exist'
        )
    return found / subpath if subpath else found


def matches(term: Object, node: Object) -> bool:
    """Return whether a node has the labels that a term of a node selector asks for."""
    labels = node["metadata"].get("labels") or {}
    asked = term.get("matchExpressions") or []
    return bool(asked) and all(_matches(one, labels) for one in asked)


def forget_missing(folder: Path, uids: Collection[str]) -> None:
    """Delete the disks of nodes that are gone.

    Args:
        folder: Folder of all nodes' disks.
        uids: UIDs of the nodes that exist.
    """
    for one in folder.glob("*"):
        if one.name not in uids:
            shutil.rmtree(one, ignore_errors=True)


def _node(place: VolumeSources, name: str) -> Object:
    node = place.kube.get(Key("Node", "", name))
    return node or {"metadata": {"uid": "none", "name": name}}


def _mount_points(node: Object) -> list[str]:
    annotations = node["metadata"].get("annotations") or {}
    return str(annotations.get(LOCAL_DISKS_ANNOTATION, "")).split()


def _disks(node: Object) -> str:
    return f"it has {', '.join(_mount_points(node)) or 'none'}"


def _on_disks(place: VolumeSources, node: Object, path: str) -> Path | None:
    """Return the path on this machine of a path on a node's own disks; None if it is not there."""
    if ".." in PurePosixPath(path).parts:
        raise MountError(f'path "{path}" must not contain ".."')
    for disk in _mount_points(node):
        root = place.node_disks / str(node["metadata"]["uid"]) / disk.strip("/")
        if PurePosixPath(path).is_relative_to(disk):
            root.mkdir(parents=True, exist_ok=True)
            return root / PurePosixPath(path).relative_to(disk)
    return None


def _create(path: Path, kind: str) -> None:
    if kind == "DirectoryOrCreate":
        path.mkdir(parents=True, exist_ok=True)
    elif kind == "FileOrCreate":
        path.touch()
    elif not kind and not path.exists():
        path.mkdir(parents=True)  # the container runtime makes a directory


def _wrong_type(path: str, kind: str) -> str:
    return f"hostPath type check failed: {path} is not a {kind}"


def _matches(asked: Object, labels: dict[str, str]) -> bool:
    key, values = asked["key"], asked.get("values") or []
    match asked["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
