"""How the controllers notice that the cluster behind their address is another one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rehearsal.cluster.controllers import operator
from rehearsal.cluster.controllers.kube import KubeError


class Clusters:
    """Answers with the birth marks of one cluster after the other; None while it is away."""

    def __init__(self, *marks: str | None) -> None:
        self.marks = list(marks)

    def get(self, _: Any) -> dict[str, Any]:
        mark = self.marks.pop(0) if len(self.marks) > 1 else self.marks[0]
        if mark is None:
            raise KubeError(503, "it is starting")
        return {"metadata": {"uid": mark}}


@pytest.mark.parametrize(
    ("marks", "noticed"),
    [(("a", None, "b"), True), (("a", None, "a"), False), ((None, "a"), False)],
)
def test_a_new_cluster_is_told_from_a_restarted_one(
    monkeypatch: pytest.MonkeyPatch, marks: tuple[str | None, ...], noticed: bool
) -> None:
    monkeypatch.setattr(operator, "CLUSTER_SECONDS", 0.001)

    async def looked() -> bool:
        another, kube = asyncio.Event(), Clusters(*marks)
        looking = asyncio.create_task(operator._await_another_cluster(kube, another))
        await asyncio.wait([looking], timeout=5 if noticed else 0.2)
        looking.cancel()
        return another.is_set()

    assert asyncio.run(looked()) is noticed
