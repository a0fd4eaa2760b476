"""Kinds that an API server serves, and their paths."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from rehearsal.pulumi.providers.kubernetes.api import Api, ApiError
from rehearsal.pulumi.providers.kubernetes.tokens import GroupVersionKind
from rehearsal.pulumi.providers.server import ProviderError


class NotServed(ProviderError):  # noqa: N818 - an answer, often an expected one
    """The API server does not know a kind, or not yet."""

    def __init__(self, kind: GroupVersionKind) -> None:
        super().__init__(
            f"the Kubernetes API server does not serve {kind}: the apiVersion for this resource "
            "does not exist. Verify that any required CustomResourceDefinitions have been created"
        )


@dataclass(frozen=True)
class Resource:
    """Kind as it is served: the root of its paths, its plural name, and its scope."""

    root: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or of the collection when there is no name."""
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Discovery:
    """Kinds of one API server, requested when first needed and kept."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._served: dict[str, dict[str, Resource]] = {}

    def find(self, kind: GroupVersionKind) -> Resource:
        """Return the resource under which a kind is served.

        It asks the server again if the kind was unknown the last time.

        Raises:
            NotServed: The server does not know the kind.
        """
        known = self._served.get(kind.api_version, {}).get(kind.kind)
        if known:
            return known
        with self._lock:
            self._served[kind.api_version] = self._ask(kind)
        found = self._served[kind.api_version].get(kind.kind)
        if not found:
            raise NotServed(kind)
        return found

    def serves(self, kind: GroupVersionKind) -> bool:
        """Return True if the server knows a kind."""
        try:
            self.find(kind)
        except NotServed:
            return False
        return True

    def forget(self) -> None:
        """Forget all kinds, because a CustomResourceDefinition came or went."""
        self._served.clear()

    def _ask(self, kind: GroupVersionKind) -> dict[str, Resource]:
        root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
        try:
            listed = self._api.request("GET", root)["resources"]
        except ApiError as error:
            if error.not_found:
                return {}
            raise
        return {
            entry["kind"]: Resource(root, entry["name"], entry["namespaced"])
            for entry in listed
            if "/" not in entry["name"]  # subresources, such as pods/log
        }
