"""Section `storage` of the stack file: the back ends, the active one, and the claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from components.names import namespace_errors
from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.efs_spec import EfsSpec
from components.storage.fsx_spec import FsxSpec

Backend = Literal["fsx", "efs"]
BACKEND_SPECS: Mapping[Backend, type[FsxSpec | EfsSpec]] = {"fsx": FsxSpec, "efs": EfsSpec}
"""Spec of each back end, which has the names of its CSI driver and of its resource."""

MOUNT_PATH: Path = ("mountPath",)
ABSOLUTE_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
SYSTEM_FOLDERS = {"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr"}
OF_OUR_PODS = ("/opt/project", "/opt/venv", "/opt/ml", "/tmp", "/var/run")
"""Paths at which pods have the workloads, their packages, models, temporary files and tokens."""


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
        yield from _mount_path(self)
        for i, name in enumerate(self.namespaces):
            yield from namespace_errors(("namespaces", i), name)
            if name in self.namespaces[:i]:
                yield ConfigError(("namespaces", i), "must be named once", name, "remove it")


def _mount_path(spec: StorageSpec) -> Iterator[ConfigError]:
    value = spec.mount_path
    if not ABSOLUTE_PATH.fullmatch(value) or ".." in value.split("/"):
        rule = "must be an absolute path without a slash at its end"
        yield ConfigError(MOUNT_PATH, rule, value, "set for instance /data")
    elif value.split("/")[1] in SYSTEM_FOLDERS:
        yield ConfigError(MOUNT_PATH, "must be outside the system's folders", value, "set /data")
    elif any(
        f"{one}/".startswith(f"{value}/") or value.startswith(f"{one}/") for one in OF_OUR_PODS
    ):
        rule = f"must leave to pods what they have in {', '.join(OF_OUR_PODS)}"
        yield ConfigError(MOUNT_PATH, rule, value, "set /data")
