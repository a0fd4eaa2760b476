"""The server as an engine sees it: over gRPC, on a loopback port."""

# ruff: noqa: PLR0917 - the protocol's own arguments

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from rehearsal.pulumi.providers import server
from rehearsal.pulumi.providers.server.values import decode, encode
from tests.patience import PATIENCE

URN = "urn:pulumi:dev::project::a:b:Component$test:index:Thing::my::thing"
SIGNATURE = "4dabf18193072939515e22adb298388d"


class Things(server.ResourceProvider):
    """A provider that does as its inputs say, and remembers what it was told."""

    name, version = "test", "1.2.3"

    def __init__(self) -> None:
        self.configured: dict[str, Any] = {}
        self.seen: list[Any] = []
        self.cancelled = threading.Event()
        self.begun = threading.Semaphore(0)
        """Released by each create that has begun."""

    def configure(self, instance: str, inputs: dict[str, Any]) -> None:
        self.configured[instance] = inputs

    def check(self, instance, urn, type_, olds, news, seed) -> server.Checked:  # type: ignore[no-untyped-def]
        self.seen = [type_, olds, news]
        faults = [server.Failure("a", "is bad")] if news.get("a") == "bad" else []
        return server.Checked(news | {"name": server.autoname(urn, seed)}, faults)

    def diff(self, *arguments: Any) -> server.Difference:
        self.seen = list(arguments[2:])
        return server.Difference(True, ["a"], ["a"], {"a": "update-replace"}, True)

    def create(self, instance, urn, type_, inputs, timeout, preview) -> tuple[str, Any]:  # type: ignore[no-untyped-def]
        if preview:
            return "", inputs | {"later": server.UNKNOWN}
        if inputs.get("half"):
            raise server.Partial("id-1", {"made": True}, ["not ready"], {"half": True})
        self.log_status(instance, urn, "waiting")
        self.begun.release()
        server.pause(float(inputs.get("wait", 0)))
        return "id-1", inputs | {"of": self.configured[instance].get("region")}

    def read(self, instance, urn, type_, id_, *olds) -> Any:  # type: ignore[no-untyped-def]
        return (None, {}, {}) if id_ == "gone" else (id_, {"a": 1}, {"a": 1, "b": 2})

    def update(self, *arguments: Any) -> dict[str, Any]:
        raise server.ProviderError("updating Thing: not today")

    def delete(self, *arguments: Any) -> None:
        raise KeyError("a fault of the provider")

    def cancel(self) -> None:
        self.cancelled.set()


@pytest.fixture
def things() -> Things:
    return Things()


@pytest.fixture
def port(things: Things) -> Iterator[int]:
    running, port = server.start(things)
    yield port
    running.stop(grace=0).wait()


