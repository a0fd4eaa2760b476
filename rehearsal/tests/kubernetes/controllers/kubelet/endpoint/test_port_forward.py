"""Connections to a running pod's ports, with the streams of the API server."""

import socket
import socketserver
import threading

import pytest

PROTOCOL = "portforward.k8s.io"
ERROR, DATA = 1, 3


class _Shout(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            self.wfile.write(line.upper())


@pytest.fixture
def server():
    with socketserver.ThreadingTCPServer(("127.18.0.1", 0), _Shout) as one:
        one.daemon_threads = True
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one.server_address[1]
        one.shutdown()


def forward(served, port, request="0", first=ERROR):
    served.run()
    opened = served.streams("/portForward/team/load", PROTOCOL)
    assert b"101 Switching Protocols" in opened.head
    add(opened, port, request, first)
    return opened


def add(opened, port, request, first):
    for number, kind in ((first, "error"), (first + 2, "data")):
        opened.open(number, streamtype=kind, port=str(port), requestid=request)


def test_bytes_go_both_ways_on_each_connection_of_its_own(served, server):
    opened = forward(served, server)
    add(opened, server, "1", 5)
    opened.send(DATA, b"one\n")
    opened.send(7, b"two\n")
    opened.until(lambda: opened.received[DATA] and opened.received[7])
    assert (opened.received[DATA], opened.received[7]) == (b"ONE\n", b"TWO\n")
    opened.send(DATA, end=True)
    opened.until(lambda: {ERROR, DATA} <= opened.ended)
    assert opened.received[ERROR] == b""
    opened.send(7, b"three\n")
    opened.until(lambda: opened.received[7].endswith(b"THREE\n"))


def test_a_port_on_which_nothing_listens_is_an_error_of_that_connection(served):
    with socket.socket() as free:
        free.bind(("127.18.0.1", 0))
        port = free.getsockname()[1]
    opened = forward(served, port)
    opened.until(lambda: {ERROR, DATA} <= opened.ended)
    said = f"error forwarding port {port} to pod team/load: "
    assert opened.received[ERROR].decode().startswith(said)
    assert opened.received[DATA] == b""
