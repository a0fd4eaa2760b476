"""Kubelet endpoint for the logs of containers, which answers `kubectl logs`.

The API server asks the kubelet of a pod's node, at the address and port in the node's status. Every
node here names this server there, once it has a pod that runs. The server answers
`/containerLogs/NAMESPACE/POD/CONTAINER` with `follow`, `tailLines` and `limitBytes`, and nothing
else that a kubelet serves: no exec, no port-forward.
https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from rehearsal import logs
from rehearsal.kubernetes.controllers.kube import Object
from rehearsal.kubernetes.key_pairs import Pair
from rehearsal.paths import HOST, Environment

NAME = "localhost"
ADDRESS_TYPE = "ExternalDNS"
"""Type of the node's address at which the API server reaches its kubelet."""

Runs = Callable[[str, str, str], bool]
"""Function that returns True while a container (namespace, pod, name) runs and may log more."""

_FOLLOW_SECONDS = 0.2
_CHUNK = 64 * 1024


class LogServer:
    """Server of an environment's pod logs, on a free loopback port, for its API server only."""

    def __init__(self, environment: Environment, runs: Runs) -> None:
        class Handler(_Handler):
            of = environment
            running = staticmethod(runs)

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        # The handshake is left to the thread of the connection: a slow one holds nobody else up.
        self._server.socket = _context(environment).wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Port that it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Start to answer requests."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the server; a request that follows a log is broken off."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def told(node: Object, port: int) -> Object | None:
    """Return the change to a node's status that leads the API server here; None if it is made."""
    status = node.get("status", {})
    others = [one for one in status.get("addresses", []) if one["type"] != ADDRESS_TYPE]
    wanted = {
        "addresses": [*others, {"type": ADDRESS_TYPE, "address": NAME}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    return None if all(status.get(name) == wanted[name] for name in wanted) else wanted


def text(log: Path, tail_lines: int | None, follow: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the content of a log, and what is added to it while `follow` returns True."""
    with log.open("rb") as file:
        if tail_lines is not None:
            file.seek(_tail(file, tail_lines))
        while True:
            more = follow()  # asked first, so that nothing written before its end is missed
            while chunk := file.read(_CHUNK):
                yield chunk
            if not more:
                return
            time.sleep(_FOLLOW_SECONDS)


def _tail(file: BinaryIO, lines: int) -> int:
    """Return the offset at which the last `lines` lines of a file begin."""
    content = file.read()
    begin = len(content)
    for _ in range(lines + (not content.endswith(b"\n"))):
        found = content.rfind(b"\n", 0, max(0, begin - 1))
        begin = found + 1
        if found < 0:
            return 0
    return begin if lines else len(content)


def _context(environment: Environment) -> ssl.SSLContext:
    pair = Pair(environment.pki, "kubelet")
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(environment.certificate_authority)
    )
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pair.certificate, pair.key)
    return context


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    of: Environment
    running: Runs

    def do_GET(self) -> None:
        """Answer a request for a log; refuse everything else that a kubelet serves."""
        url = urlsplit(self.path)
        _, what, *names = map(unquote, url.path.split("/"))
        if what != "containerLogs" or len(names) != 3 or any(".." in name for name in names):
            self._refuse(HTTPStatus.NOT_FOUND, "a rehearsal's kubelet has the logs of pods only")
            return
        log = logs.pod_folder(self.of, *names[:2]) / f"{names[2]}.log"
        if not log.is_file():
            said = f"container {names[2]} of {names[0]}/{names[1]} does not run in this rehearsal"
            self._refuse(HTTPStatus.NOT_FOUND, said)
            return
        asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        follows = asked.get("follow") == "true"
        tail = int(asked["tailLines"]) if "tailLines" in asked else None
        self._send(text(log, tail, lambda: follows and self.running(*names)), asked)

    do_POST = do_GET  # noqa: N815 - how the base class finds it; exec and port-forward are posted

    def _send(self, chunks: Iterator[bytes], asked: dict[str, str]) -> None:
        left = int(asked.get("limitBytes", 2**63))
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            part, left = chunk[:left], left - len(chunk)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            if left <= 0:
                break
        self.wfile.write(b"0\r\n\r\n")

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        body = f"{message}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Log nothing: requests for logs need no line of their own."""
