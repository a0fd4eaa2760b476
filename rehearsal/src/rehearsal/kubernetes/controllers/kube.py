"""Client for the part of the Kubernetes API that the controllers use: plain objects, by kind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests

from rehearsal.kubernetes.key_pairs import Pair
from rehearsal.paths import Environment

Object = dict[str, Any]

RESOURCES = {
    "ConfigMap": "api/v1/configmaps",
    "CSIDriver": "apis/storage.k8s.io/v1/csidrivers",
    "CSINode": "apis/storage.k8s.io/v1/csinodes",
    "DaemonSet": "apis/apps/v1/daemonsets",
    "Deployment": "apis/apps/v1/deployments",
    "Event": "api/v1/events",
    "Namespace": "api/v1/namespaces",
    "Node": "api/v1/nodes",
    "PersistentVolume": "api/v1/persistentvolumes",
    "PersistentVolumeClaim": "api/v1/persistentvolumeclaims",
    "Pod": "api/v1/pods",
    "RoleBinding": "apis/rbac.authorization.k8s.io/v1/rolebindings",
    "Secret": "api/v1/secrets",
    "Service": "api/v1/services",
    "ServiceAccount": "api/v1/serviceaccounts",
    "StorageClass": "apis/storage.k8s.io/v1/storageclasses",
    "TrainingJob": "apis/sagemaker.services.k8s.aws/v1alpha1/trainingjobs",
}


class Key(NamedTuple):
    """Identity of an object: kind, namespace (empty for cluster-wide kinds) and name."""

    kind: str
    namespace: str
    name: str


class KubeError(Exception):
    """The API server refused a request; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def api_path(kind: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Return the URL path of an object, or of all objects of a kind when no name is given."""
    group, _, plural = RESOURCES[kind].rpartition("/")
    parts = [group, f"namespaces/{namespace}" if namespace else "", plural, name, subresource]
    return "/" + "/".join(part for part in parts if part)


def now() -> str:
    """Return the current time in the format of the Kubernetes API."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Kube:
    """Client that authenticates by certificate, as the cluster's own components do."""

    def __init__(self, server: str, authority: Path, certificate: Path, key: Path) -> None:
        self._server = server
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(authority)
        self._session.cert = (str(certificate), str(key))

    @classmethod
    def of(cls, environment: Environment) -> Kube:
        """Return the client that uses the controllers' certificate in an environment."""
        pair = Pair(environment.pki, "controllers")
        return cls(
            environment.api_server_url,
            environment.certificate_authority,
            pair.certificate,
            pair.key,
        )

    def _call(self, method: str, path: str, **options: Any) -> Any:
        response = self._session.request(method, self._server + path, timeout=30, **options)
        if not response.ok:
            raise KubeError(response.status_code, _message(response))
        return response.json()

    def get(self, key: Key) -> Object | None:
        """Return an object, or None if it does not exist or its kind is not known yet."""
        try:
            found: Object = self._call("GET", api_path(*key))
        except KubeError as error:
            if error.status == 404:
                return None
            raise
        return found

    def serves(self, kind: str) -> bool:
        """Return True if the API server lists the kind in its discovery document."""
        group, _, plural = RESOURCES[kind].rpartition("/")
        try:
            told = self._call("GET", f"/{group}")["resources"]
        except KubeError as error:
            if error.status == 404:
                return False
            raise
        return any(resource["name"] == plural for resource in told)

    def find(self, kind: str, namespace: str = "", labels: str = "") -> list[Object]:
        """Return the objects of a kind in one namespace or in all; empty if the kind is unknown."""
        query = {"labelSelector": labels} if labels else {}
        try:
            found = self._call("GET", api_path(kind, namespace), params=query)
        except KubeError as error:
            if error.status == 404:
                return []
            raise
        return [item | {"kind": kind} for item in found["items"]]

    def create(self, key: Key, body: Mapping[str, Any]) -> Object:
        """Create an object."""
        made: Object = self._call("POST", api_path(key.kind, key.namespace), json=body)
        return made

    def token(self, account: Key, spec: Mapping[str, Any]) -> str:
        """Create a token of a service account from the spec of a TokenRequest."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        made: Object = self._call("POST", api_path(*account, "token"), json=body)
        return str(made["status"]["token"])

    def patch(self, key: Key, body: Mapping[str, Any], subresource: str = "") -> Object:
        """Apply a JSON merge patch, in which null removes a field."""
        path = api_path(*key, subresource)
        headers = {"Content-Type": "application/merge-patch+json"}
        patched: Object = self._call("PATCH", path, json=body, headers=headers)
        return patched

    def delete(self, key: Key, grace_seconds: int | None = None, uid: str = "") -> None:
        """Delete an object if it exists and, where a UID is given, still has that UID."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            self._call("DELETE", api_path(*key), json=options)
        except KubeError as error:
            if error.status not in (404, 409):
                raise

    def event(self, about: Object, type_: str, reason: str, message: str, source: str) -> None:
        """Record an event about an object; the same event again only raises its count."""
        said = event_body(about, type_, reason, message, source)
        key = Key("Event", said["metadata"]["namespace"], said["metadata"]["name"])
        earlier = self.get(key)
        if earlier is None:
            self.create(key, said)
        else:
            self.patch(key, {"count": earlier.get("count", 1) + 1, "lastTimestamp": now()})


def event_body(about: Object, type_: str, reason: str, message: str, source: str) -> Object:
    """Return an Event whose name follows from its content, so that a repetition finds the first."""
    metadata = about["metadata"]
    digest = hashlib.sha256(f"{metadata['uid']}{reason}{message}".encode()).hexdigest()[:16]
    moment = now()
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name'][:200]}.{digest}",
            "namespace": metadata.get("namespace", "default"),
        },
        "involvedObject": {
            "apiVersion": about.get("apiVersion", "v1"),
            "kind": about["kind"],
            "name": metadata["name"],
            "namespace": metadata.get("namespace", ""),
            "uid": metadata["uid"],
        },
        "type": type_,
        "reason": reason,
        "message": message[:1024],
        "source": {"component": source},
        "reportingComponent": source,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


def _message(response: requests.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text or response.reason
