"""HTTP/1.1 as the API server speaks it with a kubelet: a request without a body, and responses."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import parse_headers
from urllib.parse import parse_qs, unquote, urlsplit

from rehearsal.kubernetes.controllers.kubelet.endpoint.pods import Name

_HEAD_SECONDS = 10.0
HEAD_BYTES = 1 << 20  # the command of an exec is in the URL


class RefusedError(Exception):
    """The request is not served; `status` is the HTTP status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """Request of the API server."""

    path: tuple[str, ...]
    query: Mapping[str, Sequence[str]]
    headers: Message

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> Request:
        """Read a request without a body."""
        line = await asyncio.wait_for(reader.readline(), _HEAD_SECONDS)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
        url = urlsplit(line.split()[1].decode())
        path = tuple(map(unquote, url.path.split("/")[1:]))
        return cls(path, parse_qs(url.query), parse_headers(io.BytesIO(head)))

    @property
    def options(self) -> dict[str, str]:
        """Query without repetitions of a name."""
        return {name: values[-1] for name, values in self.query.items()}

    @property
    def name(self) -> Name:
        """Name of the container or the pod in the path."""
        if ".." in self.path or not 3 <= len(self.path) <= 4:
            raise RefusedError(HTTPStatus.NOT_FOUND, "a kubelet has no such path")
        return Name(*self.path[1:])


async def respond(writer: asyncio.StreamWriter, status: HTTPStatus, body: bytes) -> None:
    """Send a whole response, the last on its connection."""
    writer.write(head(status, f"Content-Length: {len(body)}", "Connection: close") + body)
    await writer.drain()


def head(status: HTTPStatus, *headers: str) -> bytes:
    """Return the head of a response."""
    lines = f"HTTP/1.1 {status.value} {status.phrase}", "Content-Type: text/plain", *headers
    return "\r\n".join((*lines, "", "")).encode()


def chunk(content: bytes) -> bytes:
    """Return a part of a body with `Transfer-Encoding: chunked`; nothing for an empty one."""
    return b"%x\r\n%s\r\n" % (len(content), content) if content else b""
