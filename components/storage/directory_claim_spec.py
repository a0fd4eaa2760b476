"""Settings of a claim on one directory of a file system, and what Kubernetes and the drivers ask.

Neither the FSx nor the EFS driver takes a volume with the access mode ReadOnlyMany: both know
SINGLE_NODE_WRITER and MULTI_NODE_MULTI_WRITER only. So the volume of a claim for reading is
ReadWriteMany with the mount option `ro`, which both drivers pass to mount(8); `csi.readOnly` of a
volume does not reach them. On EFS such a claim also acts as nobody, so that the servers refuse too.

Sources: volumeCaps in pkg/driver/controller.go of the FSx CSI driver 1.9.0, and in
pkg/driver/node.go of the EFS CSI driver 3.4.1; NodePublishVolume of both; FSx for Lustre User
Guide, "Mounting specific filesets"; EFS API Reference, CreateAccessPoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.names import namespace_errors
from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.efs_access_point_spec import OCTAL_MODE, OTHERS_READ, OWNER_ALL

DIRECTORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
MAX_LENGTH = 80
NOBODY = 65534
"""User and group of accesses for reading; owner of no directory."""

PERMISSIONS: Path = ("permissions",)
ACCESS: Path = ("accessMode",)

Id = Annotated[int, Field(ge=1, lt=NOBODY)]


class DirectoryClaimSpec(Spec):
    """Claim on one directory: its pods see that directory, and nothing beside it."""

    namespace: str = Field(examples=["team-a"])
    """Namespace of the claim, which the stack makes. Unless storage.namespaces names it too, it has
    no claim on the whole storage."""

    directory: str = Field(examples=["teams/a"])
    """Directory, as a path from the root of the claims `shared`, without a slash at either end. It
    is made if it is not there."""

    storage: Literal["fsx", "efs", "s3files"] | None = Field(default=None, examples=["efs"])
    """Storage that the directory is on; the active one by default."""

    access_mode: Literal["ReadWriteMany", "ReadOnlyMany"] = "ReadWriteMany"
    """ReadWriteMany, or ReadOnlyMany to have every write refused."""

    uid: Id = 1000
    """User id of the directory's owner. On EFS and S3 Files all accesses are made with it; on FSx
    for Lustre a pod must run with it to write."""

    gid: Id = 1000
    """Group id of the directory's owner."""

    permissions: str = "0775"
    """POSIX mode of the directory, octal and in quotes: 0770 keeps out other users of the shared
    claim. A claim for reading acts as any other user, who must be able to read and enter."""

    @property
    def is_read_only(self) -> bool:
        """True if every write is refused."""
        return self.access_mode == "ReadOnlyMany"

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the names, the directory and its mode."""
        yield from namespace_errors(("namespace",), self.namespace)
        yield from _directory(self)
        yield from _permissions(self)


def _directory(spec: DirectoryClaimSpec) -> Iterator[ConfigError]:
    value = spec.directory
    if not DIRECTORY.fullmatch(value) or len(value) > MAX_LENGTH:
        rule = (
            "must be a path without a slash at either end, of names that begin with no dot, and at "
            f"most {MAX_LENGTH} characters"
        )
        yield ConfigError(("directory",), rule, value, "set for instance teams/a")


def _permissions(spec: DirectoryClaimSpec) -> Iterator[ConfigError]:
    value = spec.permissions
    if not OCTAL_MODE.fullmatch(value):
        rule = "must be a POSIX mode: three or four octal digits"
        yield ConfigError(PERMISSIONS, rule, value, 'set for instance "0770"')
    elif int(value, 8) & OWNER_ALL != OWNER_ALL:
        rule = "the directory's owner must read, write and enter it"
        yield ConfigError(PERMISSIONS, rule, value, f'set "{int(value, 8) | OWNER_ALL:04o}"')
    elif spec.is_read_only and int(value, 8) & OTHERS_READ != OTHERS_READ:
        rule = "a claim for reading acts as any other user, who must read and enter"
        remedy = f'set "{int(value, 8) | OTHERS_READ:04o}"'
        yield ConfigError(PERMISSIONS, rule, value, remedy, (ACCESS,))
