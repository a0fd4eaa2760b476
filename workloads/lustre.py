"""What the program `lfs` tells of files whose contents may still be in the bucket, and asks for.

Lustre calls it hierarchical storage management: a file that is `released` has a name and a size
here and its bytes elsewhere; `restore` brings them.
https://docs.aws.amazon.com/fsx/latest/LustreGuide/preload-file-contents-hsm.html
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from workloads.faults import RefusedError, UnavailableError

PATIENCE = 300.0
"""Seconds that one call of lfs may take; it only asks and never waits for the bytes."""

_STATE = re.compile(r"(?P<path>.*): \(0x[0-9a-f]+\)(?P<flags>.*?)(?:, archive_id:\d+)?\Z")
_ACTION = re.compile(r"(?P<path>.*): (?P<action>[A-Z]+)\b[^:]*\Z")


def is_lustre(directory: Path) -> bool:
    """Whether a directory lies on Lustre and this container has the program to ask."""
    if shutil.which("lfs") is None:
        return False
    return _lfs("getname", [directory]).returncode == 0


def released(files: Sequence[Path]) -> set[Path]:
    """Those of the files whose bytes are not here.

    Raises:
        UnavailableError: Lustre does not answer.
    """
    answers = _answers("hsm_state", files, _STATE)
    return {path for path, found in answers.items() if "released" in found["flags"].split()}


def restore(files: Sequence[Path]) -> None:
    """Ask for the bytes of files; they come later.

    Raises:
        RefusedError: this user may not ask.
        UnavailableError: Lustre does not answer.
    """
    _checked("hsm_restore", files)


def under_way(files: Sequence[Path]) -> set[Path]:
    """Those of the files for which something is still being done.

    Raises:
        UnavailableError: Lustre does not answer.
    """
    answers = _answers("hsm_action", files, _ACTION)
    return {path for path, found in answers.items() if found["action"] != "NOOP"}


def _answers(
    command: str, files: Sequence[Path], form: re.Pattern[str]
) -> dict[Path, re.Match[str]]:
    """What lfs says of each file, a line a file; a line of another form is an error."""
    answers = {}
    for line in _checked(command, files).splitlines():
        found = form.match(line)
        if found is None:
            raise UnavailableError(f"lfs {command} answers {line!r}")
        answers[Path(found["path"])] = found
    if silent := set(files) - answers.keys():
        raise UnavailableError(f"lfs {command} says nothing of {min(silent)}")
    return answers


def _checked(command: str, files: Sequence[Path]) -> str:
    result = _lfs(command, files)
    if result.returncode == 0:
        return result.stdout
    said = result.stderr.strip() or f"exit code {result.returncode}"
    if os.strerror(1) in said or os.strerror(13) in said:
        raise RefusedError(
            f"lfs {command}: {said}. Run it as a user that may, or have Lustre's administrator "
            "allow it (hsm.*_request_mask)"
        )
    raise UnavailableError(f"lfs {command}: {said}")


def _lfs(command: str, paths: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["lfs", command, *map(str, paths)],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"lfs {command}: no answer in {PATIENCE:g} seconds") from error
