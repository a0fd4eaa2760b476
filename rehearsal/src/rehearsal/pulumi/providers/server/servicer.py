"""gRPC server that serves a provider to Pulumi engines."""

# ruff: noqa: N802, ARG002 - the names and arguments are the protocol's

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from threading import Event
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from rehearsal.pulumi.own_user import OwnUser
from rehearsal.pulumi.providers.server.engines import Engines
from rehearsal.pulumi.providers.server.operation import Operations
from rehearsal.pulumi.providers.server.provider import (
    Difference,
    Failure,
    Partial,
    ProviderError,
    ResourceProvider,
    urn_type,
)
from rehearsal.pulumi.providers.server.values import decode, encode

_HOST = "127.0.0.1"
# Creates that wait each hold a thread; threads are made only when they are needed.
_THREADS = 128
_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),  # else a second server shares the port and takes half the calls
]
_log = logging.getLogger(__name__)

Handler = TypeVar("Handler", bound=Callable[..., Any])


def serve(provider: ResourceProvider, port: int) -> None:
    """Serve the provider on a loopback port until SIGTERM or SIGINT."""
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    server, _ = start(provider, port)
    stopping.wait()
    server.stop(grace=1).wait()


def start(provider: ResourceProvider, port: int = 0) -> tuple[grpc.Server, int]:
    """Start serving on threads of this process; return the server and the port it got.

    Raises:
        OSError: The port is taken.
    """
    own = OwnUser()
    pool = ThreadPoolExecutor(_THREADS, provider.name)
    server = grpc.server(pool, interceptors=[own], options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    try:
        bound = own.port = server.add_insecure_port(f"{_HOST}:{port}")
    except RuntimeError as error:
        raise OSError(f"{provider.name} provider: port {port} of {_HOST} is taken") from error
    server.start()
    return server, bound


def _answered(handler: Handler) -> Handler:
    """Run a handler as an operation of its instance, and turn its errors into gRPC's."""

    @wraps(handler)
    def answer(self: Servicer, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            with self.operations.running(context.peer(), context):
                return handler(self, request, context)
        except Partial as partial:
            _abort_partial(context, partial)
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            _log.exception("%s %s", handler.__name__, getattr(request, "urn", ""))
            kind = type(error).__name__
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"the rehearsal's {self.provider.name} provider failed ({kind}: {error}); "
                "its log has the traceback",
            )

    return answer  # type: ignore[return-value]  # wraps keeps the handler's signature


def _abort_partial(context: grpc.ServicerContext, partial: Partial) -> NoReturn:
    """Abort with the state of the unfinished resource, in the metadata that the engine reads."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=partial.id,
        properties=encode(partial.outputs),
        reasons=partial.reasons,
        inputs=None if partial.inputs is None else encode(partial.inputs),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(partial))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(partial))


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """gRPC service that passes each call of the protocol to the provider's method of that name."""

    def __init__(self, provider: ResourceProvider) -> None:
        self.provider = provider
        self.operations = Operations()
        self.engines = Engines()
        provider.log = self.engines.log

    def Handshake(self, request: Any, context: Any) -> Any:
        """Store the address of the engine."""
        self.engines.connect(context.peer(), request.engine_address)
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        """Store the address of an engine that found this server running."""
        self.engines.connect(context.peer(), request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return the version of the provider that this one stands for."""
        return plugin_pb2.PluginInfo(version=self.provider.version)

    def GetMapping(self, request: Any, context: Any) -> Any:
        """Return no mapping from another ecosystem."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> Any:
        """Return no mappings from other ecosystems."""
        return provider_pb2.GetMappingsResponse()

    @_answered
    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Check a provider's own configuration."""
        checked = self.provider.check_config(
            request.urn, decode(request.olds), decode(request.news)
        )
        return _check_response(checked.inputs, checked.failures)

    @_answered
    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Compare a provider's own configurations."""
        olds = decode(request.old_inputs) or decode(request.olds)
        difference = self.provider.diff_config(request.urn, olds, decode(request.news))
        return _diff_response(difference)

    @_answered
    def Configure(self, request: Any, context: Any) -> Any:
        """Configure this connection's instance."""
        inputs = decode(request.args)
        self.provider.configure(context.peer(), inputs)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_answered
    def Check(self, request: Any, context: Any) -> Any:
        """Check a resource's inputs."""
        checked = self.provider.check(
            context.peer(),
            request.urn,
            request.type or urn_type(request.urn),
            decode(request.olds),
            decode(request.news),
            request.randomSeed,
        )
        return _check_response(checked.inputs, checked.failures)

    @_answered
    def Diff(self, request: Any, context: Any) -> Any:
        """Compare a resource's inputs with its state."""
        difference = self.provider.diff(
            context.peer(),
            request.urn,
            request.type or urn_type(request.urn),
            request.id,
            decode(request.old_inputs),
            decode(request.olds),
            decode(request.news),
            list(request.ignoreChanges),
        )
        return _diff_response(difference)

    @_answered
    def Create(self, request: Any, context: Any) -> Any:
        """Create a resource."""
        id_, outputs = self.provider.create(
            context.peer(),
            request.urn,
            request.type or urn_type(request.urn),
            decode(request.properties),
            request.timeout,
            request.preview,
        )
        return provider_pb2.CreateResponse(id=id_, properties=encode(outputs))

    @_answered
    def Read(self, request: Any, context: Any) -> Any:
        """Read a resource's real state."""
        id_, inputs, outputs = self.provider.read(
            context.peer(),
            request.urn,
            request.type or urn_type(request.urn),
            request.id,
            decode(request.inputs),
            decode(request.properties),
        )
        if id_ is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=id_, inputs=encode(inputs), properties=encode(outputs))

    @_answered
    def Update(self, request: Any, context: Any) -> Any:
        """Update a resource in place."""
        outputs = self.provider.update(
            context.peer(),
            request.urn,
            request.type or urn_type(request.urn),
            request.id,
            decode(request.old_inputs),
            decode(request.olds),
            decode(request.news),
            request.timeout,
            request.preview,
        )
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    @_answered
    def Delete(self, request: Any, context: Any) -> Any:
        """Delete a resource."""
        self.provider.delete(
            context.peer(),
            request.urn,
            request.type or urn_type(request.urn),
            request.id,
            decode(request.old_inputs),
            decode(request.properties),
            request.timeout,
        )
        return empty_pb2.Empty()

    @_answered
    def Invoke(self, request: Any, context: Any) -> Any:
        """Call a function."""
        result, failures = self.provider.invoke(context.peer(), request.tok, decode(request.args))
        response = provider_pb2.InvokeResponse(failures=_failures(failures))
        getattr(response, "return").CopyFrom(encode(result))  # a keyword of Python's
        return response

    def Cancel(self, request: Any, context: Any) -> Any:
        """End the waits of this connection's operations."""
        self.operations.cancel(context.peer())
        self.provider.cancel()
        return empty_pb2.Empty()


def _failures(failures: list[Failure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures]


def _check_response(inputs: dict[str, Any], failures: list[Failure]) -> provider_pb2.CheckResponse:
    return provider_pb2.CheckResponse(inputs=encode(inputs), failures=_failures(failures))


def _diff_response(difference: Difference) -> provider_pb2.DiffResponse:
    some = provider_pb2.DiffResponse.DIFF_SOME
    response = provider_pb2.DiffResponse(
        changes=some if difference.changes else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=difference.replaces,
        diffs=difference.changed,
        deleteBeforeReplace=difference.delete_before_replace,
        hasDetailedDiff=bool(difference.detailed),
    )
    for path, kind in difference.detailed.items():
        entry = response.detailedDiff[path]
        entry.kind = provider_pb2.PropertyDiff.Kind.Value(kind.replace("-", "_").upper())
        entry.inputDiff = True
    return response
