"""Engine that takes no time: it answers every registration of a program at once.

The program's process then waits for nothing, so that only its own CPU time is measured.
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
    """Engine that answers as a preview does.

    A resource gets its inputs back, and every output is unknown.
    """

    def __init__(self, invokes: dict[str, dict[str, object]]) -> None:
        self.invokes = invokes
        self.registered: Counter[str] = Counter()
        self.errors: list[str] = []
        self.transforms: list[tuple[callback_pb2_grpc.CallbacksStub, str]] = []

    def Log(  # noqa: N802
        self, request: engine_pb2.LogRequest, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Store error messages and ignore all others."""
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def SupportsFeature(  # noqa: N802
        self, request: resource.SupportsFeatureRequest, _: grpc.ServicerContext
    ) -> resource.SupportsFeatureResponse:
        """Accept the features of a real engine that the program needs."""
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
        """Return the resource's inputs after the program's own transforms."""
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
        """Store the address and token of a transform."""
        channel = grpc.insecure_channel(request.target)
        self.transforms.append((callback_pb2_grpc.CallbacksStub(channel), request.token))
        return empty_pb2.Empty()

    def RegisterResourceOutputs(  # noqa: N802
        self, _request: resource.RegisterResourceOutputsRequest, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Accept the outputs without storing them."""
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource.ResourceInvokeRequest, _: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Answer from the table `invokes`; an unknown function returns nothing."""
        answer = provider_pb2.InvokeResponse()
        # The field is named `return`, which Python cannot write.
        json_format.ParseDict(self.invokes.get(request.tok, {}), getattr(answer, "return"))
        return answer

    def SignalAndWaitForShutdown(  # noqa: N802
        self, _request: empty_pb2.Empty, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Let the program end at once."""
        return empty_pb2.Empty()


def serve(engine: InstantEngine) -> tuple[grpc.Server, str]:
    """Start the gRPC server; return it and its address."""
    # One thread for each resource that a program can register at once: each may wait for a
    # transform of the program, which itself waits for an answer of this server.
    server = grpc.server(futures.ThreadPoolExecutor(256))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"
