"""Section `storage` of the stack file: the back ends, the active one, those beside it, the claims.

A further storage adds its name to `Further`, and to `Backend` if training and serving may use it;
a back end also adds its spec to `BACKEND_SPECS`, and a field of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from components.names import namespace_errors
from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.bench_spec import StorageBenchSpec
from components.storage.claim_names import claim_name
from components.storage.directory_claim_spec import DirectoryClaimSpec
from components.storage.efs_spec import EfsSpec
from components.storage.file_system_spec import FileSystemSpec
from components.storage.fsx_spec import FsxSpec
from components.storage.mount_path import mount_path_errors, overlap
from components.storage.mountpoint_spec import S3Spec
from components.storage.nfs_volume_spec import CLAIM_NAME as NFS_CLAIM
from components.storage.nfs_volume_spec import NfsVolumeSpec
from components.storage.s3_files_spec import S3FilesSpec
from components.storage.scratch_spec import ScratchSpec

Backend = Literal["fsx", "efs", "s3files"]
"""Storages that training and serving may use."""
Further = Literal["fsx", "efs", "s3files", "s3"]
"""Storages that may stand beside the active one."""
BACKEND_SPECS: Mapping[Backend, type[FileSystemSpec]] = {
    "fsx": FsxSpec,
    "efs": EfsSpec,
    "s3files": S3FilesSpec,
}
"""Spec of each back end, which has the names of its CSI driver and of its resource."""

MOUNT_PATH: Path = ("mountPath",)
SCRATCH_PATH: Path = ("scratch", "mountPath")
BACKEND: Path = ("backend",)


class StorageSpec(Spec):
    """Shared storage. One back end is active, and others may stand beside it.

    The settings of those that are not in use are kept.
    """

    backend: Backend = "efs"
    """Active back end, which training and serving use: fsx (FSx for Lustre), efs (Amazon EFS) or
    s3files (Amazon S3 Files). A switch is refused while users have pods or claims on the old one,
    unless `also` names it; the error names them."""

    also: tuple[Further, ...] = Field(default=(), examples=[["fsx"]])
    """Storages beside the active one: each has its file system, driver, class and, in each of
    `namespaces`, a claim named like the storage. Removing one deletes its file system with all data
    in it; it is refused while users have pods or claims on it."""

    mount_path: str = "/data"
    """Path at which pods mount the claim."""

    namespaces: tuple[str, ...] = ("training",)
    """Namespaces that get a claim on each storage: `shared` on the active one, and one named like
    each storage of `also`."""

    fsx: FsxSpec = FsxSpec()
    """Settings of FSx for Lustre, used if `backend` or `also` names fsx."""

    efs: EfsSpec = EfsSpec()
    """Settings of Amazon EFS, used if `backend` or `also` names efs."""

    s3: S3Spec = S3Spec()
    """Settings of a prefix of a bucket, mounted by Mountpoint for Amazon S3, used if `also` names
    s3. It makes no file system, and removing it deletes nothing in the bucket."""

    s3files: S3FilesSpec = Field(default=S3FilesSpec(), alias="s3files")
    """Settings of Amazon S3 Files, a file system over the data bucket, used if `backend` or `also`
    names s3files."""

    scratch: ScratchSpec | None = Field(default=None, examples=[{"mountPath": "/local-ssd"}])
    """Scratch volume on the nodes' own NVMe disks: a claim named `scratch` in each namespace, by
    which each pod gets a directory of the disks of its own node. It needs a node group with
    instanceStore, and leads pods to the nodes of such groups."""

    claims: dict[str, DirectoryClaimSpec] = Field(
        default_factory=dict,
        examples=[{"results": {"namespace": "team-a", "directory": "teams/a", "uid": 2001}}],
    )
    """Claims on single directories, by their names: a team sees its own directory, or reads a
    common one. See docs/storage.md."""

    bench: StorageBenchSpec | None = Field(default=None, examples=[{"sizeMib": 4096}])
    """Measurement of every storage by fio and by the load of a model's file, with AWS's figures
    beside it. No update waits for it."""

    @property
    def active(self) -> FileSystemSpec:
        """Settings of the active back end."""
        return self.in_use[self.backend]

    @property
    def in_use(self) -> dict[Backend, FileSystemSpec]:
        """Settings of each back end in use, the active one first."""
        names = (self.backend, *self.also)
        order = sorted((one for one in BACKEND_SPECS if one in names), key=names.index)
        return {one: getattr(self, one) for one in order}

    @property
    def active_fsx(self) -> FsxSpec | None:
        """Settings of FSx for Lustre if it is the active back end, else None."""
        return self.active if isinstance(self.active, FsxSpec) else None

    @property
    def used_fsx(self) -> FsxSpec | None:
        """Settings of FSx for Lustre if it is in use, else None."""
        return self.fsx if "fsx" in self.in_use else None

    @property
    def used_efs(self) -> EfsSpec | None:
        """Settings of Amazon EFS if it is in use, else None."""
        return self.efs if "efs" in self.in_use else None

    @property
    def nfs_volume(self) -> NfsVolumeSpec | None:
        """Settings of the plain NFS volume, if EFS is in use and has one, else None."""
        return self.used_efs.nfs_volume if self.used_efs else None

    @property
    def used_s3_files(self) -> S3FilesSpec | None:
        """Settings of Amazon S3 Files if it is in use, else None."""
        return self.s3files if "s3files" in self.in_use else None

    @property
    def claim_names(self) -> dict[str, Backend]:
        """Back end of the claims of each name that every namespace gets."""
        return {claim_name(one, self.backend): one for one in self.in_use}

    @property
    def all_namespaces(self) -> tuple[str, ...]:
        """Namespaces that get a claim, on a whole storage or on a directory."""
        further = (one.namespace for one in self.claims.values())
        return (*dict.fromkeys((*self.namespaces, *further)),)

    @property
    def claims_on_file_systems(self) -> dict[tuple[str, str], Backend]:
        """Back end of each claim on a file system, by the claim's namespace and name."""
        return {
            **{
                (namespace, name): backend
                for namespace in self.namespaces
                for name, backend in self.claim_names.items()
            },
            **{
                (one.namespace, name): one.storage or self.backend
                for name, one in self.claims.items()
            },
        }

    @property
    def mounted(self) -> dict[str, object]:
        """Settings of all that pods mount by a claim, by the name of the storage."""
        found: dict[str, object] = {str(name): spec for name, spec in self.in_use.items()}
        found |= {"s3": self.s3} if "s3" in self.also else {}
        return found | ({"scratch": self.scratch} if self.scratch is not None else {})

    @property
    def measured(self) -> dict[str, object]:
        """Settings of the storages that the bench measures; empty without one."""
        if self.bench is None:
            return {}
        writable = {k: v for k, v in self.mounted.items() if k != "s3" or not self.s3.read_only}
        names = self.bench.storages or tuple(writable)
        return {name: self.mounted[name] for name in names if name in self.mounted}

    @property
    def names_of_other_claims(self) -> set[str]:
        """Names of claims in every namespace without a CSI driver of a file system."""
        return {
            *({"s3"} & {*self.also}),
            *(["scratch"] if self.scratch is not None else []),
            *([NFS_CLAIM] if self.nfs_volume is not None else []),
        }

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the mount path, of the namespaces and of further storages."""
        yield from mount_path_errors(MOUNT_PATH, self.mount_path, "/data")
        yield from _scratch_path(self)
        yield from _also(self)
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


def _also(spec: StorageSpec) -> Iterator[ConfigError]:
    for i, name in enumerate(spec.also):
        if name == spec.backend:
            rule = "is for storages beside the active one, and this is the active one"
            yield ConfigError(
                ("also", i), rule, name, "remove it, or set another backend", (BACKEND,)
            )
        elif name in spec.also[:i]:
            yield ConfigError(("also", i), "must be named once", name, "remove it")
