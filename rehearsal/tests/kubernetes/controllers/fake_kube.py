"""A cluster in memory, with what the controllers use of the Kubernetes API."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from typing import Any

from rehearsal.kubernetes.controllers.kube import Key, Kube, KubeError, Object, event_body


class FakeKube(Kube):
    """Keeps objects by key; patches as JSON merge patches do; finalizers hold a deletion."""

    def __init__(self) -> None:
        self.objects: dict[Key, Object] = {}
        self._numbers = itertools.count(1)

    def put(self, kind: str, namespace: str, name: str, **body: Any) -> Key:
        """An object that is simply there."""
        key = Key(kind, namespace, name)
        self.create(key, {"metadata": {"name": name}, **body})
        return key

    def get(self, key: Key) -> Object | None:
        found = self.objects.get(key)
        return copy.deepcopy(found)

    def find(self, kind: str, namespace: str = "", labels: str = "") -> list[Object]:
        return [
            copy.deepcopy(body) | {"kind": kind}
            for key, body in self.objects.items()
            if key.kind == kind and namespace in ("", key.namespace)
        ]

    def create(self, key: Key, body: Mapping[str, Any]) -> Object:
        if key in self.objects:
            raise KubeError(409, f"{key.name} already exists")
        made = copy.deepcopy(dict(body))
        uid = f"{next(self._numbers):08x}-0000-4000-8000-000000000000"
        metadata = {"uid": uid, "namespace": key.namespace, **made.get("metadata", {})}
        made["metadata"] = metadata | {"resourceVersion": str(next(self._numbers))}
        made.setdefault("kind", key.kind)
        self.objects[key] = made
        return copy.deepcopy(made)

    def token(self, account: Key, spec: Mapping[str, Any]) -> str:
        """A token that tells whose it is, for whom and for which pod."""
        audience = ",".join(spec["audiences"])
        number = next(self._numbers)
        return f"{account.name}/{spec['boundObjectRef']['name']}/{audience}/{number}"

    def patch(self, key: Key, body: Mapping[str, Any], subresource: str = "") -> Object:
        if key not in self.objects:
            raise KubeError(404, f"{key.name} not found")
        present = self.objects[key]
        expected = body.get("metadata", {}).get("resourceVersion")
        if expected not in (None, present["metadata"]["resourceVersion"]):
            raise KubeError(409, f"{key.name} has changed")
        _merge(present, body)
        present["metadata"]["resourceVersion"] = str(next(self._numbers))
        self._collect(key)
        return copy.deepcopy(present)

    def delete(self, key: Key, grace_seconds: int | None = None, uid: str = "") -> None:
        if key in self.objects:
            self.objects[key]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            self._collect(key)

    def event(self, about: Object, type_: str, reason: str, message: str, source: str) -> None:
        body = event_body(about, type_, reason, message, source)
        self.objects[Key("Event", body["metadata"]["namespace"], body["metadata"]["name"])] = body

    def said(self, reason: str) -> list[str]:
        """The messages of the events with a reason."""
        return [event["message"] for event in self.find("Event") if event["reason"] == reason]

    def _collect(self, key: Key) -> None:
        metadata = self.objects[key]["metadata"]
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            del self.objects[key]


def _merge(into: Object, patch: Mapping[str, Any]) -> None:
    for name, value in patch.items():
        if value is None:
            into.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = copy.deepcopy(value)


def install(
    kube: FakeKube,
    image: str,
    namespace: str,
    account: str,
    *,
    env: Mapping[str, str] | None = None,
    args: tuple[str, ...] = (),
) -> Key:
    """A ready controller, as its chart would install it."""
    container = {
        "name": "controller",
        "image": f"public.ecr.aws/x/{image}:1.0",
        "args": list(args),
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
    }
    spec = {"serviceAccountName": account, "containers": [container]}
    return kube.put(
        "Deployment",
        namespace,
        image,
        spec={"template": {"spec": spec}},
        status={"readyReplicas": 1},
    )
