"""The shared storage under the cluster: which back end, and how pods see it."""

from __future__ import annotations

from typing import Literal

from components.spec.model import Spec
from settings.efs import Efs
from settings.fsx import Fsx

Backend = Literal["fsx", "efs"]


class Storage(Spec):
    """Shared storage: one back end is active, the settings of both are kept."""

    backend: Backend = "efs"
    """fsx (FSx for Lustre) or efs (Amazon EFS). A switch is refused while pods or claims of users
    are on the old one, and names them."""

    mount_path: str = "/data"
    """Where pods mount the claim."""

    namespaces: tuple[str, ...] = ("training",)
    """The namespaces that get a claim on it."""

    fsx: Fsx = Fsx()
    """FSx for Lustre, when backend is fsx."""

    efs: Efs = Efs()
    """Amazon EFS, when backend is efs."""

    @property
    def file_system(self) -> Fsx | Efs:
        """The settings of the active back end."""
        active: Fsx | Efs = getattr(self, self.backend)
        return active
