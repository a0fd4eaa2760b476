"""What exists in the account's EKS. Each thing is described in the shape the API gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.utils import utcnow
from moto.eks.models import EKSBackend, eks_backends

from ..service import Lifecycle, Refusal, RequestTokens, Service
from .catalogue import ADDON_VERSIONS


@dataclass(eq=False)
class Described:
    """A thing that has an ARN and tags."""

    arn: str
    description: dict[str, Any]

    def describe(self) -> dict[str, Any]:
        """Its description now."""
        return self.description


@dataclass(eq=False)
class Living(Described):
    """A thing that takes time to come about."""

    lifecycle: Lifecycle = field(default_factory=lambda: Lifecycle("CREATING", "ACTIVE"))

    def describe(self) -> dict[str, Any]:
        """Its description now."""
        return self.description | {"status": self.lifecycle.look()}

    def in_state(self, status: str) -> dict[str, Any]:
        """Its description as the answer to its creation or deletion."""
        return self.description | {"status": status}


@dataclass(eq=False)
class NodeGroup(Living):
    """A managed node group, and the network interfaces of its nodes."""

    interface_ids: list[str] = field(default_factory=list)


@dataclass(eq=False)
class AccessEntry(Described):
    """A principal's access to a cluster, with the access policies associated, by ARN."""

    policies: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(eq=False)
class Cluster(Living):
    """A cluster and all that belongs to it, by name, principal or id."""

    interface_ids: list[str] = field(default_factory=list)
    node_groups: dict[str, NodeGroup] = field(default_factory=dict)
    addons: dict[str, Living] = field(default_factory=dict)
    access_entries: dict[str, AccessEntry] = field(default_factory=dict)
    pod_identities: dict[str, Described] = field(default_factory=dict)
    updates: dict[str, Living] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.description["name"])

    @property
    def version(self) -> str:
        """Its Kubernetes version, as "1.34"."""
        return str(self.description["version"])

    @property
    def vpc(self) -> dict[str, Any]:
        """Its resourcesVpcConfig."""
        return cast(dict[str, Any], self.description["resourcesVpcConfig"])

    @property
    def tags(self) -> dict[str, str]:
        """Its tags, where moto's Resource Groups Tagging API looks for them."""
        return cast(dict[str, str], self.description["tags"])

    def record(self, type_: str, **params: Any) -> dict[str, Any]:
        """Notes an update, which is done at the next look; gives its description."""
        update_id = str(uuid4())
        description = {
            "id": update_id,
            "type": type_,
            "params": [{"type": key, "value": str(value)} for key, value in params.items()],
            "createdAt": utcnow(),
            "errors": [],
        }
        self.updates[update_id] = Living("", description, Lifecycle("InProgress", "Successful"))
        return self.updates[update_id].in_state("InProgress")


class EKS(EKSBackend, TaggableResourcesMixin):
    """The account's EKS in one region."""

    SERVICE_NAMESPACE = "eks"

    newer_addon_versions: Mapping[str, tuple[str, ...]] = {}
    """Versions of add-ons that came out while the account was in use, newest first, by name."""
    late_log_groups: frozenset[str] = frozenset()
    """Log groups of deleted clusters, to which EKS has yet to write what it held back."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.clusters: dict[str, Cluster] = {}  # type: ignore[assignment] # in place of moto's
        self.tokens = RequestTokens()

    def release_addon(self, name: str, version: str) -> None:
        """Puts a newer version of an add-on on offer.

        Raises:
            LookupError: There is no such add-on.
        """
        if name not in ADDON_VERSIONS:
            raise LookupError(f"There is no add-on {name}.")
        newer = (version, *self.newer_addon_versions.get(name, ()))
        self.newer_addon_versions = {**self.newer_addon_versions, name: newer}

    def everything(self) -> Iterator[Described]:
        """Everything that has an ARN."""
        for cluster in self.clusters.values():
            yield cluster
            yield from cluster.node_groups.values()
            yield from cluster.addons.values()
            yield from cluster.access_entries.values()
            yield from cluster.pod_identities.values()

    def with_arn(self, arn: str) -> Described:
        """The thing with that ARN.

        Raises:
            Refusal: NotFoundException.
        """
        for one in self.everything():
            if one.arn == arn:
                return one
        raise Refusal("NotFoundException", f"The specified resource was not found: {arn}")

    def tag_resource(self, resource_arn: str, tags: dict[str, str]) -> None:
        """Adds tags to a thing, over those of the same key."""
        self.with_arn(resource_arn).description["tags"].update(tags)

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        """Takes tags from a thing."""
        tags = self.with_arn(resource_arn).description["tags"]
        for key in tag_keys:
            tags.pop(key, None)

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """What the Resource Groups Tagging API lists."""
        for one in self.everything():
            kind = one.arn.split(":")[5].split("/")[0]
            tags = one.description["tags"]
            yield TaggedResource(arn=one.arn, tags=tags, resource_type=f"eks:{kind}")


class EKSCalls(Service):
    """What the calls of EKS share."""

    NAME = "eks"
    INVALID_PARAMETER = "InvalidParameterException"

    @property
    def eks(self) -> EKS:
        """The account's EKS in the region of the call."""
        return cast(EKS, eks_backends[self.current_account][self.region])

    def cluster(self, name: str | None = None) -> Cluster:
        """The cluster of that name, or the one the call is about.

        Raises:
            Refusal: ResourceNotFoundException.
        """
        name = name or self.given.get("clusterName") or self.given.get("name") or ""
        if found := self.eks.clusters.get(name):
            found.lifecycle.look()
            return found
        raise not_found(f"No cluster found for name: {name}.", clusterName=name)

    def new_arn(self, kind: str, *path: str) -> str:
        """The ARN of a resource of this account and region."""
        where = f"arn:{self.partition}:eks:{self.region}:{self.current_account}"
        return f"{where}:{kind}/{'/'.join(path)}"

    def token_refused(self) -> Refusal:
        """A clientRequestToken used before with other parameters."""
        return invalid("The client request token was used before with other parameters.")


def invalid(message: str) -> Refusal:
    """A parameter with a value that EKS refuses."""
    return Refusal("InvalidParameterException", message)


def not_found(message: str, **members: Any) -> Refusal:
    """A thing that does not exist."""
    return Refusal("ResourceNotFoundException", message, **members)


def in_use(message: str, **members: Any) -> Refusal:
    """A name that is taken, or a thing that others depend on."""
    return Refusal("ResourceInUseException", message, **members)
