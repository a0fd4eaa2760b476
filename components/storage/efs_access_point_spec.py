"""Settings of the access point by which pods reach a directory of an EFS file system.

Source: EFS API Reference, CreateAccessPoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.spec.model import Spec

PERMISSIONS: Path = ("permissions",)
ACCESS_POINT_PATH = re.compile(r"(/(?!\.)[^/$#<>;`|&?{}^*\n]+){1,4}")
MAX_PATH_LENGTH = 100
OCTAL_MODE = re.compile(r"[0-7]{3,4}")
OWNER_ALL = 0o700
OTHERS_READ = 0o005


class AccessPointSpec(Spec):
    """Directory that claims have as their root, and the POSIX identity of every access to it."""

    path: str = "/shared"
    """Path of the directory on the file system. EFS creates it on first use."""

    uid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1000
    """User id of the directory's owner, with which every access is made."""

    gid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1000
    """Group id of the directory's owner, with which every access is made."""

    permissions: str = "0775"
    """POSIX mode of the directory, octal and in quotes. SageMaker reads without the access point,
    as another user, so others must be able to read and enter."""

    @property
    def lets_others_read(self) -> bool:
        """True if users other than the owner and its group may read and enter the directory."""
        mode = self.permissions
        return not OCTAL_MODE.fullmatch(mode) or int(mode, 8) & OTHERS_READ == OTHERS_READ

    @property
    def permissions_remedy(self) -> str:
        """Remedy for a mode that keeps out a user who needs access."""
        return f'set "{int(self.permissions, 8) | OWNER_ALL | OTHERS_READ:04o}"'

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the directory's path and mode."""
        yield from _access_point_path(self)
        yield from _permissions(self)


def _access_point_path(point: AccessPointSpec) -> Iterator[ConfigError]:
    value = point.path
    if not ACCESS_POINT_PATH.fullmatch(value) or len(value) > MAX_PATH_LENGTH:
        rule = (
            f"must be an absolute path of 1 to 4 directories, none of which begins with a dot, and "
            f"at most {MAX_PATH_LENGTH} characters"
        )
        yield ConfigError(("path",), rule, value, "set for instance /shared")


def _permissions(point: AccessPointSpec) -> Iterator[ConfigError]:
    value = point.permissions
    if not OCTAL_MODE.fullmatch(value):
        rule = "must be a POSIX mode: three or four octal digits"
        yield ConfigError(PERMISSIONS, rule, value, 'set for instance "0775"')
    elif int(value, 8) & OWNER_ALL != OWNER_ALL:
        rule = "pods act as the directory's owner, who must read, write and enter it"
        yield ConfigError(PERMISSIONS, rule, value, point.permissions_remedy)
