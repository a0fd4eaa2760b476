"""gRPC server of the components for Pulumi engines; no other module here uses gRPC."""

# ruff: noqa: N802, ARG002 - the names and arguments are the protocol's

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from pulumi.runtime.settings import SETTINGS

from rehearsal.pulumi.own_user import AsyncOwnUser
from rehearsal.pulumi.providers.eks import VERSION
from rehearsal.pulumi.providers.eks.inputs import RefusedError
from rehearsal.pulumi.providers.eks.provider import EksProvider, register
from rehearsal.pulumi.providers.server.engines import Engines

_HOST = "127.0.0.1"
# Each child that is being created holds a thread until its provider is done, and asyncio's own
# default would let no more than six wait at a time on two cores.
_THREADS = 128
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_log = logging.getLogger(__name__)

Response = TypeVar("Response")


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """gRPC service for the protocol's calls that concern components, by the SDK's own servicer.

    The SDK keeps the settings of a program in context variables, and each call runs in a
    context of its own: calls that overlap, of one update or of several, do not disturb each
    other.
    """

    def __init__(self, provider: EksProvider) -> None:
        self.provider = provider
        self.engines = Engines()

    async def Handshake(self, request: Any, context: Any) -> Any:
        """Store the address of the engine; accept secrets, references and outputs as they are."""
        self.engines.connect(context.peer(), request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    async def Attach(self, request: Any, context: Any) -> Any:
        """Store the address of an engine that found this server running."""
        self.engines.connect(context.peer(), request.address)
        return empty_pb2.Empty()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return the version of pulumi-eks that this server stands for."""
        return plugin_pb2.PluginInfo(version=VERSION)

    async def GetSchema(self, request: Any, context: Any) -> Any:
        """Return an empty schema: programs bring pulumi-eks's SDK."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        """Accept any configuration: components read none."""
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        """Return no difference: a change of configuration changes nothing."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(self, request: Any, context: Any) -> Any:
        """Accept secrets, references and outputs as they are."""
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, acceptOutputs=True, supportsPreview=True
        )

    async def Construct(self, request: Any, context: Any) -> Any:
        """Build a component, whose children are registered with the calling engine."""
        told = f"{request.type} {request.name}"
        return await _answered(context, told, self._program(context)._construct(request, context))

    async def Call(self, request: Any, context: Any) -> Any:
        """Answer a method of a component."""
        return await _answered(context, request.tok, self._program(context)._call(request, context))

    async def Cancel(self, request: Any, context: Any) -> Any:
        """Do nothing: the engine ends what the children wait for."""
        return empty_pb2.Empty()

    def _program(self, context: Any) -> ProviderServicer:
        """Return the SDK's servicer for one call, since it knows one engine only."""
        return ProviderServicer(self.provider, [], self.engines.address(context.peer()))


async def _answered(context: Any, told: str, answer: Awaitable[Response]) -> Response:
    """Return an answer, or abort with its error as text."""
    started = time.monotonic()
    try:
        response = await answer
    except RefusedError as refused:
        _abandon()
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))
        raise
    except Exception as error:
        _abandon()
        _log.exception("%s", told)
        await context.abort(grpc.StatusCode.UNKNOWN, f"{told}: {_words(error)}")
        raise
    _log.info("%s: %.2f s", told, time.monotonic() - started)
    return response


def _abandon() -> None:
    """Cancel the outputs that this call still waits for: their children will never be made."""
    for task in list(SETTINGS.outputs):
        task.cancel()


def _told_already(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Hide the error of an output at debug level: its call has failed with the same error."""
    _log.debug("%s", context["message"])


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


async def start(port: int = 0) -> tuple[grpc.aio.Server, int]:
    """Start serving on the running event loop; return the server and the port it got.

    Raises:
        OSError: The port is taken.
    """
    register()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, "eks"))
    loop.set_exception_handler(_told_already)
    own = AsyncOwnUser()
    server = grpc.aio.server(interceptors=[own], options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(EksProvider()), server)
    try:
        bound = own.port = server.add_insecure_port(f"{_HOST}:{port}")
    except RuntimeError as error:
        raise OSError(f"eks provider: port {port} of {_HOST} is taken") from error
    await server.start()
    return server, bound


async def serve(port: int) -> None:
    """Serve on a loopback port until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    # Before the port is open, because whoever finds it open may end the server at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    server, _ = await start(port)
    await stopping.wait()
    await server.stop(grace=1)
