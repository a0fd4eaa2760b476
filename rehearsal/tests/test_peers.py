"""The owner of the other end of a loopback connection."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rehearsal import peers
from tests.patience import PATIENCE, until

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
# A client that prints its port, and then waits until its input is closed.
CLIENT = (
    "import os, socket, sys\n"
    "os.setuid(int(sys.argv[1]))\n"
    "made = socket.socket()\n"
    "made.connect((b'127.0.0.1', int(sys.argv[2])))\n"
    "print(made.getsockname()[1], flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture(params=["kernel", "tables"])
def server(request, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A listening socket; the kernel is asked for one socket, or only has its tables."""

    def unknown(*_: object) -> None:
        raise OSError("no such question")

    if request.param == "tables":
        monkeypatch.setattr(peers, "_ask_kernel", unknown)
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(PATIENCE)
        yield made


def client_of(uid: int, server: socket.socket) -> subprocess.Popen[str]:
    command = [sys.executable, "-IS", "-c", CLIENT, str(uid), str(server.getsockname()[1])]
    return subprocess.Popen(command, stdin=-1, stdout=-1, text=True)


def test_a_client_of_this_process_is_its_own(server: socket.socket) -> None:
    with socket.create_connection(server.getsockname()) as client:
        assert peers.is_own(client.getsockname(), server.getsockname())
        assert peers.owner(client.getsockname(), ("127.0.0.1", 1)) is None


def test_a_client_over_ipv6_is_known_too(server: socket.socket) -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", server.getsockname()[1]))
        own = ("127.0.0.1", client.getsockname()[1])
        assert peers.is_own(own, server.getsockname())


@as_root
def test_a_client_of_another_user_is_told_by_its_uid(server: socket.socket) -> None:
    with client_of(NOBODY, server) as process:
        made, address = server.accept()
        with made:
            assert peers.owner(address, server.getsockname()) == NOBODY
            assert not peers.is_own(address, server.getsockname())
            process.communicate()
            until(lambda: peers.owner(address, server.getsockname()) is None)


def test_a_socket_that_was_closed_has_no_owner(server: socket.socket) -> None:
    """The kernel names root for it: a request that was left behind is not root's."""
    client = socket.create_connection(server.getsockname())
    address = client.getsockname()
    made, _ = server.accept()
    with made:
        client.close()
        assert peers.owner(address, server.getsockname()) is None


def test_the_server_at_a_port_is_known_by_its_owner(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert peers.is_own_server(server.getsockname())
    with socket.create_connection(server.getsockname()) as client:
        assert peers.is_own_server(server.getsockname())
        assert not peers.is_own_server(client.getsockname())
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    assert not peers.is_own_server(server.getsockname()), "a port that another user has taken"


def test_a_server_on_an_ipv6_socket_is_known_too() -> None:
    """As gRPC makes it."""
    with socket.socket(socket.AF_INET6) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("::ffff:127.0.0.1", 0))
        server.listen()
        assert peers.is_own_server(("127.0.0.1", server.getsockname()[1]))


def test_the_listening_socket_is_not_taken_for_a_client(server: socket.socket) -> None:
    assert peers.owner(("127.0.0.1", 1), server.getsockname()) is None
    assert peers.owner(server.getsockname(), ("127.0.0.1", 1)) is None
