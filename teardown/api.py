"""Small client of the Kubernetes API that needs only the standard library."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

Object = dict[str, Any]

TIMEOUT_SECONDS = 15.0
"""Timeout of one request, in seconds."""

PAGE = 500
"""Maximum number of objects in one page of a list."""


class ApiError(Exception):
    """The API server refused a call or did not answer.

    `status` is the HTTP status, or 0 if there was no answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """Client of one cluster's Kubernetes API that authenticates with a bearer token."""

    def __init__(
        self,
        server: str,
        token: Callable[[], str],
        authority: ssl.SSLContext,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._server = server.rstrip("/")
        self._token = token
        self._timeout = timeout
        # The opener uses the proxies that the environment names, as other Kubernetes clients do.
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=authority))

    @classmethod
    def in_pod(cls, account: Path) -> Api:
        """Return a client with the service account of the pod that this process runs in.

        Args:
            account: Folder with the account's `token` and `ca.crt`. The token is read for each
                call, because the kubelet renews it.
        """
        host, port = (os.environ[f"KUBERNETES_SERVICE_{one}"] for one in ("HOST", "PORT"))
        name = f"[{host}]" if ":" in host else host
        authority = ssl.create_default_context(cafile=str(account / "ca.crt"))
        token = account / "token"
        return cls(f"https://{name}:{port}", lambda: token.read_text().strip(), authority)

    def get(self, path: str) -> Object | None:
        """Return one object, or None when there is none."""
        return self._call("GET", path)

    def list(self, path: str) -> list[Object]:
        """Return all objects of a kind; an empty list if the cluster has no such kind."""
        found: list[Object] = []
        query = {"limit": str(PAGE)}
        while (page := self._call("GET", f"{path}?{urlencode(query)}")) is not None:
            found += page.get("items") or []
            following = page.get("metadata", {}).get("continue")
            if not following:
                break
            query["continue"] = following
        return found

    def delete(self, path: str, uid: str) -> None:
        """Delete the object with that UID; its dependents follow in the background.

        An object that is gone, or was replaced by one with another UID, is no error.
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        try:
            self._call("DELETE", path, options)
        except ApiError as error:
            if error.status != 409:
                raise

    def _call(self, method: str, path: str, body: Object | None = None) -> Object | None:
        request = urllib.request.Request(
            self._server + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._token()}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                found: Object = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise ApiError(error.code, _said(error)) from error
        except (OSError, ValueError) as error:  # no connection, a time-out, half an answer
            raise ApiError(0, f"{self._server} does not answer: {error}") from error
        return found


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
