"""Client of the Kubernetes API: JSON in, JSON out, errors as the server words them."""

from __future__ import annotations

import json
import ssl
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from rehearsal.pulumi.providers.kubernetes.credentials import Credentials
from rehearsal.pulumi.providers.kubernetes.kubeconfig import Access, private_file
from rehearsal.pulumi.providers.server import ProviderError

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_TIMEOUT = urllib3.Timeout(connect=5, read=60)
_POOL = 32
# A kept connection may turn out closed when a restarted server is asked again: reads are repeated.
_RETRY = urllib3.Retry(
    total=1, connect=0, read=1, redirect=0, status=0, other=0, allowed_methods={"GET"}
)


KEEP_OR_FORGET = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by setting "
    "deleteUnreachable on the provider (the SDK reads PULUMI_K8S_DELETE_UNREACHABLE=true)"
)


class ApiError(ProviderError):
    """The API server refused a request; carries its HTTP code, reason and Status details."""

    def __init__(self, code: int, status: dict[str, Any]) -> None:
        super().__init__(status.get("message") or f"the API server answered {code}")
        self.code = code
        self.reason = str(status.get("reason", ""))
        self.details: dict[str, Any] = status.get("details") or {}

    @property
    def not_found(self) -> bool:
        """True if the object, its namespace or its kind does not exist."""
        return self.code == 404

    @property
    def namespace_missing(self) -> bool:
        """True if the namespace that the object goes in does not exist."""
        return self.not_found and self.details.get("kind") == "namespaces"


class Unreachable(ProviderError):  # noqa: N818 - a state of the cluster
    """No API server answers at the address in the kubeconfig."""

    def __init__(self, reason: object) -> None:
        super().__init__(f"configured Kubernetes cluster is unreachable: {reason}")


class Api:
    """Client of one API server as one user; several threads may use it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.credentials = Credentials(access.user)
        self._base = access.server.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=_POOL,
            block=False,
            retries=_RETRY,
            timeout=_TIMEOUT,
            ssl_context=_ssl_context(access),
        )

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Send a request and return the object in the answer.

        Raises:
            ApiError: The server refuses.
            Unreachable: The server cannot be asked.
        """
        url = f"{self._base}{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        code, answer = self._send(method, url, data, content_type)
        if code == 401:  # the token was revoked early, or is of a cluster that was replaced
            self.credentials.forget()
            code, answer = self._send(method, url, data, content_type)
        if code >= 400:
            raise ApiError(code, _status(answer))
        result: dict[str, Any] = json.loads(answer)
        return result

    def _send(
        self, method: str, url: str, data: bytes | None, content_type: str
    ) -> tuple[int, bytes]:
        headers = {"Accept": "application/json", "Content-Type": content_type}
        if token := self.credentials.token():
            headers["Authorization"] = f"Bearer {token}"
        try:
            response = self._pool.request(method, url, body=data, headers=headers)
        except (HTTPError, OSError) as error:
            raise Unreachable(error) from error
        return response.status, response.data


def _status(answer: bytes) -> dict[str, Any]:
    try:
        status = json.loads(answer)
    except ValueError:
        return {"message": answer.decode(errors="replace").strip()}
    return status if isinstance(status, dict) else {}


def _ssl_context(access: Access) -> ssl.SSLContext | None:
    if not access.server.startswith("https"):
        return None
    context = ssl.create_default_context(cadata=access.certificate_authority)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if pair := access.client_certificate():
        file = private_file("\n".join(pair), ".pem")  # Python loads key pairs from files only
        try:
            context.load_cert_chain(file)
        finally:
            file.unlink()
    return context
