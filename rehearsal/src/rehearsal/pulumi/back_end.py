"""The engine's file back end: the locks and the operations that killed updates left in it.

The engine locks a stack by a file with its process id, and records each operation before it begins.
A killed engine leaves both.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rehearsal.paths import Environment, RehearsalError, pulumi_state
from rehearsal.pulumi.command import OWNER_VARIABLE
from rehearsal.pulumi.project_files import project_settings, state_file

ENGINE = "pulumi"
END_SECONDS = 60.0
"""Seconds that an engine whose command was killed has to end in order."""
_POLL_SECONDS = 0.2

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Lock:
    """Lock of one update on a stack."""

    file: Path
    pid: int
    host: str
    since: str
    """Time at which it was taken, in ISO 8601."""

    @property
    def here(self) -> bool:
        """True if the engine that took the lock is, or was, a process of this machine."""
        return self.host in {socket.gethostname(), ""}

    @property
    def held(self) -> bool:
        """True if the engine that took the lock may still run."""
        return not self.here or _is_engine(self.pid)

    @property
    def orphaned(self) -> bool:
        """True if the command that started the engine was killed."""
        owner = _variable(self.pid, OWNER_VARIABLE)
        return owner is not None and _parent(self.pid) != int(owner)

    def remove(self) -> None:
        """Free the stack."""
        self.file.unlink(missing_ok=True)
        self.file.with_name(f"{self.file.name}.attrs").unlink(missing_ok=True)  # its metadata


def clear_locks(environment: Environment, tell: Tell) -> None:
    """Remove the locks of killed updates, so that the stack can be updated.

    An engine whose command was killed has been told to end by the kernel, and is waited for.

    Raises:
        RehearsalError: Another update runs.
    """
    for lock in locks(environment.stack):
        if lock.held and lock.here and lock.orphaned:
            tell(f"waiting for the engine of a killed command (pid {lock.pid}) to end in order")
            _await_end(lock)
        elif lock.held:
            place = f"pid {lock.pid}" if lock.here else f"pid {lock.pid} on {lock.host}"
            raise RehearsalError(
                f"stack {environment.stack}: another update runs ({place}, since {lock.since}). "
                "Wait for its end, or end it with Ctrl-C. If it does not run any more, remove "
                f"{lock.file}"
            )
        if lock.file.exists():
            lock.remove()
            tell(f"removed the lock of an update that was killed (pid {lock.pid})")


def locks(stack: str) -> list[Lock]:
    """Return the locks on a stack."""
    project = project_settings()["name"]
    folder = pulumi_state() / ".pulumi" / "locks" / "organization" / project / stack
    return [_lock(file) for file in sorted(folder.glob("*.json"))]


def has_pending_operations(stack: str) -> bool:
    """Return whether the state of a stack has operations that a killed update left."""
    with suppress(OSError):
        return '"pending_operations"' in state_file(stack).read_text()
    return False


def _lock(file: Path) -> Lock:
    content = {}
    with suppress(OSError, ValueError):
        content = json.loads(file.read_text())
    return Lock(
        file,
        content.get("pid", 0),
        content.get("hostname", ""),
        content.get("timestamp", "")[:19],
    )


def _await_end(lock: Lock) -> None:
    """Wait until an engine ends; kill it when its time is over, because nobody else will."""
    ends = time.monotonic() + END_SECONDS
    while _is_engine(lock.pid):
        if time.monotonic() > ends:
            with suppress(ProcessLookupError):
                os.kill(lock.pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def _is_engine(pid: int) -> bool:
    """Return whether a process is an engine; its id may be another program's by now."""
    return any(Path(word).name == ENGINE for word in _words(pid, "cmdline")[:1])


def _variable(pid: int, name: str) -> str | None:
    for word in _words(pid, "environ"):
        key, _, value = word.partition("=")
        if key == name:
            return value
    return None


def _parent(pid: int) -> int | None:
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[1])
    return None


def _words(pid: int, name: str) -> list[str]:
    with suppress(OSError):
        return list(_split(Path(f"/proc/{pid}/{name}").read_bytes()))
    return []


def _split(content: bytes) -> Iterator[str]:
    for word in content.split(b"\0"):
        yield word.decode(errors="replace")
