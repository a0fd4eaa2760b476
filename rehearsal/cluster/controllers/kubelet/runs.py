"""One pod's containers from start to end: init containers in order, then the others together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from rehearsal.cluster.controllers.kubelet.processes import Process
from rehearsal.cluster.controllers.kubelet.status import Container, Progress

log = logging.getLogger(__name__)

FIRST_BACKOFF = 10.0
LONGEST_BACKOFF = 300.0


@dataclass(frozen=True)
class Plan:
    """What it takes to run one container: an argument list, variables, a folder to be in.

    A refusal is said in the log instead, and ends the container with exit code 1.
    """

    container: Container
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    refusal: str = ""


class Run:
    """A pod at work. What became of it is in `progress`; `changed` is called at each step."""

    def __init__(
        self,
        plans: Sequence[Plan],
        changed: Callable[[], None],
        *,
        restart: bool = False,
        deadline_seconds: float | None = None,
    ) -> None:
        self._plans = plans
        self._changed = changed
        self._restart = restart
        self._deadline = time.monotonic() + deadline_seconds if deadline_seconds else None
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._progress = Progress(tuple(plan.container for plan in plans))
        self._thread = threading.Thread(target=self._work, name="pod", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def cancel(self) -> None:
        """Asks it to end; `ended` tells when it has."""
        self._cancelled.set()

    @property
    def ended(self) -> bool:
        """Whether none of its processes runs any more."""
        return not self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Waits for its end."""
        self._thread.join(seconds)

    @property
    def progress(self) -> Progress:
        """How far it has got."""
        with self._lock:
            return self._progress

    def _work(self) -> None:
        try:
            failed = next((plan for plan in self._first() if self._container(plan)), None)
            if failed is None:
                self._phase("Running")
                rest = [plan for plan in self._plans if not plan.container.init]
                with ThreadPoolExecutor(len(rest)) as pool:
                    codes = list(pool.map(self._container, rest))
                failed = next((plan for plan, code in zip(rest, codes, strict=True) if code), None)
            self._conclude(failed)
        except Exception as error:
            log.exception("a pod's run broke off")
            self._phase("Failed", "RehearsalFault", repr(error))
        self._changed()

    def _first(self) -> list[Plan]:
        return [plan for plan in self._plans if plan.container.init]

    def _conclude(self, failed: Plan | None) -> None:
        if self._cancelled.is_set():
            self._phase("Failed", "Terminated", "ended before it was done")
        elif self._late():
            said = "Pod was active on the node longer than the specified deadline"
            self._phase("Failed", "DeadlineExceeded", said)
        else:
            self._phase("Failed" if failed else "Succeeded")

    def _container(self, plan: Plan) -> int:
        """Runs one container to its end, again and again if the pod wants that; its exit code."""
        state = plan.container
        while True:
            state = self._show(state.running())
            code = self._once(plan)
            state = self._show(state.terminated(code))
            if not code or not self._restart or self._over():
                return code
            backoff = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**state.restarts)
            self._show(state.waiting("CrashLoopBackOff", f"back-off {backoff:.0f}s restarting"))
            self._cancelled.wait(min(backoff, self._left() or backoff))
            state = state.restarted()
            if self._over():
                self._show(state.terminated(code))
                return code

    def _once(self, plan: Plan) -> int:
        if plan.refusal:
            plan.log.parent.mkdir(parents=True, exist_ok=True)
            with plan.log.open("a") as output:
                output.write(plan.refusal + "\n")
            return 1
        try:
            process = Process(plan.command, plan.environment, plan.folder, plan.log)
        except OSError as error:
            log.warning("%s did not start: %s", plan.command[0], error)
            return 127
        while (code := process.wait(0.2)) is None:
            if self._over():
                process.end()
        return code

    def _over(self) -> bool:
        return self._cancelled.is_set() or self._late()

    def _late(self) -> bool:
        left = self._left()
        return left is not None and left <= 0

    def _left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _show(self, state: Container) -> Container:
        with self._lock:
            known = self._progress.containers
            changed = tuple(state if one.name == state.name else one for one in known)
            self._progress = replace(self._progress, containers=changed)
        self._changed()
        return state

    def _phase(self, phase: str, reason: str = "", message: str = "") -> None:
        with self._lock:
            self._progress = replace(self._progress, phase=phase, reason=reason, message=message)
