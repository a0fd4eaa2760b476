"""Cluster as the provider uses it: objects are read, listed, made and changed by manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.pulumi.providers.kubernetes.api import APPLY, JSON_PATCH, MERGE, Api, ApiError
from rehearsal.pulumi.providers.kubernetes.discovery import Discovery, NotServed, Resource
from rehearsal.pulumi.providers.kubernetes.kubeconfig import Access
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, name_of, namespace_of
from rehearsal.pulumi.providers.kubernetes.tokens import GroupVersionKind

_STRICT = {"fieldValidation": "Strict"}  # a misspelt field is refused, never dropped


def kind_of(manifest: Manifest) -> GroupVersionKind:
    """Return the kind that a manifest names."""
    return GroupVersionKind.of(str(manifest.get("apiVersion", "")), str(manifest.get("kind", "")))


class Cluster:
    """Client of one API server as one user, for whole manifests."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.api = Api(access)
        self.discovery = Discovery(self.api)

    def path(self, manifest: Manifest, *, collection: bool = False) -> str:
        """Return the REST path of an object, or of the collection that it is (to be) in.

        Raises:
            NotServed: The server does not know its kind.
        """
        resource = self.discovery.find(kind_of(manifest))
        namespace = namespace_of(manifest) or "default"
        return resource.path(namespace, "" if collection else name_of(manifest))

    def resource(self, manifest: Manifest) -> Resource:
        """Return the resource under which the kind of a manifest is served.

        Raises:
            NotServed: The server does not know the kind.
        """
        return self.discovery.find(kind_of(manifest))

    def forget_kinds(self, manifest: Manifest) -> None:
        """Forget the known kinds if the manifest defines one."""
        if manifest.get("kind") == "CustomResourceDefinition":
            self.discovery.forget()

    def get(self, manifest: Manifest) -> Manifest | None:
        """Return the live object, or None if it or its whole kind is gone."""
        try:
            return self.api.request("GET", self.path(manifest))
        except NotServed:
            return None
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def create(self, manifest: Manifest, manager: str, *, dry_run: bool) -> Manifest:
        """Create an object that does not exist yet."""
        query = _STRICT | {"fieldManager": manager} | _dry(dry_run)
        return self.api.request("POST", self.path(manifest, collection=True), manifest, query)

    def replace(self, manifest: Manifest, manager: str, *, dry_run: bool) -> Manifest:
        """Replace the existing object by another whole one."""
        query = _STRICT | {"fieldManager": manager} | _dry(dry_run)
        return self.api.request("PUT", self.path(manifest), manifest, query)

    def apply(self, manifest: Manifest, manager: str, *, force: bool, dry_run: bool) -> Manifest:
        """Apply a manifest server-side; the manager owns exactly its fields afterwards."""
        query = _STRICT | {"fieldManager": manager, "force": str(force).lower()} | _dry(dry_run)
        return self.api.request("PATCH", self.path(manifest), manifest, query, APPLY)

    def merge(self, manifest: Manifest, patch: Any, manager: str, *, dry_run: bool) -> Manifest:
        """Apply a JSON merge patch to the object."""
        query = _STRICT | {"fieldManager": manager} | _dry(dry_run)
        return self.api.request("PATCH", self.path(manifest), patch, query, MERGE)

    def patch(self, manifest: Manifest, operations: list[dict[str, Any]]) -> Manifest:
        """Apply a JSON patch to the object."""
        return self.api.request("PATCH", self.path(manifest), operations, None, JSON_PATCH)

    def delete(self, manifest: Manifest, propagation: str) -> None:
        """Ask for an object to be deleted; it is gone only when its finalizers are."""
        self.api.request("DELETE", self.path(manifest), {"propagationPolicy": propagation})


@dataclass(frozen=True)
class View:
    """View of a cluster for the readiness conditions in `awaits`."""

    cluster: Cluster

    def listed(self, api_version: str, kind: str, namespace: str) -> list[Manifest]:
        """Return the objects of a kind in a namespace."""
        probe = {"apiVersion": api_version, "kind": kind, "metadata": {"namespace": namespace}}
        items = self.cluster.api.request("GET", self.cluster.path(probe, collection=True))["items"]
        return list(items or [])

    def got(self, api_version: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return an object, or None if there is none."""
        metadata = {"namespace": namespace, "name": name}
        return self.cluster.get({"apiVersion": api_version, "kind": kind, "metadata": metadata})


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}
