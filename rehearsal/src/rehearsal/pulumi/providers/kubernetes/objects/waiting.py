"""Waits for an object: until it is ready, and until it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rehearsal.pulumi.providers.kubernetes.awaits.progress import READY, Condition, Progress
from rehearsal.pulumi.providers.kubernetes.cluster import Cluster, View
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, field, name_of, namespace_of
from rehearsal.pulumi.providers.server import Cancelled, ProviderError, pause

FIRST_PAUSE, LAST_PAUSE = 0.05, 0.5  # seconds between two looks, growing

# Conditions that the namespace controller and the kinds' controller set during a deletion.
_DELETION_CONDITIONS = {
    "NamespaceContentRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceFinalizersRemaining",
    "Terminating",
}

Report = Callable[[str], None]


class NotReady(Exception):  # noqa: N818 - the object exists, it is only not what it should be
    """An object exists but did not become ready; `reasons` explain it."""

    def __init__(self, live: Manifest, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.live = live
        self.reasons = reasons


def looks(timeout: float) -> Iterator[None]:
    """Yield at once and then after growing pauses, until `timeout` seconds have passed."""
    end = time.monotonic() + timeout
    interval = FIRST_PAUSE
    yield
    while (left := end - time.monotonic()) > 0:
        pause(min(interval, left))
        interval = min(interval * 1.5, LAST_PAUSE)
        yield


@dataclass
class Wait:
    """Wait for one object, with its last known state and progress."""

    cluster: Cluster
    live: Manifest
    judge: Condition
    progress: Progress = READY

    def until_ready(self, timeout: float, say: Report) -> Manifest:
        """Wait until the object is ready, and return it as it is then.

        Raises:
            NotReady: The object fails for good, disappears, takes longer than `timeout` seconds, or
                the update is cancelled; in every case the object was made.
        """
        try:
            if self._ready_within(timeout, say):
                return self.live
            reason = self._reason(f"timed out after {timeout:g} s waiting to be Ready")
            raise NotReady(self.live, [*reason, *warnings(self.cluster, self.live)])
        except Cancelled as cancelled:
            raise NotReady(self.live, self._reason("was cancelled while awaited")) from cancelled
        except ProviderError as error:
            raise NotReady(self.live, [str(error)]) from error

    def _ready_within(self, timeout: float, say: Report) -> bool:
        self.progress = self.judge(self.live, View(self.cluster))
        for _ in looks(timeout):
            if self.progress.ready or self.progress.failed:
                break
            say(self.progress.message)
            self._look()
        return self.progress.ready

    def _look(self) -> None:
        now = self.cluster.get(self.live)
        if now is None:
            raise ProviderError(f"{name_of(self.live)!r} was deleted while it was awaited")
        self.live = now
        self.progress = self.judge(now, View(self.cluster))

    def _reason(self, what: str) -> list[str]:
        told = self.progress.problems or [self.progress.message]
        headline = [] if self.progress.failed else [f"{name_of(self.live)!r} {what}"]
        return [*headline, *filter(None, told)]


def until_gone(cluster: Cluster, live: Manifest, timeout: float, say: Report) -> None:
    """Wait until an object is gone; one of the same name made since counts as another.

    Raises:
        ProviderError: `timeout` seconds have passed; the text names the finalizers that hold it.
    """
    uid = field(live, "metadata", "uid")
    for _ in looks(timeout):
        now = cluster.get(live)
        if now is None or (uid and field(now, "metadata", "uid") != uid):
            say("")
            return
        live = now
        say(_holding(live))
    why = _holding(live) or "nothing says what holds it"
    raise ProviderError(f"{name_of(live)!r} was not deleted within {timeout:g} s: {why}")


def warnings(cluster: Cluster, live: Manifest) -> list[str]:
    """Return the warning events recorded about an object."""
    uid = field(live, "metadata", "uid")
    said = [
        f"[{event.get('reason')}] {event.get('message')}"
        for event in View(cluster).listed("v1", "Event", namespace_of(live) or "default")
        if event.get("type") == "Warning" and uid and field(event, "involvedObject", "uid") == uid
    ]
    return list(dict.fromkeys(said))


def _holding(live: Manifest) -> str:
    """Return what blocks a deletion: finalizers, and the content that a namespace still has."""
    finalizers = [
        *(field(live, "metadata", "finalizers") or []),
        *(field(live, "spec", "finalizers") or []),
    ]
    named = [one for one in finalizers if one != "foregroundDeletion"]  # our own request, no holder
    said = [
        str(entry["message"])
        for entry in field(live, "status", "conditions") or []
        if entry.get("type") in _DELETION_CONDITIONS and entry.get("status") == "True"
    ]
    held = f"finalizers might be preventing deletion ({', '.join(named)})" if named else ""
    return "; ".join(filter(None, [held, *said]))
