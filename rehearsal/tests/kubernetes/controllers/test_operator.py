"""The controllers notice that the cluster behind their address is another one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from rehearsal.kubernetes.controllers import operator
from rehearsal.kubernetes.controllers.kube import KubeError
from tests.patience import PATIENCE


class Clusters:
    """Answers with one cluster's mark after the other: whose it is, and whether ACK's jobs are."""

    def __init__(self, *marks: operator.Mark) -> None:
        self.marks = list(marks)
        self.mark: operator.Mark = None

    def get(self, _: Any) -> dict[str, Any]:
        self.mark = self.marks.pop(0) if len(self.marks) > 1 else self.marks[0]
        if self.mark is None:
            raise KubeError(503, "it is starting")
        return {"metadata": {"uid": self.mark[0]}}

    def serves(self, kind: str) -> bool:
        assert kind == "TrainingJob"
        assert self.mark
        return self.mark[1]


A, B, A_WITH_JOBS = ("a", False), ("b", False), ("a", True)


@pytest.mark.parametrize(
    ("marks", "noticed"),
    [
        ((A, None, B), True),
        ((A, None, A), False),
        ((A, A_WITH_JOBS), True),
        ((A_WITH_JOBS, A), True),
        ((None, A), True),
        ((None,), False),
    ],
)
def test_kopf_is_begun_anew_for_another_cluster_and_for_a_kind_it_may_have_missed(
    monkeypatch: pytest.MonkeyPatch, marks: tuple[operator.Mark, ...], noticed: bool
) -> None:
    monkeypatch.setattr(operator, "CLUSTER_SECONDS", 0.001)

    async def looked() -> bool:
        kube = Clusters(*marks)
        known = await operator._mark(kube)
        looking = asyncio.create_task(operator._await_another_cluster(kube, known))
        done, _ = await asyncio.wait([looking], timeout=PATIENCE if noticed else 0.2)
        looking.cancel()
        return looking in done

    assert asyncio.run(looked()) is noticed


ASKED_TO_END = """
import asyncio, os, signal
import kopf
from kopf._cogs.aiokits import aiotasks
from rehearsal.kubernetes.controllers import operator
from rehearsal.kubernetes.controllers.kube import KubeError

class Nobody:
    def get(self, key):
        raise KubeError(503, "it is not there")

handlers = operator.registry([], None)
kopf.on.login(registry=handlers)(lambda **_: kopf.ConnectionInfo(server="http://127.0.0.1:1"))
wait, prepare = aiotasks.wait, operator._cancel_at_signals

def waits_on(tasks, *, timeout=None, **more):
    return wait(tasks, timeout=timeout and 3600, **more)

async def ends(*given):
    await prepare(*given)
    await asyncio.sleep(0.2)  # its tasks ask for the API server by now
    os.kill(os.getpid(), signal.SIGTERM)

aiotasks.wait, operator._cancel_at_signals = waits_on, ends
print(operator._watch(handlers, Nobody()))
"""


def test_the_watch_ends_soon_after_sigterm() -> None:
    """Also while the API server is away, as when both are ended at once.

    Kopf by itself would wait for some of its tasks; here that would last an hour.
    """
    ran = subprocess.run(
        [sys.executable, "-c", ASKED_TO_END],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert ran.stdout.split() == ["True"]


NEVER_ENDS = """
import asyncio
import kopf
from rehearsal.kubernetes.controllers import operator
from tests.kubernetes.controllers.test_operator import A, A_WITH_JOBS, Clusters

async def stays():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

async def watches(ready_flag, **_):
    ready_flag.set()
    asyncio.create_task(stays())
    await %s

kopf.operator, operator.CLUSTER_SECONDS, operator.ENDING_SECONDS = watches, 0.01, 0.05
print(operator._watch(operator.registry([], None), Clusters(A_WITH_JOBS, A)), flush=True)
"""


@pytest.mark.parametrize("waits_for", ["stays()", "asyncio.sleep(3600)"])
def test_a_watch_that_does_not_end_is_left_behind(waits_for: str) -> None:
    """As when the definition of ACK's jobs goes while they are watched."""
    code = NEVER_ENDS % waits_for
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert ran.stdout.split() == ["False"], "it is begun anew"
