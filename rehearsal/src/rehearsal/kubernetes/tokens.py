"""Token webhook: the API server asks it about every bearer token that it does not know itself.

The reason for a refusal is logged, but not sent to the caller, who only gets status 401.
"""

from __future__ import annotations

import json
import logging
import ssl
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rehearsal.clients.aws import Cloud
from rehearsal.kubernetes.authenticator import Authenticator
from rehearsal.kubernetes.controllers.kube import Kube
from rehearsal.kubernetes.key_pairs import Pair
from rehearsal.kubernetes.presigned import RefusedError
from rehearsal.paths import HOST, Environment

log = logging.getLogger(__name__)

UserOf = Callable[[str], dict[str, Any]]

_POLL_SECONDS = 0.1
_IDLE_SECONDS = 120


def run(environment: Environment, stop: threading.Event) -> None:
    """Answer the API server's requests until `stop` is set."""
    # The cluster writes the keys while this process starts, the kubeconfig after all of them.
    while not environment.kubeconfig.exists():
        if stop.wait(_POLL_SECONDS):
            return
    authenticator = Authenticator(environment, Kube.of(environment), Cloud())
    context = ssl_context(environment)
    server = serve(environment.ports.token_webhook, authenticator.user_of, context)
    thread = threading.Thread(target=server.serve_forever, name="token-webhook", daemon=True)
    thread.start()
    stop.wait()
    server.shutdown()
    server.server_close()


def ssl_context(environment: Environment) -> ssl.SSLContext:
    """Return the server's side of TLS, which asks for a certificate of the cluster's authority."""
    pair = Pair(environment.pki, "token-webhook")
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(environment.certificate_authority)
    )
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def serve(port: int, user_of: UserOf, context: ssl.SSLContext) -> ThreadingHTTPServer:
    """Return a server of the webhook on a loopback port; it answers during `serve_forever`."""

    class Handler(_Handler):
        decide = staticmethod(user_of)

    server = _Server((HOST, port), Handler)
    server.daemon_threads = True
    # The handshake is left to the thread of the connection: a slow one holds nobody else up.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    return server


def answer(user: dict[str, Any] | None, refusal: str = "") -> dict[str, Any]:
    """Return a TokenReview with the user, or with the reason of a refusal."""
    status: dict[str, Any] = (
        {"authenticated": True, "user": user} if user else {"authenticated": False}
    )
    if refusal:
        status["error"] = refusal
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a connection that failed: one without the API server's certificate, or cut off."""
        error = sys.exception()
        if not isinstance(error, OSError):  # of which the errors of TLS are
            super().handle_error(request, client_address)
            return
        log.info("a connection from %s failed: %s", client_address[0], error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    decide: UserOf

    def do_POST(self) -> None:
        """Answer a TokenReview."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            bearer = json.loads(body)["spec"]["token"]
        except (ValueError, KeyError, TypeError):
            self._send(HTTPStatus.BAD_REQUEST, {"error": "not a TokenReview"})
            return
        try:
            review = answer(self.decide(bearer))
        except RefusedError as refusal:
            log.warning("a token is refused: %s", refusal)
            review = answer(None, str(refusal))
        except Exception:
            # The API server asks again when it gets a 500: the emulated AWS may still be starting.
            log.exception("it can't be said now whose a token is")
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "try again"})
            return
        self._send(HTTPStatus.OK, review)

    def _send(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Log nothing: a refusal is logged with its reason above, the rest needs no line."""
