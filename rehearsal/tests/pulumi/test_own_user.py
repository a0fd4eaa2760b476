"""gRPC servers, asked by a process of their own user and by one of another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from rehearsal import peers
from rehearsal.pulumi import own_user
from rehearsal.pulumi.own_user import AsyncOwnUser, OwnUser
from tests.patience import PATIENCE

KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class Echo(grpc.GenericRpcHandler):
    """Answers a method of each kind, named by the kind, with what it is asked."""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        kind = details.method.rpartition("/")[2]
        many_in, many_out = kind.split("_")
        make = getattr(grpc, f"{kind}_rpc_method_handler")

        def behaviour(request, context):
            asked = b"".join(request) if many_in == "stream" else request
            return iter([asked]) if many_out == "stream" else asked

        return make(behaviour)


@pytest.fixture
def port() -> Iterator[int]:
    own = OwnUser()
    server = grpc.server(ThreadPoolExecutor(2), interceptors=[own])
    server.add_generic_rpc_handlers((Echo(),))
    own.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield own.port
    server.stop(0).wait()


def ask(channel: grpc.Channel, kind: str) -> bytes:
    many_in, many_out = kind.split("_")
    request = iter([b"x"]) if many_in == "stream" else b"x"
    answer = getattr(channel, kind)(f"/test/{kind}")(request, timeout=PATIENCE)
    return b"".join(answer) if many_out == "stream" else answer


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_process_of_this_user_is_answered(
    port: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert ask(channel, kind) == b"x"
        monkeypatch.setattr(peers, "owner", lambda *_: 65534)
        with pytest.raises(grpc.RpcError, match="answers only the user who started it"):
            ask(channel, kind)


def test_a_caller_whom_the_kernel_does_not_name_is_refused(
    port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(peers, "owner", lambda *_: None)
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    with channel, pytest.raises(grpc.RpcError, match="PERMISSION_DENIED"):
        ask(channel, "unary_unary")
    assert "is not of this user: refused" in caplog.text


def test_a_server_on_an_event_loop_refuses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve_and_ask() -> list[bytes | grpc.StatusCode]:
        own = AsyncOwnUser()
        server = grpc.aio.server(interceptors=[own])
        echo = grpc.unary_unary_rpc_method_handler(_echo)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("test", {"echo": echo}),)
        )
        own.port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        answers: list[bytes | grpc.StatusCode] = []
        async with grpc.aio.insecure_channel(f"127.0.0.1:{own.port}") as channel:
            call = channel.unary_unary("/test/echo")
            answers.append(await call(b"x"))
            monkeypatch.setattr(peers, "owner", lambda *_: 65534)
            try:
                answers.append(await call(b"x"))
            except grpc.RpcError as error:
                answers.append(error.code())
        await server.stop(0)
        return answers

    assert asyncio.run(serve_and_ask()) == [b"x", grpc.StatusCode.PERMISSION_DENIED]


async def _echo(request: bytes, _: object) -> bytes:
    return request


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("ipv4:127.0.0.2:4000", ("127.0.0.2", 4000)),
        ("ipv6:%5B::ffff:127.0.0.1%5D:4000", ("127.0.0.1", 4000)),
        ("ipv6:[::ffff:127.0.0.1]:4000", ("127.0.0.1", 4000)),
    ],
)
def test_a_callers_address_is_read_from_grpcs_text(
    peer: str, client: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(peers, "is_own", lambda *addresses: asked.append(addresses) or True)
    assert own_user._is_own(peer, 5000)
    assert asked == [(client, ("127.0.0.1", 5000))]


@pytest.mark.parametrize("peer", ["unix:/tmp/socket", "", "ipv6:[::1]:4000"])
def test_a_caller_without_such_an_address_is_refused(peer: str) -> None:
    assert not own_user._is_own(peer, 5000)
