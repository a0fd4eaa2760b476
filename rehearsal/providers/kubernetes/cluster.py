"""A cluster as the provider uses it: objects got, listed, made and changed by their manifests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.providers.kubernetes.api import APPLY, JSON_PATCH, MERGE, Api, ApiError
from rehearsal.providers.kubernetes.discovery import Discovery, NotServed, Resource
from rehearsal.providers.kubernetes.kubeconfig import Access
from rehearsal.providers.kubernetes.manifests import Manifest, name_of, namespace_of
from rehearsal.providers.kubernetes.tokens import GroupVersionKind

_STRICT = {"fieldValidation": "Strict"}  # a misspelt field is refused, never dropped


def kind_of(manifest: Manifest) -> GroupVersionKind:
    """The kind that a manifest says it is of."""
    return GroupVersionKind.of(str(manifest.get("apiVersion", "")), str(manifest.get("kind", "")))


class Cluster:
    """One API server, asked by one user."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.api = Api(access)
        self.discovery = Discovery(self.api)

    def path(self, manifest: Manifest, *, collection: bool = False) -> str:
        """The REST path of an object, or of the collection it is (to be) in.

        Raises:
            NotServed: if the server does not know its kind.
        """
        resource = self.discovery.find(kind_of(manifest))
        namespace = namespace_of(manifest) or "default"
        return resource.path(namespace, "" if collection else name_of(manifest))

    def resource(self, manifest: Manifest) -> Resource:
        """How the kind of a manifest is served."""
        return self.discovery.find(kind_of(manifest))

    def forget_kinds(self, manifest: Manifest) -> None:
        """Drops what is known of kinds if the manifest defines one."""
        if manifest.get("kind") == "CustomResourceDefinition":
            self.discovery.forget()

    def get(self, manifest: Manifest) -> Manifest | None:
        """The live object, or None if it (or its whole kind) is gone."""
        try:
            return self.api.request("GET", self.path(manifest))
        except NotServed:
            return None
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def create(self, manifest: Manifest, manager: str, *, dry_run: bool) -> Manifest:
        """Makes an object that does not exist yet."""
        query = _STRICT | {"fieldManager": manager} | _dry(dry_run)
        return self.api.request("POST", self.path(manifest, collection=True), manifest, query)

    def replace(self, manifest: Manifest, manager: str, *, dry_run: bool) -> Manifest:
        """Puts a whole object in the place of the one there is."""
        query = _STRICT | {"fieldManager": manager} | _dry(dry_run)
        return self.api.request("PUT", self.path(manifest), manifest, query)

    def apply(self, manifest: Manifest, manager: str, *, force: bool, dry_run: bool) -> Manifest:
        """Server-side apply: the manager owns exactly the fields of the manifest afterwards."""
        query = _STRICT | {"fieldManager": manager, "force": str(force).lower()} | _dry(dry_run)
        return self.api.request("PATCH", self.path(manifest), manifest, query, APPLY)

    def merge(self, manifest: Manifest, patch: Any, manager: str, *, dry_run: bool) -> Manifest:
        """A JSON merge patch of the object."""
        query = _STRICT | {"fieldManager": manager} | _dry(dry_run)
        return self.api.request("PATCH", self.path(manifest), patch, query, MERGE)

    def patch(self, manifest: Manifest, operations: list[dict[str, Any]]) -> Manifest:
        """A JSON patch of the object."""
        return self.api.request("PATCH", self.path(manifest), operations, None, JSON_PATCH)

    def delete(self, manifest: Manifest, propagation: str) -> None:
        """Asks for an object to be deleted; it is gone only when its finalizers are."""
        self.api.request("DELETE", self.path(manifest), {"propagationPolicy": propagation})


@dataclass(frozen=True)
class View:
    """What the judgements of `awaits` see of a cluster."""

    cluster: Cluster

    def listed(self, api_version: str, kind: str, namespace: str) -> list[Manifest]:
        """The objects of a kind in a namespace."""
        probe = {"apiVersion": api_version, "kind": kind, "metadata": {"namespace": namespace}}
        items = self.cluster.api.request("GET", self.cluster.path(probe, collection=True))["items"]
        return list(items or [])

    def got(self, api_version: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """An object, or None if there is none."""
        metadata = {"namespace": namespace, "name": name}
        return self.cluster.get({"apiVersion": api_version, "kind": kind, "metadata": metadata})


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}
