"""Calls of `lfs`, the Lustre program that reports and restores released files.

In Lustre's hierarchical storage management (HSM), a `released` file has its name and size on the
file system and its bytes in the bucket; `restore` brings the bytes back.
https://docs.aws.amazon.com/fsx/latest/LustreGuide/preload-file-contents-hsm.html
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from workloads.errors import RefusedError, UnavailableError

TIMEOUT = 300.0
"""Seconds that one call of lfs may take; a call never waits for the bytes of a file."""

_STATE = re.compile(r"(?P<path>.*): \(0x[0-9a-f]+\)(?P<flags>.*?)(?:, archive_id:\d+)?\Z")
_ACTION = re.compile(r"(?P<path>.*): (?P<action>[A-Z]+)\b[^:]*\Z")


def is_lustre(directory: Path) -> bool:
    """Return True if a directory is on Lustre and the program `lfs` is installed."""
    if shutil.which("lfs") is None:
        return False
    return _call_lfs("getname", [directory]).returncode == 0


def released(files: Sequence[Path]) -> set[Path]:
    """Return the files whose bytes are not on the file system.

    Raises:
        UnavailableError: Lustre does not answer.
    """
    matches = _query("hsm_state", files, _STATE)
    return {path for path, match in matches.items() if "released" in match["flags"].split()}


def restore(files: Sequence[Path]) -> None:
    """Request the bytes of files; return before they have arrived.

    Raises:
        RefusedError: This user has no permission to restore files.
        UnavailableError: Lustre does not answer.
    """
    _run("hsm_restore", files)


def in_progress(files: Sequence[Path]) -> set[Path]:
    """Return the files for which an HSM action is still in progress.

    Raises:
        UnavailableError: Lustre does not answer.
    """
    matches = _query("hsm_action", files, _ACTION)
    return {path for path, match in matches.items() if match["action"] != "NOOP"}


def _query(
    command: str, files: Sequence[Path], pattern: re.Pattern[str]
) -> dict[Path, re.Match[str]]:
    matches = {}
    for line in _run(command, files).splitlines():
        match = pattern.match(line)
        if match is None:
            raise UnavailableError(f"lfs {command} printed an unknown line: {line!r}")
        matches[Path(match["path"])] = match
    if unanswered := set(files) - matches.keys():
        raise UnavailableError(f"lfs {command} printed no line for {min(unanswered)}")
    return matches


def _run(command: str, files: Sequence[Path]) -> str:
    result = _call_lfs(command, files)
    if result.returncode == 0:
        return result.stdout
    message = result.stderr.strip() or f"exit code {result.returncode}"
    if os.strerror(1) in message or os.strerror(13) in message:
        raise RefusedError(
            f"lfs {command}: {message}. Run it as a user with permission, or have Lustre's "
            "administrator allow it (hsm.*_request_mask)"
        )
    raise UnavailableError(f"lfs {command}: {message}")


def _call_lfs(command: str, paths: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["lfs", command, *map(str, paths)],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"lfs {command}: no answer in {TIMEOUT:g} seconds") from error
