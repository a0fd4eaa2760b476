"""Resources of the account's FSx, each with its description in the shape of the API."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from moto.core.resource_tagging import TaggedResource
from moto.fsx.models import FSxBackend, fsx_backends

from rehearsal.aws.fsx.auto_import import Subscription
from rehearsal.aws.service import Lifecycle, Refusal, RequestTokens, Service


@dataclass(eq=False)
class Described:
    """A resource with a lifecycle, tags and an ARN."""

    description: dict[str, Any]
    lifecycle: Lifecycle

    @property
    def arn(self) -> str:
        """ResourceARN of the resource."""
        return str(self.description["ResourceARN"])

    def describe(self) -> dict[str, Any]:
        """Return the present description."""
        return self.description | {"Lifecycle": self.lifecycle.look()}

    def as_created(self) -> dict[str, Any]:
        """Return the description for the answer to the creation, without updating its state."""
        return self.description | {"Lifecycle": self.lifecycle.state}


@dataclass(eq=False)
class Association(Described):
    """A directory of a file system that is linked to a prefix of a bucket."""

    account_id: str

    @property
    def subscription(self) -> Subscription:
        """Subscription of the link to the bucket's events."""
        events = (self.description["S3"].get("AutoImportPolicy") or {}).get("Events") or []
        path, owner = self.description["DataRepositoryPath"], self.description["AssociationId"]
        return Subscription.of(self.account_id, path, owner, events)

    def describe(self) -> dict[str, Any]:
        """Return the present description, which depends on the bucket's configuration."""
        described = super().describe()
        fault = self.subscription.fault
        return described | _misconfigured(fault) if fault else described


def _misconfigured(fault: str) -> dict[str, Any]:
    return {"Lifecycle": "MISCONFIGURED", "FailureDetails": {"Message": fault}}


FAILURES = {
    "FAILED": "Amazon FSx could not create the file system because of an internal error.",
    "MISCONFIGURED": (
        "The file system is in a failed but recoverable state: the network interfaces of its "
        "servers cannot be reached."
    ),
}
"""Messages about a file system in a state of failure; the words are ours."""


RESTORED = "restored from "


def _restored(backup_id: str) -> dict[str, Any]:
    """Return the action by which the rehearsal knows whose files a file system has."""
    return {
        "AdministrativeActionType": "FILE_SYSTEM_UPDATE",
        "Status": "COMPLETED",
        "Message": f"{RESTORED}{backup_id}",
    }


@dataclass(eq=False)
class FileSystem(Described):
    """A Lustre file system."""

    group_ids: list[str]
    associations: dict[str, Association] = field(default_factory=dict)
    emptied: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    """Associations that were deleted with the files of their directories: when, and the last
    description of each."""
    grown_at: float | None = None
    """Time of the last request for more capacity, by the account's clock; None without one."""

    raised_at: float | None = None
    """Time of the last request for more metadata IOPS, by the account's clock; None without one."""
    restored_from: str = ""
    """Id of the backup that it was made of; "" for none."""

    @property
    def lustre(self) -> dict[str, Any]:
        """LustreConfiguration of the file system."""
        configuration: dict[str, Any] = self.description["LustreConfiguration"]
        return configuration

    @property
    def subscription(self) -> Subscription | None:
        """Subscription of the file system's own link to S3; None without such a link."""
        link = self.lustre.get("DataRepositoryConfiguration")
        if link is None:
            return None
        owner, policy = self.description["FileSystemId"], link["AutoImportPolicy"]
        account = self.description["OwnerId"]
        return Subscription.of(account, link["ImportPath"], owner, policy.split("_"))

    @property
    def subscriptions(self) -> list[Subscription]:
        """Subscriptions of all its links."""
        own = [self.subscription] if self.subscription else []
        return [*own, *(association.subscription for association in self.associations.values())]

    def fail(self, state: str) -> None:
        """Let the creation end in a state of failure, FAILED or MISCONFIGURED."""
        self.lifecycle.then = state

    def describe(self) -> dict[str, Any]:
        """Return the present description, whose link depends on the bucket's configuration."""
        described = super().describe()
        if self.restored_from:
            actions = described.get("AdministrativeActions") or []
            described["AdministrativeActions"] = [*actions, _restored(self.restored_from)]
        if message := FAILURES.get(described["Lifecycle"]):
            described["FailureDetails"] = {"Message": message}
        if self.subscription and (fault := self.subscription.fault):
            link = self.lustre["DataRepositoryConfiguration"] | _misconfigured(fault)
            described["LustreConfiguration"] = self.lustre | {"DataRepositoryConfiguration": link}
        return described

    @property
    def linked(self) -> bool:
        """True if it is linked to S3, by an import path or an association."""
        return "DataRepositoryConfiguration" in self.lustre or bool(self.associations)


class FSx(FSxBackend):
    """FSx of the account in one Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.file_systems: dict[str, FileSystem] = {}  # type: ignore[assignment]
        self.backups: dict[str, Described] = {}  # type: ignore[assignment]
        self.tokens = RequestTokens()

    def file_system(self, file_system_id: str) -> FileSystem:
        """Return the file system with an id.

        Raises:
            Refusal: FileSystemNotFound.
        """
        if found := self.file_systems.get(file_system_id):
            return found
        raise Refusal("FileSystemNotFound", f"File system '{file_system_id}' does not exist.")

    def associations(self) -> dict[str, Association]:
        """Return all data repository associations by id."""
        return {
            association_id: association
            for file_system in self.file_systems.values()
            for association_id, association in file_system.associations.items()
        }

    def tagged(self, arn: str) -> Described:
        """Return the resource with an ARN.

        Raises:
            Refusal: ResourceNotFound.
        """
        for one in self._everything():
            if one.arn == arn:
                return one
        raise Refusal("ResourceNotFound", f"The resource {arn} does not exist.")

    def new_arn(self, kind: str, resource_id: str) -> str:
        """Return the ARN of a resource in this account and Region."""
        return f"arn:{self.partition}:fsx:{self.region_name}:{self.account_id}:{kind}/{resource_id}"

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Yield the resources for the Resource Groups Tagging API."""
        for one in self._everything():
            tags = {tag["Key"]: tag["Value"] for tag in one.description["Tags"]}
            kind = one.arn.split(":")[-1].split("/")[0]
            yield TaggedResource(arn=one.arn, tags=tags, resource_type=f"fsx:{kind}")

    def _everything(self) -> Iterator[Described]:
        yield from self.file_systems.values()
        yield from self.associations().values()
        yield from self.backups.values()


def new_id(prefix: str) -> str:
    """Return a new id, such as `fs-0123456789abcdef0`."""
    return f"{prefix}-0{secrets.token_hex(8)}"


class FSxCalls(Service):
    """Base of FSx's API calls."""

    NAME = "fsx"

    @property
    def fsx(self) -> FSx:
        """FSx of the account in the Region of the call."""
        return cast(FSx, fsx_backends[self.current_account][self.region])

    def token_refused(self) -> Refusal:
        """Return the error for a ClientRequestToken used before with other parameters."""
        return Refusal(
            "IncompatibleParameterError",
            "The client request token was used before with other parameters.",
            Parameter="ClientRequestToken",
        )
