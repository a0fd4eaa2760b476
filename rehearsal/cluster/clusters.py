"""Which clusters the emulated EKS has, asked in the one way that costs next to nothing."""

from __future__ import annotations

import http.client
import json
from typing import NamedTuple

from rehearsal.places import HOST, World

_TIMEOUT_SECONDS = 5


class CloudUnreachableError(Exception):
    """The emulated AWS does not answer, or not in the way expected."""


class ClusterView(NamedTuple):
    """A cluster, and a fingerprint that changes with it or its node groups."""

    name: str
    region: str
    fingerprint: str


def find(world: World) -> list[ClusterView]:
    """The clusters of the emulated account, in every region.

    Raises:
        CloudUnreachableError: Nothing is known of them now.
    """
    connection = http.client.HTTPConnection(HOST, world.ports.cloud, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/rehearsal/clusters")
        answer = json.load(connection.getresponse())
        return [ClusterView(**cluster) for cluster in answer["clusters"]]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise CloudUnreachableError(f"{world.cloud_url} does not answer: {error}") from error
    finally:
        connection.close()
