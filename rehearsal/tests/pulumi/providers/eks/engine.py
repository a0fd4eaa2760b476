"""A stand-in for the engine over real gRPC: it remembers what a provider registers with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from rehearsal.pulumi.providers.server.values import decode, encode
from tests.patience import PATIENCE

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
)
PROJECT = "urn:pulumi:test::project::"
STACK = f"{PROJECT}pulumi:pulumi:Stack::project-test"
REFERENCE = {"4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e"}


# Inputs of a cluster that managed node groups will join.
INPUTS = {
    "authenticationMode": "API",
    "skipDefaultNodeGroup": True,
    "createOidcProvider": False,
    "vpcId": "vpc-1",
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "version": "1.34",
}


class Child:
    """One resource that was registered."""

    def __init__(self, urn: str, request: resource_pb2.RegisterResourceRequest) -> None:
        self.urn = urn
        self.request = request
        self.type, self.name, self.parent = request.type, request.name, request.parent
        self.inputs = decode(request.object)
        self.outputs: dict[str, Any] = dict(self.inputs)

    @property
    def id(self) -> str:
        return f"id-of-{self.name}" if self.request.custom else ""

    @property
    def parent_name(self) -> str:
        return self.parent.rsplit("::", maxsplit=1)[-1]

    @property
    def depends_on(self) -> set[str]:
        return {urn.rsplit("::", maxsplit=1)[-1] for urn in self.request.dependencies}


class Engine(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """The engine of one update: its resource monitor and its log.

    Attributes:
        children: What was registered, by URN.
        invoked: The tokens of the functions that were called.
        refused: Names of resources that no provider can make.
    """

    def __init__(self) -> None:
        self.children: dict[str, Child] = {}
        self.invoked: list[str] = []
        self.refused: set[str] = set()
        self.preview = False
        self.lock = threading.Lock()

    def __getitem__(self, name: str) -> Child:
        """The one child of that name; `type name` where two share it."""
        type_, _, plain = name.rpartition(" ")
        [found] = [c for c in self.children.values() if c.name == plain and c.type.endswith(type_)]
        return found

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES)

    def Log(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def RegisterResource(self, request: Any, context: Any) -> Any:
        if request.name in self.refused:
            context.abort(grpc.StatusCode.UNKNOWN, f"{request.name}: no such thing can be made")
        child = Child(_urn(request), request)
        with self.lock:
            self.children[child.urn] = child
        answer = resource_pb2.RegisterResourceResponse(urn=child.urn)
        if request.custom:
            told = {} if self.preview else _computed(child)
            child.outputs |= told
            answer.id = "" if self.preview else child.id
            answer.object.CopyFrom(encode(child.outputs))
        return answer

    def _found(self, urn: str) -> dict[str, Any]:
        """A resource of this update, or a provider that the program made before."""
        child = self.children.get(urn)
        if child is None:
            assert "pulumi:providers:" in urn
            return {"urn": urn, "id": "id-of-provider", "state": {}}
        return {"urn": urn, "id": child.id, "state": child.outputs}

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        self.children[request.urn].outputs = json_format.MessageToDict(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        self.invoked.append(request.tok)
        args = decode(request.args)
        match request.tok:
            case "aws:index/getPartition:getPartition":
                result = {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com"}
            case "aws:eks/getAddonVersion:getAddonVersion":
                assert args["mostRecent"] is True, "pulumi-eks asks for nothing but the newest"
                result = args | {"version": f"v1-newest-of-{args['addonName']}"}
            case "pulumi:pulumi:getResource":
                result = self._found(args["urn"])
            case token:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, token)
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").update(result)
        return answer


def _urn(request: Any) -> str:
    parent = request.parent or STACK
    types = parent.split("::")[2]
    chain = "" if types == "pulumi:pulumi:Stack" else f"{types}$"
    return f"{PROJECT}{chain}{request.type}::{request.name}"


def _computed(child: Child) -> dict[str, Any]:
    """Return the outputs that AWS adds to a resource's inputs."""
    told: dict[str, Any] = {"arn": f"arn:aws:x:us-west-2:123456789012:{child.name}"}
    if child.type == "aws:eks/cluster:Cluster":
        told |= {
            "name": f"{child.name}-1234567",
            "version": child.inputs.get("version", "1.35"),
            "endpoint": "https://192.0.2.1",
            "certificateAuthority": {"data": "Q0E="},
            "identities": [{"oidcs": [{"issuer": "https://oidc.example/id/1"}]}],
            "vpcConfig": child.inputs["vpcConfig"] | {"clusterSecurityGroupId": "sg-of-eks"},
        }
    if child.type == "aws:iam/role:Role":
        told["name"] = f"{child.name}-1234567"
    if child.type == "aws:ec2/securityGroupRule:SecurityGroupRule":
        told["securityGroupRuleId"] = "sgr-1"
    if child.type == "aws:ec2/launchTemplate:LaunchTemplate":
        told["latestVersion"] = 1
    return told


class Update:
    """One update that a server takes part in: an engine, and the server as its provider."""

    def __init__(self, engine: Engine, address: str, port: int) -> None:
        self.engine = engine
        self.address = address
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.provider = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.provider.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=address))

    def construct(
        self, type_: str, name: str, inputs: dict[str, Any], /, **request: Any
    ) -> dict[str, Any]:
        """Has the server build a component; its state, references and all.

        Raises:
            grpc.RpcError: the server refused.
        """
        message = struct_pb2.Struct()
        message.update(inputs)
        answer = self.provider.Construct(
            provider_pb2.ConstructRequest(
                project="project",
                stack="test",
                type=type_,
                name=name,
                inputs=message,
                monitorEndpoint=self.address,
                dryRun=self.engine.preview,
                parent=STACK,
                parallel=16,
                **request,
            ),
            timeout=PATIENCE,
        )
        return dict(json_format.MessageToDict(answer.state))

    def call(self, token: str, args: dict[str, Any]) -> Any:
        """Has the server answer a method."""
        message = struct_pb2.Struct()
        message.update(args)
        answer = self.provider.Call(
            provider_pb2.CallRequest(
                tok=token,
                args=message,
                monitorEndpoint=self.address,
                project="project",
                stack="test",
            ),
            timeout=PATIENCE,
        )
        return decode(getattr(answer, "return"))["result"]

    def reference(self, name: str) -> dict[str, Any]:
        """A reference to a resource, as another's input."""
        child = self.engine[name]
        return REFERENCE | {"urn": child.urn, "id": child.id}


@contextmanager
def update(port: int) -> Iterator[Update]:
    """An update with an engine of its own, for the provider server on that port."""
    engine = Engine()
    server = grpc.server(ThreadPoolExecutor(64))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    one = Update(engine, address, port)
    yield one
    one.channel.close()
    server.stop(0)
