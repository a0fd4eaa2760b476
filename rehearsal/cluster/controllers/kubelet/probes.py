"""The probes of a container, really asked of its process, and what follows from their answers."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.cluster.controllers.kube import Object
from rehearsal.cluster.controllers.kubelet.environment import ConfigError

UNTIL_READY_SECONDS = 1.0
"""How often a container is asked until it has started and is ready for the first time. A kubelet
keeps to the period, and makes everyone wait. What fails between two periods does not count."""

Run = Callable[[Sequence[str], float], bool]
"""Runs a command in a container for so many seconds at most; says whether it ended well."""


@dataclass(frozen=True)
class Probe:
    """A question to a container, and how often it is asked (seconds)."""

    ask: Callable[[], bool]
    delay: float = 0
    period: float = 10
    successes: int = 1
    failures: int = 3


@dataclass(frozen=True)
class Probes:
    """The probes of one container."""

    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None


class Verdict:
    """What a probe has said so far: it holds or not, after so many equal answers in a row."""

    def __init__(self, probe: Probe, began: float, *, holds: bool) -> None:
        self.holds = holds
        self.failed = False
        self.due = began + probe.delay
        self._probe = probe
        self._hasty = not holds
        self._counts = self.due
        self._streak = (holds, 0)

    def ask(self, now: float) -> None:
        """Asks once."""
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
    """How one running container stands by its probes."""

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
        """Whether it has come up."""
        return self._startup is None or self._startup.holds

    @property
    def ready(self) -> bool:
        """Whether it may be asked for what it serves."""
        return self.started and (self._readiness is None or self._readiness.holds)

    @property
    def failed(self) -> str:
        """Which probe wants the container ended; empty while none does."""
        if self._startup and self._startup.failed:
            return "startup"
        return "liveness" if self._liveness and self._liveness.failed else ""

    def look(self, now: float) -> None:
        """Asks the probes that are due."""
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
        """Seconds until a probe is due; None when there is none."""
        waiting = [self._startup] if not self.started else [self._readiness, self._liveness]
        due = [verdict.due for verdict in waiting if verdict]
        return max(0.0, min(due) - now) if due else None

    def _begin(self, now: float) -> None:
        if probe := self._probes.readiness:
            self._readiness = Verdict(probe, now, holds=False)
        if probe := self._probes.liveness:
            self._liveness = Verdict(probe, now, holds=True)


def of(container: Object, address: str, run: Run) -> Probes:
    """The probes in a container's spec.

    Args:
        container: Its spec.
        address: Where its process listens.
        run: What a probe's own command is run by.

    Raises:
        ConfigError: One is of a kind that is not known here.
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
    """A port by its number, or by the name the container gives it."""
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
    """What runs a probe's command as the container's own process runs.

    Args:
        environment: The container's variables.
        folder: Where its process begins.
        here: Makes a command line of the container one of this machine.
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