def connect(port: int, region: str = "here") -> provider_pb2_grpc.ResourceProviderStub:
    """A connection of its own, as an engine makes for each provider instance."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
    stub = provider_pb2_grpc.ResourceProviderStub(channel)
    answer = stub.Configure(provider_pb2.ConfigureRequest(args=encode({"region": region})))
    assert answer.supportsPreview
    return stub


def create(stub: Any, **inputs: Any) -> Any:
    return stub.Create(provider_pb2.CreateRequest(urn=URN, properties=encode(inputs)))


def creating(stub: Any, **inputs: Any) -> Any:
    return stub.Create.future(provider_pb2.CreateRequest(urn=URN, properties=encode(inputs)))


def test_a_check_sees_plain_values_and_answers_names_and_faults(things: Things, port: int) -> None:
    request = provider_pb2.CheckRequest(
        urn=URN, news=encode({"a": "bad", "n": [1, 2.5, None, True]}), randomSeed=b"1"
    )
    answer = connect(port).Check(request)
    assert things.seen == ["test:index:Thing", {}, {"a": "bad", "n": [1, 2.5, None, True]}]
    assert isinstance(things.seen[2]["n"][0], int)
    assert [(one.property, one.reason) for one in answer.failures] == [("a", "is bad")]
    assert decode(answer.inputs)["name"].startswith("my::thing-")


def test_unknowns_travel_both_ways(port: int) -> None:
    sent = struct_pb2.Struct()
    sent.update({"a": rpc.UNKNOWN, "b": [rpc.UNKNOWN]})
    request = provider_pb2.CreateRequest(urn=URN, properties=sent, preview=True)
    answer = connect(port).Create(request)
    assert answer.id == ""
    assert answer.properties["later"] == rpc.UNKNOWN
    assert decode(answer.properties) == {
        "a": server.UNKNOWN,
        "b": [server.UNKNOWN],
        "later": server.UNKNOWN,
    }


def test_secrets_and_outputs_are_unwrapped_and_assets_kept(things: Things, port: int) -> None:
    sent = struct_pb2.Struct()
    sent.update(
        {
            "secret": {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": {"a": 1}},
            "output": {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "x"},
            "pending": {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"},
            "file": {
                SIGNATURE: "c44067f5952c0a294b673a41bacd8c17",
                "path": "a.csv",
                "hash": "ff",
            },
            "empty": {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": ""},
        }
    )
    connect(port).Check(provider_pb2.CheckRequest(urn=URN, news=sent))
    assert things.seen[2] == {
        "secret": {"a": 1},
        "output": "x",
        "pending": server.UNKNOWN,
        "file": server.Asset(path="a.csv", hash="ff"),
        "empty": server.Asset(text=""),
    }
    back = encode({"file": things.seen[2]["file"]})
    assert back["file"] == sent["file"]


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_any_value_comes_back_as_it_went(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == properties


def test_a_value_without_a_wire_form_is_told_by_its_place() -> None:
    with pytest.raises(TypeError, match=r"a\.b\[1\]: a set"):
        encode({"a": {"b": [1, {2}]}})


def test_a_diff_says_what_is_replaced_and_in_which_order(things: Things, port: int) -> None:
    request = provider_pb2.DiffRequest(
        urn=URN,
        id="id-1",
        old_inputs=encode({"a": 1}),
        olds=encode({"a": 1, "b": 2}),
        news=encode({"a": 2}),
        ignoreChanges=["c"],
    )
    answer = connect(port).Diff(request)
    assert things.seen == ["test:index:Thing", "id-1", {"a": 1}, {"a": 1, "b": 2}, {"a": 2}, ["c"]]
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == list(answer.diffs) == ["a"]
    assert answer.deleteBeforeReplace
    assert answer.detailedDiff["a"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_a_resource_half_made_is_told_with_its_state(port: int) -> None:
    with pytest.raises(grpc.RpcError) as error:
        create(connect(port), half=True)
    metadata = dict(error.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("id-1", ["not ready"])
    assert decode(detail.properties) == {"made": True}


def test_errors_for_the_user_are_bare_and_others_point_to_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    stub = connect(port)
    with pytest.raises(grpc.RpcError) as error:
        stub.Update(provider_pb2.UpdateRequest(urn=URN))
    assert error.value.details() == "updating Thing: not today"
    with pytest.raises(grpc.RpcError) as error:
        stub.Delete(provider_pb2.DeleteRequest(urn=URN))
    assert error.value.code() == grpc.StatusCode.INTERNAL
    assert "its log has the traceback" in error.value.details()
    assert "a fault of the provider" in caplog.text


def test_a_resource_that_is_gone_is_read_as_nothing(port: int) -> None:
    stub = connect(port)
    assert stub.Read(provider_pb2.ReadRequest(urn=URN, id="gone")).id == ""
    found = stub.Read(provider_pb2.ReadRequest(urn=URN, id="id-1"))
    assert decode(found.inputs) == {"a": 1}


def test_each_connection_is_a_provider_of_its_own(port: int) -> None:
    west, east = connect(port, "west"), connect(port, "east")
    assert decode(create(west).properties)["of"] == "west"
    assert decode(create(east).properties)["of"] == "east"


def test_cancellation_ends_the_waits_of_its_own_connection_only(things: Things, port: int) -> None:
    stub, other = connect(port), connect(port)
    waiting, going_on = creating(stub, wait=PATIENCE), creating(other, wait=1)
    assert things.begun.acquire(timeout=PATIENCE)
    assert things.begun.acquire(timeout=PATIENCE)
    stub.Cancel(empty_pb2.Empty())
    assert "cancelled" in waiting.exception().details()
    assert going_on.result().id == "id-1"
    assert things.cancelled.is_set()
    assert create(stub).id == "id-1", "a later update works again"


def test_an_engine_that_is_gone_ends_its_waits(things: Things, port: int) -> None:
    ended = threading.Event()
    pause = Things.create

    def watched(*arguments: Any) -> Any:
        try:
            return pause(things, *arguments)
        finally:
            ended.set()

    things.create = watched  # type: ignore[method-assign]
    call = creating(connect(port), wait=2 * PATIENCE)
    assert things.begun.acquire(timeout=PATIENCE)
    call.cancel()
    assert ended.wait(PATIENCE)


def test_a_status_is_shown_by_the_engine_that_attached(port: int) -> None:
    shown: list[Any] = []

    class Engine(engine_pb2_grpc.EngineServicer):
        def Log(self, request: Any, context: Any) -> Any:
            shown.append((request.urn, request.message, request.ephemeral))
            return empty_pb2.Empty()

    engine = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), engine)
    address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    stub = connect(port)
    stub.Attach(plugin_pb2.PluginAttach(address=address))
    create(stub)
    assert shown == [(URN, "waiting", True)]
    engine.stop(grace=0).wait()
    assert create(stub).id == "id-1", "an engine that is gone does not matter"
    stub.Attach(plugin_pb2.PluginAttach(address=""))


def test_an_engine_that_shakes_hands_is_told_of_no_special_values(port: int) -> None:
    answer = connect(port).Handshake(
        provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1")
    )
    assert not answer.accept_secrets
    assert not answer.accept_outputs
    assert connect(port).GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"


def test_a_taken_port_is_said(port: int, things: Things) -> None:
    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is taken"):
        server.start(things, port)


def test_a_name_too_long_is_refused_before_aws_does() -> None:
    with pytest.raises(server.ProviderError, match="give the resource a shorter name"):
        server.autoname(URN, b"1", most=10)


def test_engine_severities_are_those_of_the_protocol() -> None:
    for severity in server.Severity:
        assert engine_pb2.LogSeverity.Name(int(severity)) == severity.name
