from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2

from rehearsal.pulumi.providers.eks import VERSION
from tests.patience import PATIENCE
from tests.pulumi.providers.eks.engine import Update, update

CLUSTER, NODES = "eks:index:Cluster", "eks:index:ManagedNodeGroup"


def test_an_engine_that_attaches_is_answered(up: Update) -> None:
    up.provider.Attach(plugin_pb2.PluginAttach(address=up.address))
    assert up.provider.GetPluginInfo(empty_pb2.Empty()).version == VERSION


def test_a_child_that_can_not_be_made_fails_its_component_and_nothing_else(
    up: Update, port: int, inputs: dict[str, Any]
) -> None:
    up.engine.refused = {"main-eksCluster"}
    with pytest.raises(grpc.RpcError, match="no such thing can be made"):
        up.construct(CLUSTER, "main", inputs)
    with update(port) as another:
        another.construct(CLUSTER, "main", inputs)
        assert another.engine["main-eksCluster"]


def test_updates_at_the_same_time_keep_to_their_own_engines(
    up: Update, port: int, inputs: dict[str, Any]
) -> None:
    with update(port) as other, ThreadPoolExecutor() as pool:
        one = pool.submit(up.construct, CLUSTER, "one", inputs)
        two = pool.submit(other.construct, CLUSTER, "two", inputs)
        one.result(PATIENCE)
        two.result(PATIENCE)
        assert all(child.name.startswith("one") for child in up.engine.children.values())
        assert all(child.name.startswith("two") for child in other.engine.children.values())


def test_node_groups_are_made_beside_each_other(
    up: Update, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    up.construct(CLUSTER, "main", inputs)
    register, groups = up.engine.RegisterResource, 12
    together = threading.Barrier(groups)  # each goes on when all of them are there

    def waiting(request: Any, context: Any) -> Any:
        if request.type == "aws:eks/nodeGroup:NodeGroup":
            together.wait(PATIENCE)
        return register(request, context)

    monkeypatch.setattr(type(up.engine), "RegisterResource", lambda _, *args: waiting(*args))
    nodes = {"cluster": up.reference("main"), "nodeRoleArn": "arn:r"}
    with ThreadPoolExecutor(groups) as pool:
        names = [f"group-{number}" for number in range(groups)]
        list(pool.map(lambda name: up.construct(NODES, name, nodes), names))
