"""Connections to the ports of a pod, with the streams of `kubectl port-forward`."""

from __future__ import annotations

import asyncio
import contextlib

from rehearsal.kubernetes.controllers.kubelet.endpoint.spdy import Stream

PROTOCOL = "portforward.k8s.io"

_CHUNK = 64 * 1024


class Forwarder:
    """Forwarder of the connections to one pod.

    Args:
        pod: NAMESPACE/POD, for messages.
        address: Address on which the pod's processes listen.
    """

    def __init__(self, pod: str, address: str) -> None:
        self._pod = pod
        self._address = address
        self._waiting: dict[str, Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, stream: Stream) -> None:
        """Take a stream; the data and the error stream of one request are one connection."""
        request = stream.headers["requestid"]
        other = self._waiting.pop(request, None)
        if other is None:
            self._waiting[request] = stream
            return
        data, error = sorted((stream, other), key=lambda one: one.headers["streamtype"])
        task = asyncio.create_task(self._forward(data, error))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end(self) -> None:
        """End every connection."""
        for task in self._tasks:
            task.cancel()

    async def _forward(self, data: Stream, error: Stream) -> None:
        port = int(data.headers["port"])
        try:
            reader, writer = await asyncio.open_connection(self._address, port)
        except OSError as failure:
            said = f"error forwarding port {port} to pod {self._pod}: {failure.strerror}"
            await error.write(said.encode())
        else:
            await _exchange(data, reader, writer)
        await data.close()
        await error.close()


async def _exchange(
    data: Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Pass on bytes in both directions until the pod ends the connection, or both sides do."""
    sending = asyncio.create_task(_send(data, writer))
    try:
        with contextlib.suppress(OSError):
            while received := await reader.read(_CHUNK):
                await data.write(received)
    finally:
        sending.cancel()
        writer.close()


async def _send(data: Stream, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while sent := await data.read():
            writer.write(sent)
            await writer.drain()
        writer.write_eof()
