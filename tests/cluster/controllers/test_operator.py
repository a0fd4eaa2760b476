"""How the controllers notice that the cluster behind their address is another one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rehearsal.cluster.controllers import operator
from rehearsal.cluster.controllers.kube import KubeError


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
        another, kube = asyncio.Event(), Clusters(*marks)
        known = await operator._mark(kube)
        looking = asyncio.create_task(operator._await_another_cluster(kube, another, known))
        await asyncio.wait([looking], timeout=5 if noticed else 0.2)
        looking.cancel()
        return another.is_set()

    assert asyncio.run(looked()) is noticed
