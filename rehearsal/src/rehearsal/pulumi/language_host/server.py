"""Server that answers the engine, and runs the program in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2 as language
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

from rehearsal.pulumi.language_host.config import added, completed
from rehearsal.pulumi.language_host.program import ALREADY_REPORTED
from rehearsal.pulumi.own_user import OwnUser

PROGRAM = Path(__file__).with_name("program.py")
ORPHAN_POLL_SECONDS = 1.0
IDLE_POLL_SECONDS = 0.1


class PythonHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Pulumi's LanguageRuntime service; only the method that runs a program does much."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.running: subprocess.Popen[str] | None = None

    def Handshake(  # noqa: N802
        self, request: language.LanguageHandshakeRequest, _: grpc.ServicerContext
    ) -> language.LanguageHandshakeResponse:
        """Store the engine's address, which an older engine gives as an argument only."""
        self.engine = request.engine_address or self.engine
        return language.LanguageHandshakeResponse()

    def GetPluginInfo(  # noqa: N802
        self, _request: empty_pb2.Empty, _: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Return the version of the SDK that programs run with."""
        from importlib import metadata  # noqa: PLC0415 - an eighth of a start

        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(  # noqa: N802
        self, _request: language.GetRequiredPackagesRequest, _: grpc.ServicerContext
    ) -> language.GetRequiredPackagesResponse:
        """Return no packages: the rehearsal attaches its providers, so nothing is downloaded."""
        return language.GetRequiredPackagesResponse()

    def About(  # noqa: N802
        self, _request: language.AboutRequest, _: grpc.ServicerContext
    ) -> language.AboutResponse:
        """Return the interpreter and its version, for `pulumi about`."""
        return language.AboutResponse(executable=sys.executable, version=platform.python_version())

    def GetProgramDependencies(  # noqa: N802
        self, request: language.GetProgramDependenciesRequest, _: grpc.ServicerContext
    ) -> language.GetProgramDependenciesResponse:
        """Return the installed packages, for `pulumi about`; by default only Pulumi's."""
        from importlib import metadata  # noqa: PLC0415

        return language.GetProgramDependenciesResponse(
            dependencies=[
                language.DependencyInfo(name=one.name, version=one.version)
                for one in metadata.distributions()
                if request.transitiveDependencies or one.name.startswith("pulumi")
            ]
        )

    def InstallDependencies(  # noqa: N802
        self, request: language.InstallDependenciesRequest, _: grpc.ServicerContext
    ) -> Iterator[language.InstallDependenciesResponse]:
        """Install requirements.txt into this interpreter, for `pulumi install`."""
        requirements = Path(request.info.program_directory) / "requirements.txt"
        pip = [sys.executable, "-m", "pip", "install", "-r", str(requirements)]
        done = subprocess.run(pip, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        yield language.InstallDependenciesResponse(stdout=done.stdout)

    def Run(  # noqa: N802
        self, request: language.RunRequest, _: grpc.ServicerContext
    ) -> language.RunResponse:
        """Run a program in a process of its own, and return how it ended."""
        self.running = program = subprocess.Popen(
            [interpreter(request.info), "-u", str(PROGRAM)],
            cwd=request.pwd or request.info.program_directory,
            stdin=subprocess.PIPE,
            text=True,
        )
        program.communicate(json.dumps(description(request, self.engine)))
        status = program.returncode
        if status == ALREADY_REPORTED:
            return language.RunResponse(bail=True)
        if status != 0:
            return language.RunResponse(error=f"the program ended with exit status {status}")
        return language.RunResponse()

    def Cancel(  # noqa: N802
        self, _request: empty_pb2.Empty, _: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """End the program."""
        self.stop()
        return empty_pb2.Empty()

    def stop(self) -> None:
        """End the program if it runs."""
        if self.running and self.running.poll() is None:
            self.running.terminate()


def interpreter(info: language.ProgramInfo) -> str:
    """Return the Python of the project's `virtualenv` option if it exists, else this one."""
    options = dict(info.options.items())
    if name := options.get("virtualenv"):
        found = Path(info.root_directory) / str(name) / "bin" / "python"
        if found.exists():
            return str(found)
    return sys.executable


def description(request: language.RunRequest, engine: str) -> dict[str, object]:
    """Return what the program's process must know, as one document.

    It goes through standard input, because the configuration can be longer than a variable may be.
    """
    return {
        "config": completed(request.config, added()),
        "config_secret_keys": list(request.configSecretKeys),
        "project": request.project,
        "stack": request.stack,
        "organization": request.organization or "organization",
        "root_directory": request.info.root_directory,
        "entry_point": str(Path(request.info.program_directory, request.info.entry_point)),
        "monitor": request.monitor_address,
        "engine": engine,
        "parallel": request.parallel,
        "dry_run": request.dryRun,
    }


class StopSignals:
    """Events that end a host: a signal, or the end of the engine that started it."""

    def __init__(self) -> None:
        self.engine = os.getppid()
        self.interrupted = threading.Event()
        self.terminated = threading.Event()
        signal.signal(signal.SIGINT, lambda *_: self.interrupted.set())
        signal.signal(signal.SIGTERM, lambda *_: self.terminate())

    def terminate(self) -> None:
        """Record that the host must end at once."""
        self.terminated.set()
        self.interrupted.set()  # which is waited for first

    @property
    def at_once(self) -> bool:
        """True if the host must not wait for anything: it is told to end, or the engine is gone."""
        return self.terminated.is_set() or os.getppid() != self.engine


def serve_until_stopped(server: grpc.Server, host: PythonHost, signals: StopSignals) -> None:
    """Serve until the engine ends this host.

    The engine ends a plugin with SIGINT, and waits five seconds for it. A Ctrl-C at a terminal may
    arrive as the same signal while a program runs: the engine handles that one, by cancelling the
    update, so the program may come to its end first.
    """
    while not signals.at_once and not signals.interrupted.wait(ORPHAN_POLL_SECONDS):
        pass
    idle = server.stop(grace=threading.TIMEOUT_MAX)  # new calls are refused from here on
    while not signals.at_once and not idle.wait(IDLE_POLL_SECONDS):
        pass
    host.stop()
    server.stop(grace=None)


def main() -> None:
    """Serve until the engine ends this host."""
    host = PythonHost(sys.argv[-1])
    own = OwnUser()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), interceptors=[own])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = own.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    signals = StopSignals()
    print(port, flush=True)
    serve_until_stopped(server, host, signals)
