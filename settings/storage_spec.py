"""Section `storage` of the stack file: the back ends, the active one, and the claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from components.names import namespace_errors
from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.efs_spec import EfsSpec
from components.storage.fsx_spec import FsxSpec
from components.storage.mount_path import mount_path_errors, overlap
from components.storage.scratch_spec import ScratchSpec

Backend = Literal["fsx", "efs"]
BACKEND_SPECS: Mapping[Backend, type[FsxSpec | EfsSpec]] = {"fsx": FsxSpec, "efs": EfsSpec}
"""Spec of each back end, which has the names of its CSI driver and of its resource."""

MOUNT_PATH: Path = ("mountPath",)
SCRATCH_PATH: Path = ("scratch", "mountPath")


class StorageSpec(Spec):
    """Shared storage. One back end is active; the settings of the other are kept."""

    backend: Backend = "efs"
    """Active back end: fsx (FSx for Lustre) or efs (Amazon EFS). A switch is refused while users
    have pods or claims on the old one; the error names them."""

    mount_path: str = "/data"
    """Path at which pods mount the claim."""

    namespaces: tuple[str, ...] = ("training",)
    """Namespaces that get a claim, named `shared`, on the storage."""

    fsx: FsxSpec = FsxSpec()
    """Settings of FSx for Lustre, used if backend is fsx."""

    efs: EfsSpec = EfsSpec()
    """Settings of Amazon EFS, used if backend is efs."""

    scratch: ScratchSpec | None = Field(default=None, examples=[{"mountPath": "/local-ssd"}])
    """Scratch volume on the nodes' own NVMe disks: a claim named `scratch` in each namespace, by
    which each pod gets a directory of the disks of its own node. It needs a node group with
    instanceStore, and leads pods to the nodes of such groups."""

    @property
    def active(self) -> FsxSpec | EfsSpec:
        """Settings of the active back end."""
        spec: FsxSpec | EfsSpec = getattr(self, self.backend)
        return spec

    @property
    def active_fsx(self) -> FsxSpec | None:
        """Settings of FSx for Lustre if it is the active back end, else None."""
        return self.active if isinstance(self.active, FsxSpec) else None

    @property
    def active_efs(self) -> EfsSpec | None:
        """Settings of Amazon EFS if it is the active back end, else None."""
        return self.active if isinstance(self.active, EfsSpec) else None

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the mount path and of the namespaces."""
        yield from mount_path_errors(MOUNT_PATH, self.mount_path, "/data")
        yield from _scratch_path(self)
        for i, name in enumerate(self.namespaces):
            yield from namespace_errors(("namespaces", i), name)
            if name in self.namespaces[:i]:
                yield ConfigError(("namespaces", i), "must be named once", name, "remove it")


def _scratch_path(spec: StorageSpec) -> Iterator[ConfigError]:
    if spec.scratch is None:
        return
    value = spec.scratch.mount_path
    yield from mount_path_errors(SCRATCH_PATH, value, "/local-ssd")
    if overlap(value, spec.mount_path):
        rule = f"must neither be nor contain nor lie in storage.mountPath, {spec.mount_path}"
        yield ConfigError(SCRATCH_PATH, rule, value, "set /local-ssd", (MOUNT_PATH,))
