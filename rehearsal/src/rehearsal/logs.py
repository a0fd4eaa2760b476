"""Read the logs of a rehearsal: of its pods, its training jobs and its own processes.

The logs are files under Environment.logs, which are kept when the pod or the job is gone:

    NAME.log                              a process of the rehearsal
    pods/NAMESPACE/POD/CONTAINER.log      a container that ran; beside it are the file `owners`,
                                          and CONTAINER.index with the times at which it grew
    training-jobs/NAME.log                a SageMaker training job
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from rehearsal.paths import Environment, RehearsalError

PODS = "pods"
TRAINING_JOBS = "training-jobs"
OWNERS = "owners"
"""Name of the file beside a pod's logs that names the pod's owners, one on each line."""

HASHED = re.compile("-[0-9a-f]{8}")
"""Suffix of a Job's name: the hash of its spec."""

_FOLLOW_SECONDS = 0.3
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue")


@dataclass
class Log:
    """A log file with a read position, which starts at the beginning."""

    label: str
    file: Path
    _read: int = field(default=0, init=False)

    def lines(self, *, whole: bool) -> Iterator[str]:
        """Yield the lines that were not read yet.

        Args:
            whole: Leave a last line without a line end for the next call.
        """
        with self.file.open("rb") as opened:
            if self.file.stat().st_size < self._read:
                self._read = 0  # the file was emptied because it had grown too long
            opened.seek(self._read)
            for line in opened:
                if whole and not line.endswith(b"\n"):
                    return
                self._read += len(line)
                yield line.decode(errors="replace").rstrip("\n")


def pod_folder(environment: Environment, namespace: str, pod: str) -> Path:
    """Return the folder of the logs of a pod's containers."""
    return environment.logs / PODS / namespace / pod


def find(environment: Environment, name: str) -> list[Log]:
    """Return the logs that match a name, the oldest first.

    Args:
        environment: The rehearsal environment.
        name: Name of a pod (or NAMESPACE/POD), a Job (with or without its hash), a Deployment, a
            training job, or a process.
    """
    found = [*_of_pods(environment, name), *_named(environment, name)]
    return sorted(found, key=lambda log: log.file.stat().st_mtime)


def available(environment: Environment) -> list[str]:
    """Return every name that has logs."""
    files = [*environment.logs.glob("*.log"), *environment.logs.glob(f"{TRAINING_JOBS}/*.log")]
    owners = {name for folder in _pod_folders(environment) for name in _owners(folder)}
    alone = {folder.name for folder in _pod_folders(environment) if not _owners(folder)}
    return sorted({file.stem for file in files} | owners | alone)


def print_logs(environment: Environment, name: str, follow: bool, console: Console) -> None:
    """Print the logs that match a name; with several logs, each line starts with its log's label.

    Args:
        environment: The rehearsal environment.
        name: Name, as for `find`.
        follow: Continue with new lines until interrupted.
        console: Console to print to.

    Raises:
        RehearsalError: No log matches the name.
    """
    logs = find(environment, name)
    if not logs:
        known = ", ".join(available(environment)) or "nothing yet"
        raise RehearsalError(
            f"{name}: nothing of stack {environment.stack} that goes by this name has a log. "
            f"These have: {known}"
        )
    _print(logs, console, whole=follow)
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        known_files = {log.file for log in logs}
        logs += [log for log in find(environment, name) if log.file not in known_files]
        _print(logs, console, whole=True)


def _print(logs: list[Log], console: Console, *, whole: bool) -> None:
    for number, log in enumerate(logs):
        colour = _COLOURS[number % len(_COLOURS)]
        prefix = Text(f"{log.label} | ", style=colour) if len(logs) > 1 else Text()
        for line in log.lines(whole=whole):
            console.print(prefix + Text(line), soft_wrap=True, highlight=False)


def _of_pods(environment: Environment, name: str) -> Iterator[Log]:
    for folder in _pod_folders(environment):
        owners = _owners(folder)
        if name in {folder.name, f"{folder.parent.name}/{folder.name}", *owners} or any(
            HASHED.fullmatch(owner.removeprefix(name)) for owner in owners
        ):
            for file in folder.glob("*.log"):
                yield Log(f"{folder.name} {file.stem}", file)


def _named(environment: Environment, name: str) -> Iterator[Log]:
    """Yield the logs of a training job or a process.

    A training job is also found by its key in the stack file.
    """
    for file in environment.logs.glob(f"{TRAINING_JOBS}/*.log"):
        if file.stem == name or file.stem.startswith((f"{name}-", f"{environment.stack}-{name}-")):
            yield Log(file.stem, file)
    if (file := environment.logs / f"{name}.log").is_file():
        yield Log(name, file)


def _pod_folders(environment: Environment) -> Iterator[Path]:
    return (folder for folder in environment.logs.glob(f"{PODS}/*/*") if folder.is_dir())


def _owners(folder: Path) -> list[str]:
    file = folder / OWNERS
    return file.read_text().split() if file.exists() else []
