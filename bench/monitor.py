"""An engine that takes no time: it answers every registration of a program at once.

The program's process then waits for nobody, and its own CPU time is what remains.
"""

from __future__ import annotations

from collections import Counter
from concurrent import futures

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    callback_pb2,
    callback_pb2_grpc,
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    resource_pb2_grpc,
)
from pulumi.runtime.proto import resource_pb2 as resource

ACCEPTED = {
    "secrets",
    "outputValues",
    "aliasSpecs",
    "deletedWith",
    "transforms",
    "invokeTransforms",
    "replaceWith",
}


class InstantEngine(engine_pb2_grpc.EngineServicer, resource_pb2_grpc.ResourceMonitorServicer):
    """Plans everything: each resource gets its inputs back, and every output is unknown."""

    def __init__(self, invokes: dict[str, dict[str, object]]) -> None:
        self.invokes = invokes
        self.registered: Counter[str] = Counter()
        self.errors: list[str] = []
        self.transforms: list[tuple[callback_pb2_grpc.CallbacksStub, str]] = []

    def Log(  # noqa: N802
        self, request: engine_pb2.LogRequest, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Keep the errors."""
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def SupportsFeature(  # noqa: N802
        self, request: resource.SupportsFeatureRequest, _: grpc.ServicerContext
    ) -> resource.SupportsFeatureResponse:
        """What a real engine accepts, as far as a program needs it."""
        return resource.SupportsFeatureResponse(hasSupport=request.id in ACCEPTED)

    def RegisterResource(  # noqa: N802
        self, request: resource.RegisterResourceRequest, _: grpc.ServicerContext
    ) -> resource.RegisterResourceResponse:
        """Answer as a preview does."""
        self.registered[request.type] += 1
        planned = self.transformed(request)
        return resource.RegisterResourceResponse(
            urn=f"urn:pulumi:bench::bench::{request.type}::{request.name}",
            id=rpc.UNKNOWN if request.custom else "",
            object=planned,
        )

    def transformed(self, request: resource.RegisterResourceRequest) -> struct_pb2.Struct:
        """The resource's inputs after the program's own transforms, each a call back to it."""
        properties = request.object
        for callbacks, token in self.transforms:
            asked = resource.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=properties,
            )
            answer = callbacks.Invoke(
                callback_pb2.CallbackInvokeRequest(token=token, request=asked.SerializeToString())
            )
            properties = resource.TransformResponse.FromString(answer.response).properties
        return properties

    def RegisterStackTransform(  # noqa: N802
        self, request: callback_pb2.Callback, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Keep where to call."""
        channel = grpc.insecure_channel(request.target)
        self.transforms.append((callback_pb2_grpc.CallbacksStub(channel), request.token))
        return empty_pb2.Empty()

    def RegisterResourceOutputs(  # noqa: N802
        self, _request: resource.RegisterResourceOutputsRequest, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Nothing is kept."""
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource.ResourceInvokeRequest, _: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Answer from the table."""
        answer = provider_pb2.InvokeResponse()
        # The field is named `return`, which Python cannot write.
        json_format.ParseDict(self.invokes.get(request.tok, {}), getattr(answer, "return"))
        return answer

    def SignalAndWaitForShutdown(  # noqa: N802
        self, _request: empty_pb2.Empty, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """The program may end."""
        return empty_pb2.Empty()


def serve(engine: InstantEngine) -> tuple[grpc.Server, str]:
    """Start to serve; give the server and its address."""
    # As many as a program can register at once: each may wait for a transform of the program,
    # which itself waits for an answer of ours.
    server = grpc.server(futures.ThreadPoolExecutor(256))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"
