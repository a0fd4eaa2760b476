"""gRPC servers that answer only the processes of their own user.

Pulumi's engine connects to a provider's port without any credentials. A provider acts with the
rights of the user who runs it, so it answers no other user of the machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import grpc
import grpc.aio

from rehearsal import peers
from rehearsal.paths import HOST

log = logging.getLogger(__name__)

_REFUSED = "this server answers only the user who started it"
_KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class OwnUser(grpc.ServerInterceptor):  # type: ignore[type-arg]  # not generic when it runs
    """Interceptor of a server that runs on threads.

    `port` is set once the server has one; no call is answered before.
    """

    port = 0

    def intercept_service(self, continuation: Callable[..., Any], details: Any) -> Any:
        """Return the handler of a call, which asks first whose the connection is."""
        return _guarded(continuation(details), self._guard)

    def _guard(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def answer(request: Any, context: Any) -> Any:
            if not _is_own(context.peer(), self.port):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, _REFUSED)
            return behaviour(request, context)

        return answer


class AsyncOwnUser(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Interceptor of a server on an event loop, all of whose calls have one answer."""

    port = 0

    async def intercept_service(self, continuation: Callable[..., Any], details: Any) -> Any:
        """Return the handler of a call, which asks first whose the connection is."""
        return _guarded(await continuation(details), self._guard)

    def _guard(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        async def answer(request: Any, context: Any) -> Any:
            if not _is_own(context.peer(), self.port):
                await context.abort(grpc.StatusCode.PERMISSION_DENIED, _REFUSED)
            return await behaviour(request, context)

        return answer


def _guarded(handler: Any, guard: Callable[..., Any]) -> Any:
    """Return a handler whose one behaviour is guarded; None for a method that does not exist."""
    if handler is None:
        return None
    (kind,) = (one for one in _KINDS if getattr(handler, one))
    return handler._replace(**{kind: guard(getattr(handler, kind))})


def _is_own(peer: str, port: int) -> bool:
    """Return whether a caller, such as ipv4:127.0.0.1:4000, is a process of this user."""
    address, _, client_port = unquote(peer).rpartition(":")
    host = address.partition(":")[2].strip("[]").removeprefix("::ffff:")
    try:
        own = peers.is_own((host, int(client_port)), (HOST, port))
    except (OSError, ValueError):
        own = False
    if not own:
        log.warning("%s is not of this user: refused", peer)
    return own
