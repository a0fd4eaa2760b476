"""What the volumes of a pod come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearsal.clients import Cloud
from rehearsal.cluster.controllers.kube import Kube
from rehearsal.file_systems.contents import Contents


class MountError(Exception):
    """A volume can't be mounted; the message is what a kubelet's event would say."""


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

    def volume(self, name: str) -> Path:
        """The folder of a volume that lives as long as its pod."""
        return self.folder / "volumes" / name
