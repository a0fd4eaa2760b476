"""Rules of a path at which pods mount a volume."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.spec.errors import ConfigError, Path

ABSOLUTE_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
SYSTEM_FOLDERS = {"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr"}
OF_OUR_PODS = ("/opt/project", "/opt/venv", "/opt/ml", "/tmp", "/var/run")
"""Paths at which pods have the workloads, their packages, models, temporary files and tokens."""


def mount_path_errors(path: Path, value: str, example: str) -> Iterator[ConfigError]:
    """Yield the broken rules of a mount path.

    Args:
        path: Key of the mount path.
        value: The mount path.
        example: A path that is right, for the remedy.
    """
    if not ABSOLUTE_PATH.fullmatch(value) or ".." in value.split("/"):
        rule = "must be an absolute path without a slash at its end"
        yield ConfigError(path, rule, value, f"set for instance {example}")
    elif value.split("/")[1] in SYSTEM_FOLDERS:
        yield ConfigError(path, "must be outside the system's folders", value, f"set {example}")
    elif any(overlap(one, value) for one in OF_OUR_PODS):
        rule = f"must leave to pods what they have in {', '.join(OF_OUR_PODS)}"
        yield ConfigError(path, rule, value, f"set {example}")


def overlap(one: str, other: str) -> bool:
    """Return whether two paths are the same, or one of them is below the other."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
