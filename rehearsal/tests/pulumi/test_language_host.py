"""The language host is started as the engine starts it, against a recording engine."""

import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    resource_pb2_grpc,
)
from pulumi.runtime.proto import resource_pb2 as resource

from rehearsal.paths import HOME_VARIABLE, binaries
from rehearsal.tools.build import LANGUAGE_HOST, write_language_host
from tests.patience import PATIENCE

ENDS_WITHIN = 60.0
"""Seconds until a process counts as one that does not end; far more than it takes."""


class RecordingEngine(engine_pb2_grpc.EngineServicer, resource_pb2_grpc.ResourceMonitorServicer):
    def __init__(self) -> None:
        self.errors: list[str] = []
        self.outputs: dict[str, object] = {}

    def Log(self, request, context):
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def SupportsFeature(self, request, context):
        return resource.SupportsFeatureResponse(hasSupport=False)

    def RegisterResource(self, request, context):
        urn = f"urn:pulumi:dev::tiny::{request.type}::{request.name}"
        return resource.RegisterResourceResponse(urn=urn, object=request.object)

    def RegisterResourceOutputs(self, request, context):
        self.outputs = dict(request.outputs.items())
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request, context):
        return empty_pb2.Empty()


@pytest.fixture
def engine() -> Iterator[tuple[RecordingEngine, str]]:
    recording = RecordingEngine()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(recording, server)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(recording, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield recording, f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def host(
    engine: tuple[RecordingEngine, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[subprocess.Popen[str], language_pb2_grpc.LanguageRuntimeStub]]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    binaries().mkdir(parents=True)
    write_language_host()
    process = subprocess.Popen(
        [binaries() / LANGUAGE_HOST, engine[1]],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # the engine gives each plugin a process group of its own
        env=os.environ | {"PYTHONPATH": str(tmp_path / "library")},
    )
    assert process.stdout
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield process, language_pb2_grpc.LanguageRuntimeStub(channel)
    process.terminate()
    assert process.wait(PATIENCE) == 0, "it ends quietly"
    process.stdout.close()


def wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + ENDS_WITHIN
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def run_request(folder: Path, program: str, address: str) -> language_pb2.RunRequest:
    (folder / "__main__.py").write_text(textwrap.dedent(program))
    return language_pb2.RunRequest(
        project="tiny",
        stack="dev",
        pwd=str(folder),
        config={"tiny:greeting": "hello"},
        parallel=2,
        monitor_address=address,
        info=language_pb2.ProgramInfo(
            root_directory=str(folder),
            program_directory=str(folder),
            entry_point=".",
            options=struct_pb2.Struct(),
        ),
    )


def test_a_program_reads_its_config_and_its_exports_reach_the_engine(
    tmp_path: Path, engine, host
) -> None:
    recording, address = engine
    program = """
        import pulumi
        pulumi.export("said", pulumi.Config().require("greeting"))
    """
    answer = host[1].Run(run_request(tmp_path, program, address))
    assert (answer.error, answer.bail) == ("", False)
    assert recording.outputs == {"said": "hello"}


def test_a_program_imports_the_libraries_of_its_user(tmp_path: Path, engine, host) -> None:
    recording, address = engine
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "theirs.py").write_text("NAME = 'theirs'")
    program = """
        import pulumi
        import theirs
        pulumi.export("said", theirs.NAME)
    """
    assert host[1].Run(run_request(tmp_path, program, address)).error == ""
    assert recording.outputs == {"said": "theirs"}


def test_a_program_has_what_a_rehearsal_adds_to_its_config_also_under_plain_pulumi(
    tmp_path: Path, engine, host
) -> None:
    recording, address = engine
    program = """
        import pulumi
        cluster = pulumi.Config("sample").require_object("cluster")
        pulumi.export("said", cluster)
    """
    request = run_request(tmp_path, program, address)
    request.config["sample:cluster"] = '{"version": "1.36"}'
    assert host[1].Run(request).error == ""
    said = recording.outputs["said"]
    assert dict(said) == {"version": "1.36", "publicAccessCidrs": ["192.31.196.1/32"]}


def test_a_run_error_is_reported_once_and_without_a_traceback(tmp_path: Path, engine, host) -> None:
    recording, address = engine
    program = """
        import pulumi
        raise pulumi.RunError("storage.backend: give efs or fsx")
    """
    answer = host[1].Run(run_request(tmp_path, program, address))
    assert answer.bail
    assert recording.errors == ["storage.backend: give efs or fsx"]


def test_any_other_failure_of_a_program_comes_with_its_traceback(
    tmp_path: Path, engine, host
) -> None:
    recording, address = engine
    answer = host[1].Run(run_request(tmp_path, "import nothing_of_this_name", address))
    assert answer.bail
    assert "nothing_of_this_name" in recording.errors[0]
    assert "__main__.py" in recording.errors[0], "the user must see which file"


def test_an_idle_host_ends_when_the_engine_interrupts_it(host) -> None:
    """The engine ends every plugin so, and waits five seconds for one that does not heed it."""
    process, _ = host
    process.send_signal(signal.SIGINT)
    assert process.wait(ENDS_WITHIN) == 0


def test_a_host_whose_program_has_ended_is_idle_again(tmp_path: Path, engine, host) -> None:
    process, stub = host
    stub.Run(run_request(tmp_path, "import pulumi", engine[1]))
    process.send_signal(signal.SIGINT)
    assert process.wait(ENDS_WITHIN) == 0


def test_a_ctrl_c_that_reaches_every_process_lets_the_program_come_to_its_end(
    tmp_path: Path, engine, host
) -> None:
    recording, address = engine
    process, stub = host
    program = """
        import pathlib, pulumi, time
        pathlib.Path("begun").touch()
        while not pathlib.Path("go-on").exists():
            time.sleep(0.01)
        pulumi.export("said", "done")
    """
    running = stub.Run.future(run_request(tmp_path, program, address))
    wait_until((tmp_path / "begun").exists)
    os.killpg(process.pid, signal.SIGINT)
    with pytest.raises(grpc.RpcError):  # it has taken note: it begins nothing new
        wait_until(lambda: stub.GetPluginInfo(empty_pb2.Empty()) is None)
    (tmp_path / "go-on").touch()
    answer = running.result(ENDS_WITHIN)
    assert (answer.error, answer.bail) == ("", False)
    assert recording.outputs == {"said": "done"}
    assert process.wait(ENDS_WITHIN) == 0, "its last program has ended"


def test_a_program_ends_with_a_host_that_is_told_to_end(tmp_path: Path, engine, host) -> None:
    process, stub = host
    program = """
        import pathlib, time
        pathlib.Path("begun").touch()
        time.sleep(600)
    """
    running = stub.Run.future(run_request(tmp_path, program, engine[1]))
    wait_until((tmp_path / "begun").exists)
    process.send_signal(signal.SIGINT)
    process.terminate()
    assert process.wait(ENDS_WITHIN) == 0
    assert running.exception(ENDS_WITHIN), "the engine hears that the program did not finish"
