"""Loopback proxy that answers for every chart repository with the stand-in charts.

The real Kubernetes provider downloads charts by itself. With the variables that `variables`
returns, its requests to any host come here, and none leaves this machine: the hosts' certificates
are signed by the environment's authority. So the program names the same repositories as on AWS.
"""

from __future__ import annotations

import re
import ssl
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from rehearsal import peers
from rehearsal.charts.repository import Answer, answer
from rehearsal.paths import HOST, Environment

_HOST_NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def variables(environment: Environment) -> dict[str, str]:
    """Return the variables by which a Go program asks this proxy for its charts."""
    return {
        "HTTPS_PROXY": f"http://{HOST}:{environment.ports.charts}",
        "NO_PROXY": f"{HOST},localhost",
        "SSL_CERT_FILE": str(environment.certificate_authority),
    }


def start(environment: Environment) -> ThreadingHTTPServer:
    """Start the proxy of an environment on a thread of this process."""

    class Handler(_Handler):
        def trusted(self, host: str) -> ssl.SSLContext:
            return _context(environment, host)

    server = _Server((HOST, environment.ports.charts), Handler)
    Thread(target=server.serve_forever, name="charts", daemon=True).start()
    return server


def _context(environment: Environment, host: str) -> ssl.SSLContext:
    """Return the context of a server of a host, with a certificate that is made for it."""
    from rehearsal.kubernetes import pki  # noqa: PLC0415 - few processes need its packages

    pair = pki.server_pair(environment, host)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


class _Server(ThreadingHTTPServer):
    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Serve the same user only: a certificate is made for any host that is asked for."""
        host, port = request.getsockname()
        return peers.is_own(client_address, (host, port))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def trusted(self, host: str) -> ssl.SSLContext:
        raise NotImplementedError

    def do_CONNECT(self) -> None:
        """Speak for the host that the client asks to be connected to."""
        host = self.path.rpartition(":")[0]
        if not _HOST_NAME.fullmatch(host):
            self.send_error(HTTPStatus.BAD_REQUEST, f"{host!r} is no host name")
            return
        self.send_response(HTTPStatus.OK)
        self.end_headers()
        self.connection = self.trusted(host).wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False  # the requests to the host follow, also those of HTTP/1.0

    def finish(self) -> None:
        """Close the connection to the client, which its host's context may have replaced."""
        super().finish()
        self.connection.close()

    def do_GET(self) -> None:
        """Answer with a file of the repository, or with a document of the registry."""
        found = answer(self.path)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND, "no stand-in chart has this address")
            return
        self._send(found)
        if self.command == "GET":
            self.wfile.write(found.body)

    def do_HEAD(self) -> None:
        """Answer like a GET, without the body."""
        self.do_GET()

    def _send(self, found: Answer) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", found.media_type)
        self.send_header("Content-Length", str(len(found.body)))
        self.send_header("Docker-Content-Digest", found.digest)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: the provider tells of what it cannot download."""
