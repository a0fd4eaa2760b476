"""One command in a container, with the streams of `kubectl exec`.

It runs like the container's own process: with its variables, working directory and credentials, and
with the paths of its mounts in the command translated to this machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import termios
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any

from rehearsal.kubernetes.controllers.kubelet.containers import RunSpec
from rehearsal.kubernetes.controllers.kubelet.endpoint.spdy import Stream
from rehearsal.processes import sessions

PROTOCOL = "v4.channel.k8s.io"

Streams = Mapping[str, Stream]
"""Streams of one command: error, and those of stdin, stdout, stderr and resize asked for."""

_RUNS_SECONDS = 0.5
_OUTPUT_SECONDS = 2.0  # for the last output; a process that was left may hold the pipe open
_CHUNK = 64 * 1024
# Becomes a command whose terminal is its standard input.
_IN_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"


class CannotRunError(Exception):
    """The command cannot be run; the message is a kubelet's."""


def expected(query: Mapping[str, str]) -> set[str]:
    """Return the types of the streams that the API server opens for a command."""
    asked = {"input": "stdin", "output": "stdout", "error": "stderr", "tty": "resize"}
    found = {asked[name] for name in asked if query.get(name) == "1"}
    return {"error"} | found - ({"stderr"} if "resize" in found else set())


async def run(
    spec: RunSpec, command: Sequence[str], streams: Streams, runs: Callable[[], bool]
) -> None:
    """Run a command until it ends, and send its exit code as Kubernetes does.

    It is killed, with everything that it started, when the container ends or this task is
    cancelled.

    Args:
        spec: Run spec of the container.
        command: Command line in the container.
        streams: Streams of the command.
        runs: Function that returns True while the container runs.
    """
    session = _in_terminal if "resize" in streams else _with_pipes
    try:
        code = await session(spec, _program(spec, command), streams, runs)
    except (CannotRunError, OSError) as error:
        said = f"error executing command in container: {error}"
        await _finish(streams, _status(said, "InternalError", code=500))
        return
    await _finish(streams, _exit_status(code))


async def _finish(streams: Streams, status: Mapping[str, Any]) -> None:
    await streams["error"].write(json.dumps(status).encode())
    for stream in streams.values():
        await stream.close()


def _program(spec: RunSpec, command: Sequence[str]) -> list[str]:
    words = spec.inside(command)
    if not shutil.which(words[0], path=spec.environment.get("PATH", "")):
        raise CannotRunError(f'exec: "{words[0]}": executable file not found in $PATH')
    return [*spec.launcher, *words]


def _exit_status(code: int) -> dict[str, Any]:
    if not code:
        return {"metadata": {}, "status": "Success"}
    said = f"command terminated with non-zero exit code: exit status {code}"
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return _status(said, "NonZeroExitCode", details={"causes": causes})


def _status(message: str, reason: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {}, "status": "Failure", "message": message, "reason": reason, **more}


async def _with_pipes(
    spec: RunSpec, words: Sequence[str], streams: Streams, runs: Callable[[], bool]
) -> int:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *words,
        env=spec.environment,
        cwd=spec.folder,
        stdin=pipe if "stdin" in streams else asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
    )
    outputs = {"stdout": process.stdout, "stderr": process.stderr}
    sends = [_send(reader, streams.get(name)) for name, reader in outputs.items() if reader]
    receives = []
    if process.stdin:
        receives.append(_receive(streams["stdin"], process.stdin))
    return await _attend(spec, process, runs, sends, receives)


async def _in_terminal(
    spec: RunSpec, words: Sequence[str], streams: Streams, runs: Callable[[], bool]
) -> int:
    async with _terminal() as (master, slave, reader):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _IN_TERMINAL, *words),
            env={"TERM": "xterm", **spec.environment},
            cwd=spec.folder,
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        receives = [_resize(streams["resize"], master)]
        if "stdin" in streams:
            receives.append(_type(streams["stdin"], master))
        return await _attend(spec, process, runs, [_send(reader, streams["stdout"])], receives)


@contextlib.asynccontextmanager
async def _terminal() -> AsyncIterator[tuple[int, int, asyncio.StreamReader]]:
    """Open a terminal: the descriptors of both its ends, and the reader of what it shows."""
    master, slave = os.openpty()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(master), "rb")
    )
    try:
        yield master, slave, reader
    finally:
        transport.close()
        os.close(master)


async def _attend(
    spec: RunSpec,
    process: asyncio.subprocess.Process,
    runs: Callable[[], bool],
    sends: Sequence[Coroutine[Any, Any, None]],
    receives: Sequence[Coroutine[Any, Any, None]],
) -> int:
    """Pass on the streams of a process until it ends, and return its exit code."""
    folder = spec.folder.with_name(f"{spec.folder.name}.exec-{process.pid}")
    sessions.record(folder, process.pid)  # for those who end what was left running
    sending = [asyncio.create_task(one) for one in sends]
    others = [asyncio.create_task(one) for one in (*receives, _kill_with(runs, process.pid))]
    try:
        code = await process.wait()
    finally:
        _kill(process.pid)  # what it has left running, or itself
        for task in others:
            task.cancel()
        await process.wait()
        await asyncio.wait(sending, timeout=_OUTPUT_SECONDS)
        for task in sending:
            task.cancel()
        shutil.rmtree(folder, ignore_errors=True)
    return code if code >= 0 else 128 - code


async def _kill_with(runs: Callable[[], bool], leader: int) -> None:
    """Kill a session when its container has ended."""
    while runs():
        await asyncio.sleep(_RUNS_SECONDS)
    _kill(leader)


def _kill(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


async def _send(reader: asyncio.StreamReader, stream: Stream | None) -> None:
    with contextlib.suppress(OSError):  # a terminal ends with an error
        while data := await reader.read(_CHUNK):
            if stream:
                await stream.write(data)


async def _receive(stream: Stream, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(OSError):  # it may read no further
        while data := await stream.read():
            writer.write(data)
            await writer.drain()


async def _type(stream: Stream, master: int) -> None:
    with contextlib.suppress(OSError):
        while data := await stream.read():
            await asyncio.to_thread(os.write, master, data)


async def _resize(stream: Stream, master: int) -> None:
    """Give a terminal the sizes that the client's terminal has."""
    while data := await stream.read():
        with contextlib.suppress(ValueError, OSError):
            size = json.loads(data)
            termios.tcsetwinsize(master, (size["Height"], size["Width"]))
