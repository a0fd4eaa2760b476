"""The folders behind a pod's volumes, and the container's paths rewritten to them.

A container sees its volumes at mount paths; a local process sees this machine's folders. So every
path at or under a mount path, in arguments and variables, is rewritten before the process starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.clients import Cloud, message_of
from rehearsal.cluster.controllers.kube import Key, Kube, Object
from rehearsal.cluster.controllers.kubelet.environment import decoded
from rehearsal.file_systems.contents import Contents

_PATH_START = r"(?<![\w./~-])"
_PATH_END = r"(?![\w.~-])"


class MountError(Exception):
    """A volume can't be mounted; the message is what a kubelet's event would say."""


@dataclass(frozen=True)
class Mount:
    """A path in the container and the folder on this machine behind it."""

    path: str
    folder: Path


@dataclass(frozen=True)
class Place:
    """Where a pod's volumes come from: the cluster, the file systems, a folder of its own."""

    kube: Kube
    cloud: Cloud
    contents: Contents
    region: str
    folder: Path
    lazy: bool = False
    """The program restores what it reads by `lfs`; else the files it mounts have their bytes."""

    @property
    def holder(self) -> str:
        """Whose mounts these are, to Contents.unmount: the pod's uid, which names its folder."""
        return self.folder.name


def mounts(place: Place, pod: Object, container: Object) -> list[Mount]:
    """A container's mounts, the deepest path first.

    Raises:
        MountError: a volume is not there, not bound, or of a kind that is not known here.
    """
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    found = []
    for mount in container.get("volumeMounts", []):
        volume = volumes[mount["name"]]
        if "projected" in volume:
            continue  # the service account's token; the process gets its credentials otherwise
        folder = _folder(place, pod, volume, mount.get("subPath", ""))
        folder.mkdir(parents=True, exist_ok=True)
        found.append(Mount(mount["mountPath"].rstrip("/"), folder))
    return sorted(found, key=lambda mount: len(mount.path), reverse=True)


def rewrite(text: str, known: Iterable[Mount]) -> str:
    """A text in which each path at or under a mount path is the one on this machine."""
    folders = {mount.path: str(mount.folder) for mount in known}
    if not folders:
        return text
    deepest_first = sorted(folders, key=len, reverse=True)
    paths = "|".join(re.escape(path) for path in deepest_first)
    return re.sub(f"{_PATH_START}({paths}){_PATH_END}", lambda match: folders[match[1]], text)


def file_system(handle: str) -> tuple[str, str, str]:
    """A volume handle's file system, path and access point: fs-1, fs-1:/path, fs-1::fsap-1."""
    parts = handle.removeprefix("efs:").split(":")
    system, path, point = (*parts, "", "")[:3]
    return system, path, point


def _folder(place: Place, pod: Object, volume: Object, subpath: str) -> Path:
    if "persistentVolumeClaim" in volume:
        return _claimed(place, pod, volume["persistentVolumeClaim"]["claimName"], subpath)
    if "nfs" in volume:
        return _nfs(place, volume["nfs"], subpath)
    return _own(place, pod, volume) / subpath


def _own(place: Place, pod: Object, volume: Object) -> Path:
    """The folder of a volume that lives as long as its pod."""
    if "emptyDir" in volume:
        return Path(place.folder, "volumes", volume["name"])
    for kind, source, name in (
        ("ConfigMap", "configMap", "name"),
        ("Secret", "secret", "secretName"),
    ):
        if source in volume:
            return _written(place, pod, volume["name"], kind, volume[source][name])
    kinds = ", ".join(sorted(set(volume) - {"name"}))
    raise MountError(f'volume "{volume["name"]}": {kinds} is not known in a rehearsal')


def _claimed(place: Place, pod: Object, claim: str, subpath: str) -> Path:
    found = place.kube.get(Key("PersistentVolumeClaim", pod["metadata"]["namespace"], claim))
    if found is None:
        raise MountError(f'persistentvolumeclaim "{claim}" not found')
    name = found["spec"].get("volumeName")
    volume = place.kube.get(Key("PersistentVolume", "", name)) if name else None
    if volume is None or found.get("status", {}).get("phase") != "Bound":
        raise MountError(f'persistentvolumeclaim "{claim}" is not bound to a volume')
    try:
        return _persistent(place, pod["spec"]["nodeName"], volume["spec"], subpath)
    except (LookupError, ClientError) as error:
        text = message_of(error) if isinstance(error, ClientError) else str(error.args[0])
        raise MountError(f'MountVolume.SetUp failed for volume "{name}": {text}') from error


def _persistent(place: Place, node: str, spec: Object, subpath: str) -> Path:
    if "nfs" in spec:
        return _nfs(place, spec["nfs"], subpath)
    csi = spec.get("csi", {})
    registered = place.kube.get(Key("CSINode", "", node)) or {"spec": {}}
    names = {driver["name"] for driver in registered["spec"].get("drivers") or []}
    if csi.get("driver") not in names:
        raise LookupError(
            "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name "
            f"{csi.get('driver')} not found in the list of registered CSI drivers"
        )
    if csi.get("driver") == "fsx.csi.aws.com":
        return _fsx(place, csi, subpath)
    if csi.get("driver") == "efs.csi.aws.com":
        system, path, point = file_system(csi["volumeHandle"])
        return _mount(place, system, f"{path}/{subpath}", point)
    raise LookupError(f"driver {csi.get('driver')} is not known in a rehearsal")


def _fsx(place: Place, csi: Object, subpath: str) -> Path:
    system = place.contents.describe(csi["volumeHandle"], place.region)
    attributes = csi.get("volumeAttributes", {})
    name = attributes.get("mountname", "fsx")
    if attributes.get("dnsname") != system["DNSName"]:
        raise LookupError(
            f"mount.lustre: {attributes.get('dnsname')}: no such host; "
            f"volumeAttributes.dnsname must be {system['DNSName']}"
        )
    if name != system["LustreConfiguration"].get("MountName", "fsx"):
        raise LookupError(
            f"mount.lustre: mount {csi['volumeHandle']}@tcp:/{name} failed: Invalid argument. "
            "Is the MGS specification correct? Is the filesystem name correct?"
        )
    return _mount(place, csi["volumeHandle"], subpath)


def _nfs(place: Place, nfs: Object, subpath: str) -> Path:
    return _mount(place, nfs["server"].partition(".")[0], f"{nfs.get('path', '/')}/{subpath}")


def _mount(place: Place, system: str, path: str, point: str = "") -> Path:
    return place.contents.mount(
        system, place.region, path, lazy=place.lazy, access_point=point, holder=place.holder
    )


def _written(place: Place, pod: Object, volume: str, kind: str, name: str) -> Path:
    found = place.kube.get(Key(kind, pod["metadata"]["namespace"], name))
    if found is None:
        raise MountError(f'{kind.lower()} "{name}" not found')
    folder = place.folder / "volumes" / volume
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in decoded(kind, found).items():
        (folder / file).write_text(text)
    return folder
