"""Probes of a container, made on its process, and the health that follows from the answers."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.kubernetes.controllers.kube import Object
from rehearsal.kubernetes.controllers.kubelet.env_vars import ConfigError

UNTIL_READY_SECONDS = 1.0
"""Seconds between probes until a container has started and is ready for the first time.

A kubelet keeps to the period of the probe, which makes users wait. A failure between two periods
does not count.
"""

Run = Callable[[Sequence[str], float], bool]
"""Function that runs a command in a container for at most so many seconds; True on success."""


@dataclass(frozen=True)
class Probe:
    """Check of a container, with its delay and period in seconds and its thresholds."""

    ask: Callable[[], bool]
    delay: float = 0
    period: float = 10
    successes: int = 1
    failures: int = 3


@dataclass(frozen=True)
class Probes:
    """Probes of one container."""

    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None


class Verdict:
    """State of a probe, which changes after its threshold of equal answers in a row."""

    def __init__(self, probe: Probe, began: float, *, holds: bool) -> None:
        self.holds = holds
        self.failed = False
        self.due = began + probe.delay
        self._probe = probe
        self._hasty = not holds
        self._counts = self.due
        self._streak = (holds, 0)

    def ask(self, now: float) -> None:
        """Make the probe once."""
        answer, period = self._probe.ask(), self._probe.period
        if answer or now >= self._counts:
            self._counts = now + period
            self._count(answer)
        self.due = now + (min(period, UNTIL_READY_SECONDS) if self._hasty else period)

    def _count(self, answer: bool) -> None:
        said, count = self._streak
        self._streak = answer, count + 1 if answer == said else 1
        if answer and self._streak[1] >= self._probe.successes:
            self.holds, self._hasty = True, False
        if not answer and self._streak[1] >= self._probe.failures:
            self.holds, self.failed = False, True


class Health:
    """Health of one running container, by its probes."""

    def __init__(self, probes: Probes, began: float) -> None:
        self._probes = probes
        startup = probes.startup
        self._startup = Verdict(startup, began, holds=False) if startup else None
        self._readiness: Verdict | None = None
        self._liveness: Verdict | None = None
        if not startup:
            self._begin(began)

    @property
    def started(self) -> bool:
        """True once the container has started up."""
        return self._startup is None or self._startup.holds

    @property
    def ready(self) -> bool:
        """True while the container is ready to serve."""
        return self.started and (self._readiness is None or self._readiness.holds)

    @property
    def failed(self) -> str:
        """Name of the probe that requires the container to end; empty while none does."""
        if self._startup and self._startup.failed:
            return "startup"
        return "liveness" if self._liveness and self._liveness.failed else ""

    def look(self, now: float) -> None:
        """Make the probes that are due."""
        if self._startup and not self._startup.holds:
            if self._startup.due <= now:
                self._startup.ask(now)
            if self._startup.holds:
                self._begin(now)
            return
        for verdict in (self._liveness, self._readiness):
            if verdict and verdict.due <= now:
                verdict.ask(now)

    def rest(self, now: float) -> float | None:
        """Return the seconds until a probe is due; None if there is none."""
        waiting = [self._startup] if not self.started else [self._readiness, self._liveness]
        due = [verdict.due for verdict in waiting if verdict]
        return max(0.0, min(due) - now) if due else None

    def _begin(self, now: float) -> None:
        if probe := self._probes.readiness:
            self._readiness = Verdict(probe, now, holds=False)
        if probe := self._probes.liveness:
            self._liveness = Verdict(probe, now, holds=True)


def of(container: Object, address: str, run: Run) -> Probes:
    """Return the probes in a container's spec.

    Args:
        container: Spec of the container.
        address: Address on which its process listens.
        run: Function that runs the command of an exec probe.

    Raises:
        ConfigError: A probe is of a kind that is not supported here.
    """
    found = {
        name: _probe(container, container[f"{name}Probe"], address, run)
        for name in ("startup", "readiness", "liveness")
        if container.get(f"{name}Probe")
    }
    return Probes(**found)


def _probe(container: Object, spec: Object, address: str, run: Run) -> Probe:
    return Probe(
        _question(container, spec, address, run),
        spec.get("initialDelaySeconds", 0),
        spec.get("periodSeconds", 10),
        spec.get("successThreshold", 1),
        spec.get("failureThreshold", 3),
    )


def _question(container: Object, spec: Object, address: str, run: Run) -> Callable[[], bool]:
    seconds = float(spec.get("timeoutSeconds", 1))
    if "httpGet" in spec:
        wanted = spec["httpGet"]
        port = _port(container, wanted["port"])
        headers = {one["name"]: one["value"] for one in wanted.get("httpHeaders", [])}
        secure = wanted.get("scheme") == "HTTPS"
        path = wanted.get("path") or "/"
        return lambda: _get(_connection(address, port, seconds, secure=secure), path, headers)
    if "tcpSocket" in spec:
        port = _port(container, spec["tcpSocket"]["port"])
        return lambda: _accepts(address, port, seconds)
    if "exec" in spec:
        command = spec["exec"]["command"]
        return lambda: run(command, seconds)
    raise ConfigError(
        f"container {container['name']}: a probe asks by httpGet, tcpSocket or exec in a rehearsal"
    )


def _port(container: Object, port: int | str) -> int:
    """Return a port given by number, or by its name in the container's spec."""
    named = {one.get("name"): one["containerPort"] for one in container.get("ports", [])}
    if isinstance(port, str) and not port.isdecimal() and port not in named:
        raise ConfigError(f"container {container['name']} has no port named {port}")
    return int(named.get(port, port))


def _connection(
    address: str, port: int, seconds: float, *, secure: bool
) -> http.client.HTTPConnection:
    if not secure:
        return http.client.HTTPConnection(address, port, timeout=seconds)
    unverified = ssl._create_unverified_context()
    return http.client.HTTPSConnection(address, port, timeout=seconds, context=unverified)


def _get(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> bool:
    try:
        connection.request("GET", path, headers={"User-Agent": "kube-probe", **headers})
        return 200 <= connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _accepts(address: str, port: int, seconds: float) -> bool:
    try:
        socket.create_connection((address, port), seconds).close()
    except OSError:
        return False
    return True


def run_by(
    environment: Mapping[str, str],
    folder: Path,
    here: Callable[[Sequence[str]], list[str]],
) -> Run:
    """Return the function that runs an exec probe's command like the container's own process.

    Args:
        environment: Environment variables of the container.
        folder: Working directory of its process.
        here: Function that translates a command line of the container to this machine.
    """

    def run(command: Sequence[str], seconds: float) -> bool:
        try:
            ran = subprocess.run(
                here(command),
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return ran.returncode == 0

    return run
