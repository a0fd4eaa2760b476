"""One container from its first start to its last exit: its process, its probes, its restarts."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rehearsal.kubernetes.controllers.kubelet import exit_records
from rehearsal.kubernetes.controllers.kubelet.exit_records import ExitRecord
from rehearsal.kubernetes.controllers.kubelet.log_index import INTERVAL_SECONDS, Recorder
from rehearsal.kubernetes.controllers.kubelet.probes import Health, Probes
from rehearsal.kubernetes.controllers.kubelet.progress import Container
from rehearsal.processes.sessions import KILLED, Process

log = logging.getLogger(__name__)

# The kubelet's values, in seconds: the first restart comes at once, the next ones wait longer and
# longer, until a container has run for ten minutes.
FIRST_BACKOFF = 10.0
LONGEST_BACKOFF = 300.0
FORGIVEN_AFTER = 600.0
CANNOT_START = 128
GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class RunSpec:
    """Run spec of one container."""

    container: Container
    """State of the container before it is started."""
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Working directory of the process."""
    log: Path
    restart: str = "Never"
    """Restart policy of the pod, or of the container itself."""
    probes: Probes = field(default_factory=Probes)
    message_file: Path | None = None
    """File to which the container may write its termination message."""
    message_from_log: bool = False
    """True if the end of the log is the message of a failure that has no other."""
    grace_seconds: float = GRACE_SECONDS
    """Seconds between SIGTERM and SIGKILL when a failed probe ends the process; 30 by default."""
    inside: Callable[[Sequence[str]], list[str]] = list
    """Function that translates a command line in the container to one of this machine."""
    launcher: Sequence[str] = ()
    """Words before every command line, of the program that makes mounts read-only."""
    shown: Callable[[str], str] = str
    """Function that replaces this machine's paths in the output with the container's paths."""

    def again(self, code: int) -> bool:
        """Return True if the container is restarted after it has ended with this exit code."""
        return self.restart == "Always" or (self.restart == "OnFailure" and code != 0)


class Life:
    """Execution of one container.

    Args:
        plan: Run spec of the container.
        show: Callback for each new state of the container.
        tell: Callback for each exit of its process.
    """

    def __init__(
        self, plan: RunSpec, show: Callable[[Container], None], tell: Callable[[ExitRecord], None]
    ) -> None:
        self.plan = plan
        self.up = threading.Event()
        """Set once the container has started up, or has ended before that."""
        self._show = show
        self._tell = tell
        self._index = Recorder(plan.log)
        self._state = plan.container
        self._deadline: float | None = None
        self._wake = threading.Event()

    def end(self, grace_seconds: float) -> None:
        """End the container: SIGTERM, and SIGKILL after the grace time.

        A later call can only shorten the grace time.
        """
        deadline = time.monotonic() + grace_seconds
        self._deadline = deadline if self._deadline is None else min(self._deadline, deadline)
        self._wake.set()

    def run(self) -> int:
        """Run the container to its end, with its restarts, and return the last exit code."""
        failures = 0
        try:
            while True:
                began = time.monotonic()
                code = KILLED if self._ending else self._once()
                if self._ending or not self.plan.again(code):
                    return code
                forgiven = time.monotonic() - began > FORGIVEN_AFTER
                failures = 1 if forgiven else failures + 1
                if not self._back_off(failures):
                    return code
                self._state = self._state.restarted()
        finally:
            self.up.set()

    @property
    def _ending(self) -> bool:
        return self._deadline is not None

    def _back_off(self, failures: int) -> bool:
        """Wait before a restart; return False if the container is to end meanwhile."""
        if failures == 1:
            return True
        seconds = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (failures - 2))
        ended = self._state
        said = f"back-off {seconds:.0f}s restarting failed container={self.plan.container.name}"
        self._set(ended.waiting("CrashLoopBackOff", said))
        due = time.monotonic() + seconds
        while not self._ending and (left := due - time.monotonic()) > 0:
            self._wake.wait(left)
            self._wake.clear()
        if self._ending:
            self._set(ended)
        return not self._ending

    def _once(self) -> int:
        """Run the process once and return its exit code."""
        plan, began = self.plan, time.monotonic()
        if plan.message_file:
            plan.message_file.unlink(missing_ok=True)
        written = self._index.start(self._state.restarts)
        try:
            process = Process(
                plan.command, plan.environment, plan.folder, plan.log, ended=self._wake.set
            )
        except OSError as error:
            log.warning("%s did not start: %s", plan.command[0], error)
            self._set(self._state.terminated(CANNOT_START, "StartError", str(error)))
            return CANNOT_START
        self._set(self._state.running())
        code = self._attend(process, began)
        self._index.look()
        output = plan.shown(exit_records.output(plan.log, written))
        message = exit_records.message(
            plan.message_file, output if plan.message_from_log else "", code
        )
        self._set(self._state.terminated(code, message=message))
        self._tell(ExitRecord(plan.container, code, time.monotonic() - began, output))
        return code

    def _attend(self, process: Process, began: float) -> int:
        """Probe the process until it ends or is to end, and return its exit code."""
        health = Health(self.plan.probes, began)
        while (code := process.wait(0)) is None:
            if self._ending:
                return self._terminate(process, float("inf"))
            health.look(time.monotonic())
            if health.failed:
                log.info("%s failed its %s probe", self.plan.container.name, health.failed)
                return self._terminate(process, time.monotonic() + self.plan.grace_seconds)
            self._reflect(health)
            self._index.look()
            rest = health.rest(time.monotonic())
            self._wake.wait(INTERVAL_SECONDS if rest is None else min(rest, INTERVAL_SECONDS))
            self._wake.clear()
        return code

    def _reflect(self, health: Health) -> None:
        if (health.started, health.ready) != (self._state.started, self._state.ready):
            self._set(replace(self._state, started=health.started, ready=health.ready))
        if health.started:
            self.up.set()

    def _terminate(self, process: Process, deadline: float) -> int:
        """End the process by the deadline, or sooner if `end` says so, and return its exit code."""
        if self._state.ready:
            self._set(replace(self._state, ready=False))
        process.signal(signal.SIGTERM)
        while (code := process.wait(0)) is None:
            ends = min(deadline, float("inf") if self._deadline is None else self._deadline)
            left = ends - time.monotonic()
            if left <= 0:
                process.signal(signal.SIGKILL)
                left = 1.0
            self._wake.wait(left)
            self._wake.clear()
        return code

    def _set(self, state: Container) -> None:
        self._state = state
        self._show(state)
