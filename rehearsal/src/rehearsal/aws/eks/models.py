"""Resources of the account's EKS, each with its description in the shape of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.utils import utcnow
from moto.eks.models import EKSBackend, eks_backends

from rehearsal.aws.eks.catalogue import ADDON_VERSIONS
from rehearsal.aws.service import Lifecycle, Refusal, RequestTokens, Service


@dataclass(eq=False)
class Described:
    """A resource with an ARN and tags."""

    arn: str
    description: dict[str, Any]

    def describe(self) -> dict[str, Any]:
        """Return the present description."""
        return self.description


@dataclass(eq=False)
class Living(Described):
    """A resource that is not available at once after its creation."""

    lifecycle: Lifecycle = field(default_factory=lambda: Lifecycle("CREATING", "ACTIVE"))

    def describe(self) -> dict[str, Any]:
        """Return the present description."""
        return self.description | {"status": self.lifecycle.look()}

    def in_state(self, status: str) -> dict[str, Any]:
        """Return the description with a given status, for the answer to a creation or deletion."""
        return self.description | {"status": status}


@dataclass(eq=False)
class NodeGroup(Living):
    """A managed node group with the network interfaces of its nodes."""

    interface_ids: list[str] = field(default_factory=list)

    def fail(self, state: str, code: str, message: str) -> None:
        """Let the creation end in a state of failure, with a health issue."""
        self.lifecycle.then = state
        name = self.description["resources"]["autoScalingGroups"][0]["name"]
        issue = {"code": code, "message": message, "resourceIds": [name]}
        self.description["health"] = {"issues": [issue]}


@dataclass(eq=False)
class AccessEntry(Described):
    """Access of a principal to a cluster, with the associated access policies by ARN."""

    policies: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(eq=False)
class Cluster(Living):
    """A cluster with its own resources, by name, principal or id."""

    interface_ids: list[str] = field(default_factory=list)
    node_groups: dict[str, NodeGroup] = field(default_factory=dict)
    addons: dict[str, Living] = field(default_factory=dict)
    access_entries: dict[str, AccessEntry] = field(default_factory=dict)
    pod_identities: dict[str, Described] = field(default_factory=dict)
    updates: dict[str, Living] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the cluster."""
        return str(self.description["name"])

    @property
    def version(self) -> str:
        """Kubernetes version, such as "1.34"."""
        return str(self.description["version"])

    @property
    def vpc(self) -> dict[str, Any]:
        """VPC settings of the cluster, resourcesVpcConfig."""
        return cast(dict[str, Any], self.description["resourcesVpcConfig"])

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the cluster, as an attribute for moto's Resource Groups Tagging API."""
        return cast(dict[str, str], self.description["tags"])

    def record(self, type_: str, **params: Any) -> dict[str, Any]:
        """Record an update, which is finished at the next call; return its description."""
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
    """EKS of the account in one Region."""

    SERVICE_NAMESPACE = "eks"

    newer_addon_versions: Mapping[str, tuple[str, ...]] = {}
    """Versions of add-ons released while the account was in use, the newest first, by name."""
    late_log_groups: frozenset[str] = frozenset()
    """Log groups of deleted clusters to which EKS still has to write buffered logs."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.clusters: dict[str, Cluster] = {}  # type: ignore[assignment] # in place of moto's
        self.tokens = RequestTokens()

    def release_addon(self, name: str, version: str) -> None:
        """Offer a newer version of an add-on.

        Raises:
            LookupError: There is no such add-on.
        """
        if name not in ADDON_VERSIONS:
            raise LookupError(f"There is no add-on {name}.")
        newer = (version, *self.newer_addon_versions.get(name, ()))
        self.newer_addon_versions = {**self.newer_addon_versions, name: newer}

    def everything(self) -> Iterator[Described]:
        """Yield every resource that has an ARN."""
        for cluster in self.clusters.values():
            yield cluster
            yield from cluster.node_groups.values()
            yield from cluster.addons.values()
            yield from cluster.access_entries.values()
            yield from cluster.pod_identities.values()

    def with_arn(self, arn: str) -> Described:
        """Return the resource with an ARN.

        Raises:
            Refusal: NotFoundException.
        """
        for one in self.everything():
            if one.arn == arn:
                return one
        raise Refusal("NotFoundException", f"The specified resource was not found: {arn}")

    def tag_resource(self, resource_arn: str, tags: dict[str, str]) -> None:
        """Add tags to a resource; a tag replaces one with the same key."""
        self.with_arn(resource_arn).description["tags"].update(tags)

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        """Remove tags from a resource."""
        tags = self.with_arn(resource_arn).description["tags"]
        for key in tag_keys:
            tags.pop(key, None)

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Yield the resources for the Resource Groups Tagging API."""
        for one in self.everything():
            kind = one.arn.split(":")[5].split("/")[0]
            tags = one.description["tags"]
            yield TaggedResource(arn=one.arn, tags=tags, resource_type=f"eks:{kind}")


class EKSCalls(Service):
    """Base of EKS's API calls."""

    NAME = "eks"
    INVALID_PARAMETER = "InvalidParameterException"

    @property
    def eks(self) -> EKS:
        """EKS of the account in the Region of the call."""
        return cast(EKS, eks_backends[self.current_account][self.region])

    def cluster(self, name: str | None = None) -> Cluster:
        """Return the cluster with a name, by default the one that the call names.

        Raises:
            Refusal: ResourceNotFoundException.
        """
        name = name or self.given.get("clusterName") or self.given.get("name") or ""
        if found := self.eks.clusters.get(name):
            found.lifecycle.look()
            return found
        raise not_found(f"No cluster found for name: {name}.", clusterName=name)

    def new_arn(self, kind: str, *path: str) -> str:
        """Return the ARN of a resource in this account and Region."""
        where = f"arn:{self.partition}:eks:{self.region}:{self.current_account}"
        return f"{where}:{kind}/{'/'.join(path)}"

    def token_refused(self) -> Refusal:
        """Return the error for a clientRequestToken used before with other parameters."""
        return invalid("The client request token was used before with other parameters.")


def invalid(message: str) -> Refusal:
    """Return the error for an invalid parameter."""
    return Refusal("InvalidParameterException", message)


def not_found(message: str, **members: Any) -> Refusal:
    """Return the error for a resource that does not exist."""
    return Refusal("ResourceNotFoundException", message, **members)


def in_use(message: str, **members: Any) -> Refusal:
    """Return the error for a name in use, or for a resource that others depend on."""
    return Refusal("ResourceInUseException", message, **members)
