"""One call of the engine, and the state that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.pulumi.providers.kubernetes import manifests
from rehearsal.pulumi.providers.kubernetes.cluster import Cluster
from rehearsal.pulumi.providers.kubernetes.connections import Connection
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest


@dataclass(frozen=True)
class Call:
    """One call of the engine: its connection, its resource, and how to report to its user."""

    connection: Connection
    urn: str
    type_: str
    say: Callable[[str], None]
    warn: Callable[[str], None]

    @property
    def cluster(self) -> Cluster:
        """Cluster of the connection; raises `Unreachable` if it does not answer."""
        return self.connection.cluster

    @property
    def server_side(self) -> bool:
        """True if the provider applies server-side, which is its default."""
        return self.connection.configuration.server_side_apply


def checkpoint(inputs: Manifest, live: Manifest, manager: str) -> Manifest:
    """Return the outputs of a resource: the live object, and what the next update needs to know."""
    return manifests.with_secrets(manifests.to_pulumi(live)) | {
        "__inputs": manifests.with_secrets(manifests.to_pulumi(inputs)),
        "__initialApiVersion": inputs.get("apiVersion", ""),
        "__fieldManager": manager,
    }
