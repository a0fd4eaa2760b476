"""Start the emulated AWS on a loopback port.

moto keeps its backends in the process. Therefore a process has one emulated account, however often
the server is started.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from rehearsal.aws import extension
from rehearsal.aws.api_faults import ApiFaults
from rehearsal.aws.application import Application
from rehearsal.aws.eks import control_plane
from rehearsal.aws.snapshot import Account
from rehearsal.credentials import Credentials
from rehearsal.faults import active
from rehearsal.paths import HOST, Environment


class _QuietRequestHandler(MotoRequestHandler):
    """Request handler without an access log, because an update makes thousands of calls."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@dataclass
class Handle:
    """A running emulated AWS."""

    url: str
    environment: Environment | None
    credentials: Credentials
    application: Application
    _server: BaseWSGIServer
    _thread: threading.Thread

    def save(self) -> None:
        """Save the whole account, between two requests.

        Raises:
            StoreError: The disk is full or fails.
        """
        with self.application.between_requests:
            if self.application.account:
                self.application.account.save_all()

    def reset(self) -> None:
        """Empty the account."""
        with self.application.between_requests:
            self.application.clear()

    def stop(self) -> None:
        """Stop the server; the account stays in memory until a reset or the end of the process."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def start(
    port: int = 0,
    environment: Environment | None = None,
    credentials: Credentials | None = None,
) -> Handle:
    """Serve the emulated AWS on a loopback port, in a thread of this process.

    Args:
        port: TCP port; 0 selects a free one.
        environment: Environment with the account's file and the Kubernetes API of the
            emulated EKS. Without one, the account is not saved, and a cluster's endpoint is well
            formed but leads nowhere.
        credentials: Keys of the account's user and the admin token, if there is no environment;
            random ones by default.

    Raises:
        StoreError: The account's file cannot be read.
    """
    extension.install()
    control_plane.serve_for(environment)
    active.follow(environment)
    own = environment.credentials if environment else credentials or Credentials.random()
    application = Application(Account(environment.account) if environment else None, own)
    server = make_server(
        HOST, port, ApiFaults(application), threaded=True, request_handler=_QuietRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, name="cloud", daemon=True)
    thread.start()
    url = f"http://{HOST}:{server.server_port}"
    return Handle(url, environment, own, application, server, thread)
