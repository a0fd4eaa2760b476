"""A small API server: enough of Kubernetes for tests of who asks what, and when.

It knows a few kinds, stores objects, honours finalizers and dry runs, and remembers requests. It
has no controllers: `becomes` scripts the statuses that later reads show.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

KINDS = {
    "/api/v1": [
        ("Namespace", "namespaces", False),
        ("PersistentVolume", "persistentvolumes", False),
        ("PersistentVolumeClaim", "persistentvolumeclaims", True),
        ("ConfigMap", "configmaps", True),
        ("Secret", "secrets", True),
        ("Pod", "pods", True),
        ("Event", "events", True),
    ],
    "/apis/batch/v1": [("Job", "jobs", True)],
    "/apis/apps/v1": [("Deployment", "deployments", True), ("ReplicaSet", "replicasets", True)],
    "/apis/storage.k8s.io/v1": [("StorageClass", "storageclasses", False)],
    "/apis/apiextensions.k8s.io/v1": [
        ("CustomResourceDefinition", "customresourcedefinitions", False)
    ],
}


class Refusal(Exception):  # noqa: N818 - an answer of the server
    def __init__(self, code: int, reason: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = {"kind": "Status", "reason": reason, "message": message, "details": details}


class FakeApi:
    def __init__(self) -> None:
        self.kinds = copy.deepcopy(KINDS)
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self._scripts: dict[str, deque[dict[str, Any]]] = {}
        self._uids = itertools.count(1)
        self.namespaces_needed = False
        self.tokens: list[str] = []
        self.refused_tokens: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def kubeconfig(self) -> str:
        return json.dumps(
            {
                "current-context": "fake",
                "contexts": [{"name": "fake", "context": {"cluster": "fake"}}],
                "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
                "users": [],
            }
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def becomes(self, path: str, *changes: dict[str, Any]) -> None:
        """The next reads of an object merge in these changes, one a read; the last one stays."""
        self._scripts[path] = deque(changes)

    def sent(self, method: str) -> list[tuple[str, dict[str, str]]]:
        return [(path, query) for verb, path, query in self.requests if verb == method]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        self.requests.append((method, path, query))
        if path == "/version":
            return {"major": "1", "minor": "36"}
        if path in self.kinds:
            return {"resources": [_entry(*kind) for kind in self.kinds[path]]}
        if not any(path.startswith(f"{root}/") for root in self.kinds):
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        return getattr(self, f"_{method.lower()}")(path, query, body)

    def _get(self, path: str, _query: Any, _body: Any) -> Any:
        if path in self.objects:
            script = self._scripts.get(path)
            if script:
                change = script.popleft() if len(script) > 1 else script[0]
                self.objects[path] = merged(self.objects[path], change)
            return self.objects[path]
        if any(
            path.endswith(f"/{plural}") for root in self.kinds.values() for _, plural, _ in root
        ):
            inside = [one for key, one in self.objects.items() if key.startswith(f"{path}/")]
            return {"items": inside}
        raise Refusal(404, "NotFound", f"{path} not found")

    def _post(self, path: str, query: dict[str, str], body: Any) -> Any:
        namespace = body["metadata"].get("namespace")
        if (
            self.namespaces_needed
            and namespace
            and f"/api/v1/namespaces/{namespace}" not in self.objects
        ):
            raise Refusal(404, "NotFound", f'namespaces "{namespace}" not found', kind="namespaces")
        where = f"{path}/{body['metadata']['name']}"
        if where in self.objects:
            raise Refusal(409, "AlreadyExists", f"{where} already exists")
        made = copy.deepcopy(body)
        made["metadata"] |= {
            "uid": f"uid-{next(self._uids)}",
            "resourceVersion": "1",
            "generation": 1,
        }
        made["metadata"]["managedFields"] = [_managed(query, "Update", body)]
        return self._store(where, made, query)

    def _put(self, path: str, query: dict[str, str], body: Any) -> Any:
        return self._store(path, merged(self.objects[path], body), query)

    def _patch(self, path: str, query: dict[str, str], body: Any) -> Any:
        if isinstance(body, list):
            for operation in body:
                self.objects[path]["metadata"][operation["path"].rpartition("/")[2]] = operation[
                    "value"
                ]
            return self.objects[path]
        old = self.objects.get(path, {"metadata": {"managedFields": []}})
        new = merged(old, body)
        if "force" in query:
            own = _managed(query, "Apply", body)
            kept = [one for one in old["metadata"]["managedFields"] if not _same_writer(one, own)]
            new["metadata"]["managedFields"] = [*kept, own]
        return self._store(path, new, query)

    def _delete(self, path: str, _query: Any, _body: Any) -> Any:
        if path not in self.objects:
            raise Refusal(404, "NotFound", f"{path} not found")
        metadata = self.objects[path]["metadata"]
        if not metadata.get("finalizers"):
            return self.objects.pop(path)
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        return self.objects[path]

    def _store(self, path: str, new: Any, query: dict[str, str]) -> Any:
        if "dryRun" not in query:
            self.objects[path] = new
        return new


def merged(old: Any, new: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return copy.deepcopy(new)
    result = dict(old)
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(old.get(key), value)
    return result


def _managed(query: dict[str, str], operation: str, body: Any) -> dict[str, Any]:
    fields = {f"f:{key}": {} for key in body if key not in ("apiVersion", "kind", "metadata")}
    return {"manager": query.get("fieldManager"), "operation": operation, "fieldsV1": fields}


def _same_writer(one: dict[str, Any], two: dict[str, Any]) -> bool:
    return (one["manager"], one["operation"]) == (two["manager"], two["operation"])


def _entry(kind: str, plural: str, namespaced: bool) -> dict[str, Any]:
    return {"kind": kind, "name": plural, "namespaced": namespaced}


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: no delayed acknowledgement between them

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            try:
                self._authenticate()
                code, answer = 200, api.answer(self.command, parts.path, query, body)
            except Refusal as refusal:
                code, answer = refusal.code, refusal.status
            data = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        def _authenticate(self) -> None:
            api.tokens.append(self.headers.get("Authorization", ""))
            if api.tokens[-1] in api.refused_tokens:
                raise Refusal(401, "Unauthorized", "Unauthorized")

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """No line for each request."""

    return Handler
