"""Releases as Helm stores them: a Secret for each revision, in the release's namespace.

Source: Helm's secrets driver (gzipped JSON, base64 twice) and its labels owner, name, version.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

import yaml

from rehearsal.pulumi.providers.kubernetes.api import MERGE
from rehearsal.pulumi.providers.kubernetes.cluster import Cluster
from rehearsal.pulumi.providers.kubernetes.tokens import GroupVersionKind


@dataclass(frozen=True)
class StoredRelease:
    """One revision of a release: Helm's record, and the Secret that holds it."""

    record: dict[str, Any]
    secret: dict[str, Any]

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of the chart: name, version, appVersion."""
        return dict(self.record["chart"]["metadata"])

    @property
    def status(self) -> str:
        """Status in Helm's words: deployed, failed, pending-install, ..."""
        return str(self.record["info"]["status"])

    @property
    def values(self) -> dict[str, Any]:
        """Values that the user gave."""
        return dict(self.record.get("config") or {})

    @property
    def pending(self) -> bool:
        """True if the revision is pending, which means that its helm was killed."""
        return self.status.startswith("pending-")

    def label(self, key: str) -> str:
        """Return the value of one of the release's labels, or the empty string."""
        return str(self.secret["metadata"]["labels"].get(key, ""))

    def status_output(self) -> dict[str, Any]:
        """Return the `status` output of a Release."""
        return {
            "status": self.status,
            "name": self.record["name"],
            "namespace": self.record["namespace"],
            "revision": self.record["version"],
            "chart": self.metadata["name"],
            "version": self.metadata["version"],
            "appVersion": self.metadata.get("appVersion", ""),
        }

    def resource_names(self) -> dict[str, list[str]]:
        """Return the names of the rendered objects by kind: `{"ConfigMap/v1": ["name"]}`."""
        names: dict[str, set[str]] = {}
        for manifest in yaml.load_all(self.record["manifest"], Loader=_Loader):
            if isinstance(manifest, dict) and manifest.get("kind"):
                key, name = _described(manifest)
                names.setdefault(key, set()).add(name)
        return {key: sorted(found) for key, found in sorted(names.items())}


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # many times faster, where it is built


def latest(cluster: Cluster, namespace: str, name: str) -> StoredRelease | None:
    """Return the newest revision of a release, or None if there is none."""
    query = {"labelSelector": f"owner=helm,name={name}"}
    listed = cluster.api.request("GET", f"/api/v1/namespaces/{namespace}/secrets", query=query)
    found = listed["items"]
    if not found:
        return None
    newest = max(found, key=lambda one: int(one["metadata"]["labels"]["version"]))
    packed = base64.b64decode(base64.b64decode(newest["data"]["release"]))
    return StoredRelease(json.loads(gzip.decompress(packed)), newest)


def give_up(cluster: Cluster, pending: StoredRelease) -> None:
    """Mark a pending revision as failed, as its helm would have done if it had not been killed.

    Until then Helm refuses any other operation on the release.
    """
    info = pending.record["info"] | {"status": "failed", "description": "its helm was killed"}
    packed = gzip.compress(json.dumps(pending.record | {"info": info}).encode())
    encoded = base64.b64encode(base64.b64encode(packed)).decode()
    metadata = pending.secret["metadata"]
    patch = {"metadata": {"labels": {"status": "failed"}}, "data": {"release": encoded}}
    path = f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}"
    cluster.api.request("PATCH", path, patch, content_type=MERGE)


def _described(manifest: dict[str, Any]) -> tuple[str, str]:
    kind = GroupVersionKind.of(str(manifest.get("apiVersion", "")), manifest["kind"])
    group_kind = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    metadata = manifest.get("metadata") or {}
    name = str(metadata.get("name", ""))
    namespace = metadata.get("namespace")
    return f"{group_kind}/{kind.api_version}", f"{namespace}/{name}" if namespace else name
