"""Test of whether the cluster can be used."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from rehearsal.places import HOST, World

_TIMEOUT_SECONDS = 2


def mark(world: World) -> Path:
    """Return the file that exists while the cluster is up with all that EKS installs in it."""
    return world.root / "cluster" / "ready"


def ready(world: World) -> bool:
    """Return True if the API answers and all that EKS installs is there."""
    return mark(world).exists() and api_ready(world)


def api_ready(world: World) -> bool:
    """Return True if the API server of this environment reports that it is ready."""
    try:
        context = ssl.create_default_context(cafile=str(world.certificate_authority))
        connection = http.client.HTTPSConnection(
            HOST, world.ports.api_server, context=context, timeout=_TIMEOUT_SECONDS
        )
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        answer.read()
        connection.close()
    except (OSError, http.client.HTTPException):
        return False
    return answer.status == http.HTTPStatus.OK
