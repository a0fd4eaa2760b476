"""Active context of a kubeconfig: the API server and the user."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.pulumi.providers.server import ProviderError


@dataclass(frozen=True)
class Access:
    """Active cluster and user of a kubeconfig, as it spells them."""

    server: str
    cluster: dict[str, Any]
    user: dict[str, Any]
    namespace: str

    @property
    def key(self) -> str:
        """Key of this cluster and user, for sharing connections."""
        return json.dumps([self.cluster, self.user, self.namespace], sort_keys=True)

    @property
    def certificate_authority(self) -> str | None:
        """Certificates of the authority in PEM; None if the kubeconfig names no authority."""
        return _contents(self.cluster, "certificate-authority")

    @property
    def insecure(self) -> bool:
        """True if the kubeconfig asks not to verify the server's certificate."""
        return bool(self.cluster.get("insecure-skip-tls-verify"))

    def client_certificate(self) -> tuple[str, str] | None:
        """Return the user's certificate and key in PEM, or None if it has none."""
        certificate = _contents(self.user, "client-certificate")
        key = _contents(self.user, "client-key")
        return (certificate, key) if certificate and key else None


def load(kubeconfig: Any) -> dict[str, Any]:
    """Return a kubeconfig given as contents (YAML or JSON), as an object or as a file's path.

    Raises:
        ProviderError: It cannot be read or is no kubeconfig.
    """
    if isinstance(kubeconfig, dict):
        return kubeconfig
    text = str(kubeconfig)
    if "\n" not in text and not text.lstrip().startswith("{"):
        text = _read(Path(text).expanduser())
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProviderError(f"kubeconfig: failed to parse kubeconfig: {error}") from error
    if not isinstance(config, dict):
        raise ProviderError(
            "kubeconfig: it must be the contents of a kubeconfig or the path of one"
        )
    return config


def active(config: dict[str, Any], context: str = "", cluster: str = "") -> Access:
    """Return the access that the current context gives, or the named context or cluster.

    Raises:
        ProviderError: A name in the kubeconfig has no entry; the message names it.
    """
    chosen = context or config.get("current-context") or ""
    names = _named(config, "contexts", chosen, "context") if chosen else {}
    wanted = cluster or names.get("cluster", "")
    if not wanted:
        raise ProviderError(
            "kubeconfig: it has no current-context; set one, or the provider's `context`"
        )
    found = _named(config, "clusters", wanted, "cluster")
    user = _named(config, "users", names["user"], "user") if names.get("user") else {}
    return Access(str(found.get("server", "")), found, user, str(names.get("namespace") or ""))


def private_file(contents: str, suffix: str, folder: str | None = None) -> Path:
    """Create a file that only this user can read."""
    handle, name = tempfile.mkstemp(suffix=suffix, dir=folder)
    with os.fdopen(handle, "w") as file:
        file.write(contents)
    return Path(name)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise ProviderError(f"kubeconfig: {error}") from error


def _named(config: dict[str, Any], section: str, name: str, key: str) -> dict[str, Any]:
    for entry in config.get(section) or []:
        if entry.get("name") == name:
            return entry.get(key) or {}
    raise ProviderError(
        f"kubeconfig: it names the {key} {name!r}, which is not among its {section}"
    )


def _contents(entry: dict[str, Any], key: str) -> str | None:
    if data := entry.get(f"{key}-data"):
        return base64.b64decode(data).decode()
    if path := entry.get(key):
        return _read(Path(path).expanduser())
    return None
