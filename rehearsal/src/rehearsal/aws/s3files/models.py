"""Resources of the account's S3 Files, each with its description in the shape of the API."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import botocore.session
from moto.core.base_backend import BackendDict, BaseBackend

from rehearsal.aws.service import Lifecycle, Refusal, RequestTokens

MOST_FILE_SYSTEMS = 1000
"""File systems of an account in a Region. Source: S3 User Guide, "S3 Files quotas"."""
MOST_ACCESS_POINTS = 10_000
"""Access points of a file system."""
DEFAULT_IMPORTS = [
    {"prefix": "", "trigger": "ON_DIRECTORY_FIRST_ACCESS", "sizeLessThan": 128 * 1024}
]
DEFAULT_EXPIRATIONS = [{"daysAfterLastAccess": 30}]
Kind = TypeVar("Kind")


@dataclass(eq=False)
class Described:
    """A resource with a lifecycle."""

    description: dict[str, Any]
    lifecycle: Lifecycle

    def describe(self) -> dict[str, Any]:
        """Return the present description."""
        return self.description | {"status": self.lifecycle.look()}

    def as_created(self) -> dict[str, Any]:
        """Return the description for the answer to the creation, without updating its state."""
        return self.description | {"status": self.lifecycle.state}


@dataclass(eq=False)
class FileSystem(Described):
    """A file system over a prefix of a bucket."""

    policy: str | None = None
    """JSON text of its resource policy."""
    imports: list[dict[str, Any]] = field(default_factory=lambda: [*DEFAULT_IMPORTS])
    expirations: list[dict[str, Any]] = field(default_factory=lambda: [*DEFAULT_EXPIRATIONS])
    version: int = 1
    """Version number of the synchronization configuration, another after each change."""
    pending_exports: int = 0
    """Files that wait for their export, as the file system's servers have counted them."""

    @property
    def id(self) -> str:
        """Id of the file system."""
        return str(self.description["fileSystemId"])

    def describe_with(self, denied: str | None) -> dict[str, Any]:
        """Return the present description; a role that lacks a permission keeps it creating.

        Args:
            denied: Message about the role, if it lacks anything.
        """
        if denied and self.lifecycle.state == "creating":
            return self.description | {"status": "creating", "statusMessage": denied}
        return self.describe() | ({"statusMessage": denied} if denied else {})


@dataclass(eq=False)
class MountTarget(Described):
    """Endpoint of a file system in a subnet."""

    @property
    def file_system_id(self) -> str:
        """Id of its file system."""
        return str(self.description["fileSystemId"])


@dataclass(eq=False)
class AccessPoint(Described):
    """Entry to a directory of a file system, with a POSIX identity."""

    @property
    def file_system_id(self) -> str:
        """Id of its file system."""
        return str(self.description["fileSystemId"])


class S3Files(BaseBackend):
    """S3 Files of the account in one Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.file_systems: dict[str, FileSystem] = {}
        self.mount_targets: dict[str, MountTarget] = {}
        self.access_points: dict[str, AccessPoint] = {}
        self.tokens = RequestTokens()

    def file_system(self, named: str) -> FileSystem:
        """Return the file system with an id or ARN.

        Raises:
            Refusal: ResourceNotFoundException.
        """
        return _found(self.file_systems, named, "File system")

    def mount_target(self, named: str) -> MountTarget:
        """Return the mount target with an id.

        Raises:
            Refusal: ResourceNotFoundException.
        """
        return _found(self.mount_targets, named, "Mount target")

    def access_point(self, named: str) -> AccessPoint:
        """Return the access point with an id or ARN.

        Raises:
            Refusal: ResourceNotFoundException.
        """
        return _found(self.access_points, named, "Access point")

    def targets_of(self, file_system_id: str) -> list[MountTarget]:
        """Return the mount targets of a file system."""
        return [one for one in self.mount_targets.values() if one.file_system_id == file_system_id]

    def points_of(self, file_system_id: str) -> list[AccessPoint]:
        """Return the access points of a file system."""
        return [one for one in self.access_points.values() if one.file_system_id == file_system_id]

    def arn(self, resource: str) -> str:
        """Return the ARN of a resource in this account and Region."""
        return f"arn:{self.partition}:s3files:{self.region_name}:{self.account_id}:{resource}"


def refusal(code: str, message: str, **members: Any) -> Refusal:
    """Return an error of S3 Files, whose body repeats the code."""
    return Refusal(code, message, errorCode=code, **members)


def invalid(message: str) -> Refusal:
    """Return the error for a parameter that AWS refuses."""
    return refusal("ValidationException", message)


def conflict(message: str, **members: Any) -> Refusal:
    """Return the error for a call that the present state of a resource does not allow."""
    return refusal("ConflictException", message, **members)


def new_id(prefix: str) -> str:
    """Return a new id, such as fs-0123456789abcdef0."""
    return f"{prefix}-0{secrets.token_hex(8)}"


def _found(known: Mapping[str, Kind], named: str, noun: str) -> Kind:
    found = known.get(named.rsplit("/", maxsplit=1)[-1])
    if found is None:
        raise refusal("ResourceNotFoundException", f"{noun} '{named}' does not exist.")
    return found


def regions() -> list[str]:
    """Return the Regions that the emulation serves: those of EC2."""
    session = botocore.session.get_session()
    return [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition)
    ]


s3files_backends: BackendDict[S3Files] = BackendDict(
    S3Files, "s3files", use_boto3_regions=False, additional_regions=regions()
)
"""Backends by account and Region."""
