"""Bearer tokens for the API server: static ones, and those of an exec credential plugin.

An EKS kubeconfig authenticates by `aws eks get-token`, which takes about a second: its token is
kept until it is about to expire, for every provider instance of this server.
Source of the protocol: https://kubernetes.io/docs/reference/access-authn-authz/authentication/
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rehearsal.pulumi.providers.server import ProviderError

EXEC_TIMEOUT = 60  # seconds
EXPIRY_MARGIN = 60  # seconds before the expiry in which a token is no longer used


@dataclass
class Token:
    """Bearer token and its expiry, in seconds since the epoch; it never expires by default."""

    value: str
    expires: float = float("inf")

    @property
    def fresh(self) -> bool:
        """True if the token can still be used."""
        return time.time() < self.expires - EXPIRY_MARGIN


class Credentials:
    """Bearer tokens of one kubeconfig user."""

    def __init__(self, user: dict[str, Any]) -> None:
        self._user = user
        self._lock = threading.Lock()
        self._token: Token | None = None

    def token(self) -> str | None:
        """Return a token that is valid now, or None for a user without one.

        Raises:
            ProviderError: The exec plugin cannot be run or gives no credential.
        """
        if static := self._user.get("token"):
            return str(static)
        if path := self._user.get("tokenFile"):
            return Path(path).read_text().strip()
        if not self._user.get("exec"):
            return None
        with self._lock:
            if self._token is None or not self._token.fresh:
                self._token = run_plugin(self._user["exec"])
            return self._token.value

    def forget(self) -> None:
        """Drop a token that the server refused."""
        with self._lock:
            self._token = None


def run_plugin(plugin: dict[str, Any]) -> Token:
    """Run an exec credential plugin and return the token in the ExecCredential that it prints.

    Raises:
        ProviderError: The plugin failed; the text has the command and its message.
    """
    command = [plugin["command"], *(plugin.get("args") or [])]
    extra = {entry["name"]: entry["value"] for entry in plugin.get("env") or []}
    request = {
        "apiVersion": plugin.get("apiVersion"),
        "kind": "ExecCredential",
        "spec": {"interactive": False},
    }
    environment = os.environ | extra | {"KUBERNETES_EXEC_INFO": json.dumps(request)}
    shown = " ".join(command)
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=EXEC_TIMEOUT,
            check=True,
        )
    except FileNotFoundError as error:
        hint = plugin.get("installHint") or "is it installed?"
        raise ProviderError(
            f"kubeconfig: the credential command {shown!r} was not found; {hint}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ProviderError(
            f"kubeconfig: {shown!r} gave no credential in {EXEC_TIMEOUT} s"
        ) from error
    except subprocess.CalledProcessError as error:
        raise ProviderError(f"kubeconfig: {shown!r} failed: {error.stderr.strip()}") from error
    return _read_credential(done.stdout, shown)


def _read_credential(printed: str, command: str) -> Token:
    try:
        status = json.loads(printed)["status"]
        value = status["token"]
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError(
            f"kubeconfig: {command!r} printed no ExecCredential with a token"
        ) from error
    expiry = status.get("expirationTimestamp")
    if not expiry:
        return Token(value)
    return Token(value, datetime.fromisoformat(expiry).timestamp())
