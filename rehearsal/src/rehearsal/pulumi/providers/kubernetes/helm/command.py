"""Helm's program, run against the provider's cluster and cancelled when the update is."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal.paths import binaries, home
from rehearsal.pulumi.providers.kubernetes.cluster import Cluster
from rehearsal.pulumi.providers.server import Cancelled, ProviderError, pause

_LOOK = 0.1  # seconds between two looks at the running program
_GRACE = 20  # seconds that a cancelled helm may take to mark its release as failed


class HelmError(ProviderError):
    """Helm refused or failed; the message is its own."""


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a private directory for one command: kubeconfig, token, values, a chart's copy."""
    with tempfile.TemporaryDirectory(prefix="helm-") as folder:
        yield Path(folder)


def run(arguments: list[str], cluster: Cluster, folder: Path) -> str:
    """Run helm against a cluster and return what it printed.

    Raises:
        HelmError: Helm failed; the text is its message.
        Cancelled: The update was cancelled, and helm has ended.
    """
    kubeconfig = _write_kubeconfig(cluster, folder)
    out, err = folder / "stdout", folder / "stderr"
    with out.open("w") as stdout, err.open("w") as stderr:
        process = subprocess.Popen(
            [_program(), *arguments], stdout=stdout, stderr=stderr, env=_environment(kubeconfig)
        )
        try:
            while process.poll() is None:
                _write_token(cluster, folder)
                pause(_LOOK)
        except Cancelled:
            _end(process)
            raise
    if process.returncode:
        raise HelmError(_said(err.read_text(), process.returncode))
    return out.read_text()


def write_values(values: dict[str, Any], folder: Path) -> list[str]:
    """Write a release's values, and return the arguments that give them to helm."""
    file = folder / "values.json"
    file.write_text(json.dumps(values))
    return ["--values", str(file)]


def _program() -> str:
    program = binaries() / "helm"
    if not program.exists():
        raise ProviderError(f"there is no helm at {program}: run `python -m rehearsal.tools`")
    return str(program)


def _environment(kubeconfig: Path) -> dict[str, str]:
    own = home() / "helm"
    places = {f"HELM_{kind}_HOME": str(own / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    return os.environ | places | {"KUBECONFIG": str(kubeconfig), "HELM_DRIVER": "secret"}


def _write_kubeconfig(cluster: Cluster, folder: Path) -> Path:
    """Write a kubeconfig whose token is a file that is kept fresh, so that helm needs no plugin."""
    access = cluster.access
    user = {key: value for key, value in access.user.items() if key != "exec"}
    if "exec" in access.user:
        user["tokenFile"] = str(folder / "token")
        _write_token(cluster, folder)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": access.cluster}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path


def _write_token(cluster: Cluster, folder: Path) -> None:
    if "exec" not in cluster.access.user:
        return
    path, token = folder / "token", cluster.api.credentials.token() or ""
    if not path.exists() or path.read_text() != token:
        path.write_text(token)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _said(stderr: str, code: int) -> str:
    """Return Helm's message, which it prints twice: as a log line, and as an error."""
    lines = [line.removeprefix("Error: ").rstrip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if not line.startswith("level=")]
    return "\n".join(dict.fromkeys(errors or lines)) or f"helm ended with {code} without a word"
