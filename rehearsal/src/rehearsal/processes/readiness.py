"""Test of whether the cluster can be used."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from rehearsal.paths import HOST, Environment

_TIMEOUT_SECONDS = 2


def mark(environment: Environment) -> Path:
    """Return the file that exists while the cluster is up with all that EKS installs in it."""
    return environment.root / "cluster" / "ready"


def ready(environment: Environment) -> bool:
    """Return True if the API answers and all that EKS installs is there."""
    return mark(environment).exists() and api_ready(environment)


def api_ready(environment: Environment) -> bool:
    """Return True if the API server of this environment reports that it is ready."""
    try:
        context = ssl.create_default_context(cafile=str(environment.certificate_authority))
        connection = http.client.HTTPSConnection(
            HOST, environment.ports.api_server, context=context, timeout=_TIMEOUT_SECONDS
        )
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        answer.read()
        connection.close()
    except (OSError, http.client.HTTPException):
        return False
    return answer.status == http.HTTPStatus.OK
