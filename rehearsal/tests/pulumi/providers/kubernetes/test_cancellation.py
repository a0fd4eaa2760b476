"""A wait ends at once when the engine cancels, and the object stays in the state."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from rehearsal.pulumi.providers.kubernetes.provider import KubernetesProvider
from rehearsal.pulumi.providers.server import start
from tests.patience import PATIENCE, until
from tests.pulumi.providers.kubernetes.fake_api import FakeApi

URN = "urn:pulumi:dev::project::kubernetes:batch/v1:Job::copy"
JOBS = "/apis/batch/v1/namespaces/default/jobs"


def struct(**values: Any) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


def job(name: str) -> struct_pb2.Struct:
    metadata = {"name": name, "namespace": "default"}
    return struct(apiVersion="batch/v1", kind="Job", metadata=metadata, spec={"parallelism": 1})


@pytest.fixture
def stub(api: FakeApi) -> Iterator[Any]:
    server, port = start(KubernetesProvider())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest(args=struct(kubeconfig=api.kubeconfig)))
        yield stub
    server.stop(None).wait()


def create(stub: Any, name: str) -> Any:
    return stub.Create(provider_pb2.CreateRequest(urn=URN, properties=job(name)))


def init_failed(error: grpc.RpcError) -> provider_pb2.ErrorResourceInitFailed:
    metadata: Any = error.trailing_metadata()  # type: ignore[attr-defined]  # a call's error
    status = status_pb2.Status.FromString(dict(metadata)["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    status.details[0].Unpack(detail)
    return detail


def test_a_cancelled_wait_ends_at_once_and_leaves_the_object_in_the_state(
    api: FakeApi, stub: Any
) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(create, stub, "copy")
        until(lambda: f"{JOBS}/copy" in api.objects)
        stub.Cancel(empty_pb2.Empty())
        with pytest.raises(grpc.RpcError) as error:
            waiting.result(PATIENCE)
    detail = init_failed(error.value)
    assert detail.id == "default/copy"
    assert "'copy' was cancelled while awaited" in detail.reasons


def test_the_server_goes_on_working_after_a_cancellation(api: FakeApi, stub: Any) -> None:
    stub.Cancel(empty_pb2.Empty())
    api.becomes(
        f"{JOBS}/next", {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    )
    assert create(stub, "next").id == "default/next"
