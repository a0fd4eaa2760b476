"""Small substitute for the Kubernetes API for custom objects, which keeps its objects in files."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException


def refusal(status: int, reason: str) -> ApiException:
    error = ApiException(status=status, reason=reason)
    error.body = json.dumps({"kind": "Status", "reason": reason, "message": f"it is {reason}"})
    return error


class Cluster:
    """Substitute for CustomObjectsApi that accepts a name once; processes share its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failure: ApiException | None = None
        """Error that answers every call, or None."""

    def create_namespaced_custom_object(
        self, group: str, version: str, namespace: str, plural: str, body: dict[str, Any], **_: Any
    ) -> dict[str, Any]:
        self._check(group, version, plural)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as draft:
            json.dump(body, draft)
        try:
            os.link(draft.name, self._path(body["metadata"]["name"]))
        except FileExistsError:
            raise refusal(409, "AlreadyExists") from None
        return body

    def get_namespaced_custom_object(
        self, group: str, version: str, namespace: str, plural: str, name: str, **_: Any
    ) -> dict[str, Any]:
        self._check(group, version, plural)
        if not self._path(name).is_file():
            raise refusal(404, "NotFound")
        return dict(json.loads(self._path(name).read_text()))

    def list_namespaced_custom_object(
        self, group: str, version: str, namespace: str, plural: str, **_: Any
    ) -> dict[str, Any]:
        self._check(group, version, plural)
        return {"items": list(self.jobs().values())}

    def jobs(self) -> dict[str, Any]:
        return {path.stem: json.loads(path.read_text()) for path in self.folder.glob("*.json")}

    def say(self, name: str, **status: object) -> None:
        """Set the status of a job, as ACK's controller does."""
        job = self.jobs()[name]
        self._path(name).write_text(json.dumps({**job, "status": status}))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _check(self, *kind: str) -> None:
        if self.failure:
            raise self.failure
        assert kind == ("sagemaker.services.k8s.aws", "v1alpha1", "trainingjobs")
