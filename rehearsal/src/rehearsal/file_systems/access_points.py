"""Root directories of access points, which EFS and S3 Files make when a client first connects."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Creation:
    """Owner and mode of a directory that is made."""

    uid: int
    gid: int
    permissions: str
    """Mode in octal digits."""


def make_root(
    path: Path, folder: Path, creation: Creation | None, access_point: str, without: str
) -> None:
    """Make the root directory of an access point.

    Args:
        path: The directory.
        folder: Folder of the file system.
        creation: Owner and mode; None if the access point has none.
        access_point: Id of the access point.
        without: End of the sentence that tells what the access point lacks.

    Raises:
        LookupError: The access point has no owner and mode.
    """
    if creation is None:
        raise LookupError(
            f"mount.nfs4: access denied by server: the root directory "
            f"/{path.relative_to(folder)} of access point {access_point} is not there, and "
            f"without {without}"
        )
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(int(creation.permissions, 8))
    with contextlib.suppress(PermissionError):  # only root may change an owner
        os.chown(path, creation.uid, creation.gid)
