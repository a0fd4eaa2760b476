"""Sources of a pod's volumes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearsal.clients.aws import Cloud
from rehearsal.file_systems.contents import Contents
from rehearsal.kubernetes.controllers.kube import Kube
from rehearsal.mountpoint.mounts import Mounts


class MountError(Exception):
    """A volume cannot be mounted; the message is that of a kubelet's event."""


@dataclass(frozen=True)
class VolumeSources:
    """Sources of a pod's volumes: the cluster, the file systems, a directory of its own."""

    kube: Kube
    cloud: Cloud
    contents: Contents
    region: str
    folder: Path
    lazy: bool = False
    """True if the program restores files by `lfs` itself; else mounted files have their content."""
    node_address: str = ""
    """Private address of the node, by which EC2 has its network interface; empty if unknown."""

    s3: Mounts | None = None
    """Mounts of S3; None where there are none."""

    @property
    def holder(self) -> str:
        """Owner of the mounts, for Contents.unmount: the pod's UID, which names its directory."""
        return self.folder.name

    @property
    def node_disks(self) -> Path:
        """Folder of the disks of all nodes, with a folder for the UID of each."""
        return self.folder.parent.parent / "node-disks"

    def volume(self, name: str) -> Path:
        """Return the directory of a volume that exists as long as its pod."""
        return self.folder / "volumes" / name
