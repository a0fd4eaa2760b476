"""Execution of one pod's containers from start to end.

Init containers run in order, and the sidecars among them stay. Then the other containers run
together, and when they have ended the sidecars are ended, the last one first.
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rehearsal.kubernetes.controllers.kubelet.containers import GRACE_SECONDS, Life, RunSpec
from rehearsal.kubernetes.controllers.kubelet.exit_records import ExitRecord
from rehearsal.kubernetes.controllers.kubelet.progress import Container, Progress

log = logging.getLogger(__name__)

LIMITS_SECONDS = 2.0
"""Seconds between two looks at the sizes of volumes that have a limit."""


@dataclass(frozen=True)
class Ending:
    """Reason for which a pod is ended from outside; if it is empty, the exit codes decide."""

    reason: str = ""
    message: str = ""
    disrupted: bool = False


@dataclass(frozen=True)
class Terms:
    """Limits that hold for a pod as a whole."""

    grace_seconds: float = GRACE_SECONDS
    """Seconds between SIGTERM and SIGKILL for its containers; 30 by default."""
    deadline_seconds: float | None = None
    """Seconds after which the pod is ended; None for no deadline."""
    exceeded: Callable[[], str] | None = None
    """Function that returns the message about a volume over its limit, or an empty text.

    None if no volume has a limit.
    """


class Run:
    """Execution of one pod, whose state is in `progress`.

    Args:
        plans: Run specs of its containers, init containers first.
        changed: Callback for each change of `progress`.
        tell: Callback for each exit of a container's process.
        terms: Limits that hold for the pod as a whole.
    """

    def __init__(
        self,
        plans: Sequence[RunSpec],
        changed: Callable[[], None],
        tell: Callable[[ExitRecord], None] = lambda _: None,
        terms: Terms | None = None,
    ) -> None:
        self._changed = changed
        self._terms = terms or Terms()
        self._lives = [Life(plan, self._show, tell) for plan in plans]
        self._lock = threading.Lock()
        self._progress = Progress(tuple(plan.container for plan in plans))
        self._ending: Ending | None = None
        self._ends = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="pod", daemon=True)

    def start(self) -> None:
        """Start the pod, and the supervision of its limits if it has any."""
        self._thread.start()
        if self._terms.deadline_seconds is not None or self._terms.exceeded:
            threading.Thread(target=self._guard, name="pod-limits", daemon=True).start()

    def end(self, grace_seconds: float | None = None, ending: Ending | None = None) -> None:
        """Ask the pod to end and return at once; `ended` is True once it has ended.

        A second call can only shorten the grace time.
        """
        grace = self._terms.grace_seconds if grace_seconds is None else grace_seconds
        ends = time.monotonic() + grace
        with self._lock:
            self._ends = ends if self._ending is None else min(self._ends, ends)
            self._ending = self._ending or ending or Ending()
        for life in self._lives:
            if life.plan.container.sidecar and grace > 0:
                life.up.set()  # nobody need wait for its start any more
            else:
                life.end(grace)

    @property
    def ended(self) -> bool:
        """True if none of its processes runs."""
        return not self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait for the end of the pod, for at most so many seconds."""
        self._thread.join(seconds)

    @property
    def progress(self) -> Progress:
        """State of the pod and of its containers."""
        with self._lock:
            return self._progress

    def _work(self) -> None:
        threads: list[tuple[Life, threading.Thread]] = []
        try:
            code = self._initialise(threads) or self._main()
            self._end_sidecars(threads)
            self._conclude(code)
        except Exception as error:
            log.exception("a pod's run broke off")
            self._phase("Failed", Ending("RehearsalFault", repr(error)))
        finally:
            self._over.set()
            self._changed()

    def _initialise(self, sidecars: list[tuple[Life, threading.Thread]]) -> int:
        """Run the init containers; return the exit code of the one that failed, else 0."""
        for life in self._lives:
            if not life.plan.container.init or self._ending is not None:
                continue
            if life.plan.container.sidecar:
                sidecars.append((life, _thread(life.run)))
                life.up.wait()
            elif code := life.run():
                return code
        return 0

    def _main(self) -> int:
        """Run the pod's main containers; return the exit code of one that failed, else 0."""
        lives = [life for life in self._lives if not life.plan.container.init]
        codes: dict[str, int] = {}

        def run(life: Life) -> None:
            codes[life.plan.container.name] = life.run()

        threads = [_thread(run, life) for life in lives]
        for thread in threads:
            thread.join()
        return next((code for code in codes.values() if code), 0)

    def _end_sidecars(self, sidecars: Sequence[tuple[Life, threading.Thread]]) -> None:
        ends = time.monotonic() + self._terms.grace_seconds
        for life, thread in reversed(sidecars):
            with self._lock:
                ends = ends if self._ending is None else min(ends, self._ends)
            # A sidecar that is ended at the pod's deadline still gets a second after its signal.
            life.end(max(1.0, ends - time.monotonic()))
            thread.join()

    def _conclude(self, code: int) -> None:
        ending = self._ending or Ending()
        self._phase("Failed" if code or ending.reason else "Succeeded", ending)

    def _guard(self) -> None:
        """End the pod at its deadline, or when a volume exceeds its limit."""
        seconds, exceeded = self._terms.deadline_seconds, self._terms.exceeded
        late = float("inf") if seconds is None else time.monotonic() + seconds
        longest = LIMITS_SECONDS if exceeded else float("inf")
        while not self._over.wait(max(0.0, min(late - time.monotonic(), longest))):
            if time.monotonic() >= late:
                said = "Pod was active on the node longer than the specified deadline"
                self.end(ending=Ending("DeadlineExceeded", said))
                return
            if exceeded and (said := exceeded()):
                self.end(0, Ending("Evicted", said))
                return

    def _show(self, state: Container) -> None:
        with self._lock:
            known = self._progress.containers
            changed = tuple(state if one.name == state.name else one for one in known)
            began = not state.init and "waiting" not in state.state
            phase = "Running" if began else self._progress.phase
            self._progress = replace(self._progress, containers=changed, phase=phase)
        self._changed()

    def _phase(self, phase: str, ending: Ending | None = None) -> None:
        why = ending or Ending()
        with self._lock:
            self._progress = replace(
                self._progress,
                phase=phase,
                reason=why.reason,
                message=why.message,
                disrupted=why.disrupted,
            )


def _thread(target: Callable[..., object], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, name="container", daemon=True)
    thread.start()
    return thread
