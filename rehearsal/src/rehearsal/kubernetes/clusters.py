"""Clusters of the emulated EKS, read through one cheap HTTP request."""

from __future__ import annotations

import http.client
import json
from typing import NamedTuple

from rehearsal.paths import HOST, Environment

_TIMEOUT_SECONDS = 5


class CloudUnreachableError(Exception):
    """The emulated AWS does not answer, or its answer cannot be read."""


class ClusterView(NamedTuple):
    """Cluster with a fingerprint that changes when the cluster or its node groups change."""

    name: str
    region: str
    fingerprint: str


def find(environment: Environment) -> list[ClusterView]:
    """Return the clusters of the emulated account in all Regions.

    Raises:
        CloudUnreachableError: The emulated AWS does not answer.
    """
    connection = http.client.HTTPConnection(HOST, environment.ports.cloud, timeout=_TIMEOUT_SECONDS)
    try:
        headers = environment.credentials.admin_headers
        connection.request("GET", "/rehearsal/clusters", headers=headers)
        answer = json.load(connection.getresponse())
        return [ClusterView(**cluster) for cluster in answer["clusters"]]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise CloudUnreachableError(f"{environment.cloud_url} does not answer: {error}") from error
    finally:
        connection.close()
