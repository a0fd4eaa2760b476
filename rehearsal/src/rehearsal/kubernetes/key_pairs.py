"""Parts of the cluster that have a private key and a certificate, and the files of both.

`pki` creates them. A process that only reads them does not need the cryptography package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.paths import HOST

MASTERS = "system:masters"  # the group that RBAC never refuses
SERVICE_CIDR = "172.20.0.0/16"  # EKS's default for a VPC in 10.0.0.0/8
_KUBERNETES_SERVICE_IP = "172.20.0.1"


@dataclass(frozen=True)
class Subject:
    """Subject of a certificate; one with host names serves, the others are clients.

    A peer is both.
    """

    name: str
    common_name: str
    group: str | None = None
    hosts: Sequence[str] = ()
    is_peer: bool = False


API_SERVER_CLIENT = Subject("apiserver-client", "kube-apiserver-client")
"""The API server as a client of etcd and of the token webhook."""

SERVERS = (
    Subject(
        "kube-apiserver",
        "kube-apiserver",
        hosts=(
            HOST,
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            _KUBERNETES_SERVICE_IP,
        ),
    ),
    Subject("etcd", "etcd", hosts=(HOST, "localhost"), is_peer=True),
    Subject("token-webhook", "token-webhook", hosts=(HOST, "localhost")),
    Subject("kubelet", "kubelet", hosts=(HOST, "localhost")),
)
# The controller manager acts for every built-in controller itself: one account for each would
# cost forty token requests at every start and show a rehearsal nothing.
CLIENTS = (
    Subject("admin", "rehearsal-admin", MASTERS),
    Subject("controllers", "rehearsal-controllers", MASTERS),
    Subject("kubelet-client", "kube-apiserver-kubelet-client"),
    API_SERVER_CLIENT,
    Subject("kube-controller-manager", "system:kube-controller-manager", MASTERS),
    Subject("kube-scheduler", "system:kube-scheduler"),
    Subject("kwok", "system:kwok", MASTERS),
)
KUBELET_CLIENT = next(one for one in CLIENTS if one.name == "kubelet-client")
"""The API server as a client of the nodes' kubelet endpoint."""


@dataclass(frozen=True)
class Pair:
    """Private key and its certificate, both in PEM."""

    folder: Path
    name: str

    @property
    def certificate(self) -> Path:
        """File of the certificate."""
        return self.folder / f"{self.name}.crt"

    @property
    def key(self) -> Path:
        """File of the private key."""
        return self.folder / f"{self.name}.key"


def service_account_keys(pki: Path) -> tuple[Path, Path]:
    """Return the files that sign service account tokens (private) and verify them (public)."""
    return pki / "service-accounts.key", pki / "service-accounts.pub"
