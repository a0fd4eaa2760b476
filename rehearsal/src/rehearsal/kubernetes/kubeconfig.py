"""Kubeconfig documents, by which a client finds the API server and authenticates."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from rehearsal.kubernetes.key_pairs import CLIENTS, Pair
from rehearsal.paths import Environment

NAME = "rehearsal"


def ensure(environment: Environment) -> None:
    """Write the administrator's kubeconfig, and one for each component of the cluster."""
    write(environment.kubeconfig, by_certificate(environment, "admin"))
    for subject in CLIENTS:
        write(path(environment, subject.name), by_certificate(environment, subject.name))


def path(environment: Environment, client: str) -> Path:
    """Return the kubeconfig file of a component of the cluster, or of `controllers`."""
    return environment.pki / f"{client}.kubeconfig"


def by_certificate(environment: Environment, client: str) -> dict[str, object]:
    """Return a kubeconfig that contains the certificate of its client and all else it needs."""
    pair = Pair(environment.pki, client)
    user = {
        "client-certificate-data": _inline(pair.certificate),
        "client-key-data": _inline(pair.key),
    }
    cluster = {
        "server": environment.api_server_url,
        "certificate-authority-data": _inline(environment.certificate_authority),
    }
    return document(cluster, user)


def document(cluster: dict[str, str], user: dict[str, str]) -> dict[str, object]:
    """Return a kubeconfig of one cluster, one user and the context that joins them."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }


def server(config: dict[str, Any], context: str) -> tuple[str, int]:
    """Return the host and port of the API server in a context of a kubeconfig.

    Raises:
        LookupError: The kubeconfig has no such context, or no cluster for it.
    """
    contexts = {one["name"]: one["context"] for one in config.get("contexts") or []}
    clusters = {one["name"]: one["cluster"] for one in config.get("clusters") or []}
    url = urlsplit(clusters[contexts[context]["cluster"]]["server"])
    return url.hostname or "", url.port or 443


def write(file: Path, config: dict[str, object]) -> None:
    """Write a kubeconfig that only its owner can read, unless the file has this content already."""
    text = yaml.safe_dump(config, sort_keys=False)
    if file.exists() and file.read_text() == text:
        return
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)


def _inline(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
