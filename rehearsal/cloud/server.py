"""Starts the emulated AWS on a loopback port.

moto keeps its backends in the process, so a process has one emulated account, however often it
is started.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from rehearsal.places import ACCOUNT_ID, HOST, World

from . import backends, extension, snapshot
from .application import Application
from .eks import control_plane


class _QuietRequestHandler(MotoRequestHandler):
    """An update makes thousands of calls; a line for each would hide the lines that matter."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Logs nothing."""


@dataclass
class Handle:
    """A running emulated AWS."""

    url: str
    world: World | None
    application: Application
    _server: BaseWSGIServer
    _thread: threading.Thread

    def save(self) -> None:
        """Writes the account to the world's snapshot, once no request is half done."""
        if self.world:
            with self.application.between_requests:
                snapshot.save(self.world.cloud_snapshot)

    def reset(self) -> None:
        """Empties the account, as if it were new."""
        with self.application.between_requests:
            backends.clear()

    def stop(self) -> None:
        """Stops serving. The account stays in memory until the process ends or it is reset."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def start(port: int = 0, world: World | None = None) -> Handle:
    """Serves the emulated AWS on a loopback port, from a thread of this process.

    Args:
        port: A TCP port; 0 takes a free one.
        world: The world whose snapshot holds the account and whose Kubernetes API the emulated
            EKS stands for. Without one the account is not saved, and a cluster's endpoint is
            well formed but leads nowhere.

    Raises:
        snapshot.SnapshotError: The world's snapshot can't be read.
    """
    # So that moto need not look every access key up in the IAM of every partition.
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
    extension.install()
    control_plane.serve_for(world)
    if world and world.cloud_snapshot.exists():
        snapshot.load(world.cloud_snapshot)
    application = Application(world.cloud_snapshot if world else None)
    server = make_server(
        HOST, port, application, threaded=True, request_handler=_QuietRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, name="cloud", daemon=True)
    thread.start()
    return Handle(f"http://{HOST}:{server.server_port}", world, application, server, thread)
