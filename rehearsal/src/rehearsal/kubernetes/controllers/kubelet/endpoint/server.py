"""Listener of the kubelet endpoint, and one request to it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterable
from http import HTTPStatus

from rehearsal import logs as log_files
from rehearsal.kubernetes.controllers.kubelet.endpoint import exec as commands
from rehearsal.kubernetes.controllers.kubelet.endpoint import logs, port_forward, spdy
from rehearsal.kubernetes.controllers.kubelet.endpoint.messages import (
    HEAD_BYTES,
    RefusedError,
    Request,
    chunk,
    head,
    respond,
)
from rehearsal.kubernetes.controllers.kubelet.endpoint.pods import NotRunningError, RunningPods
from rehearsal.kubernetes.controllers.kubelet.endpoint.spdy import Connection, Stream
from rehearsal.kubernetes.key_pairs import KUBELET_CLIENT, Pair
from rehearsal.paths import HOST, Environment


class Endpoint:
    """Kubelet endpoint of an environment's nodes, for its API server only.

    Args:
        environment: The rehearsal environment.
        pods: Pods that run here.
        port: Loopback port; 0 for a free one.
    """

    def __init__(self, environment: Environment, pods: RunningPods, port: int) -> None:
        self.port = port
        self._environment = environment
        self._pods = pods
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._answers: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="endpoint", daemon=True)

    def start(self) -> None:
        """Listen and answer requests."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Break off every request, and end the commands that were run."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        server = await asyncio.start_server(
            self._accept, HOST, self.port, ssl=_context(self._environment), limit=HEAD_BYTES
        )
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()
        for task in self._answers:
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._answer(reader, writer))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            try:
                _check_client(writer)
                await self._dispatch(await Request.read(reader), reader, writer)
            except RefusedError as refused:
                await respond(writer, refused.status, f"{refused}\n".encode())
            except NotRunningError as error:
                await respond(writer, HTTPStatus.NOT_FOUND, f"{error}\n".encode())
            except asyncio.CancelledError:
                writer.transport.abort()
            finally:
                writer.close()

    async def _dispatch(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match request.path[0]:
            case "containerLogs":
                await self._send_log(request, writer)
            case "exec":
                await self._exec(request, reader, writer)
            case "portForward":
                await self._forward(request, reader, writer)
            case other:
                raise RefusedError(HTTPStatus.NOT_FOUND, f"a rehearsal's kubelet has no {other}")

    async def _send_log(self, request: Request, writer: asyncio.StreamWriter) -> None:
        name = request.name
        folder = log_files.pod_folder(self._environment, name.namespace, name.pod)
        log = folder / f"{name.container}.log"
        why = await asyncio.to_thread(self._pods.why_no_log, name)
        if why or not log.is_file():
            why = why or await asyncio.to_thread(self._pods.why_not, name)
            raise RefusedError(HTTPStatus.BAD_REQUEST, why)
        options = logs.LogOptions.of(request.options)
        chunks = logs.text(log, options, self._pods.same_instance(name))
        try:
            first = await anext(chunks, b"")
        except logs.NoPreviousError as error:
            said = f'previous terminated container "{name.container}" in pod "{name.pod}" not found'
            raise RefusedError(HTTPStatus.BAD_REQUEST, said) from error
        writer.write(head(HTTPStatus.OK, "Transfer-Encoding: chunked"))
        writer.write(chunk(first))
        async for part in chunks:
            writer.write(chunk(part))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _exec(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        name = request.name
        spec = await asyncio.to_thread(self._pods.container, name)
        expected, streams = commands.expected(request.options), dict[str, Stream]()
        complete = asyncio.Event()

        def opened(stream: Stream) -> None:
            streams[stream.headers["streamtype"]] = stream
            if expected <= streams.keys():
                complete.set()

        async def run() -> None:
            await complete.wait()
            runs = self._pods.same_instance(name)
            await commands.run(spec, request.query["command"], streams, runs)

        connection = _upgrade(request, commands.PROTOCOL, reader, writer)
        tasks = [asyncio.create_task(run()), asyncio.create_task(connection.serve(opened))]
        await _until_first(tasks)

    async def _forward(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        name = request.name
        address = await asyncio.to_thread(self._pods.address, name)
        forwarder = port_forward.Forwarder(f"{name.namespace}/{name.pod}", address)
        connection = _upgrade(request, port_forward.PROTOCOL, reader, writer)
        try:
            await connection.serve(forwarder.open)
        finally:
            forwarder.end()


async def _until_first(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Wait for the first of several tasks, and cancel the others."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _context(environment: Environment) -> ssl.SSLContext:
    pair = Pair(environment.pki, "kubelet")
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(environment.certificate_authority)
    )
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def _check_client(writer: asyncio.StreamWriter) -> None:
    """Refuse a client other than the API server; the certificate itself is already verified."""
    subject = writer.get_extra_info("peercert")["subject"]
    if (("commonName", KUBELET_CLIENT.common_name),) not in subject:
        raise RefusedError(HTTPStatus.FORBIDDEN, "a kubelet serves its API server only")


def _upgrade(
    request: Request,
    protocol: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> Connection:
    """Switch the connection to SPDY, and agree on the protocol of its streams."""
    offered = ",".join(request.headers.get_all("X-Stream-Protocol-Version", [])).split(",")
    if request.headers.get("Upgrade", "").upper() != spdy.PROTOCOL:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"unable to upgrade: only to {spdy.PROTOCOL}")
    if protocol not in map(str.strip, offered):
        raise RefusedError(HTTPStatus.FORBIDDEN, f"unable to upgrade: only {protocol} is spoken")
    upgrade = f"Upgrade: {spdy.PROTOCOL}", f"X-Stream-Protocol-Version: {protocol}"
    writer.write(head(HTTPStatus.SWITCHING_PROTOCOLS, "Connection: Upgrade", *upgrade))
    return Connection(reader, writer)
