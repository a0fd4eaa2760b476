"""SPDY/3.1 as servers of Kubernetes' streams use it: streams in one connection, opened by the peer.

The API server speaks it with a kubelet for exec and port-forward, whatever protocol its own client
speaks. Priorities, settings and flow control are ignored, as the API server ignores them.
https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable

PROTOCOL = "SPDY/3.1"

_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING, _GO_AWAY = 1, 2, 3, 6, 7
_CONTROL = 0x80030000  # a control frame of version 3
_FIN = 1
_WAITING_FRAMES = 64
_NAMES = """
options head post put delete trace accept accept-charset accept-encoding accept-language
accept-ranges age allow authorization cache-control connection content-base content-encoding
content-language content-length content-location content-md5 content-range content-type date etag
expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer
retry-after server te trailer transfer-encoding upgrade user-agent vary via warning
www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin
"""
_TEXTS = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
    "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
    "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 "
    "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age="
    "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def _counted(text: str) -> bytes:
    return struct.pack(">I", len(text)) + text.encode()


DICTIONARY = b"".join(_counted(name.replace("_", " ")) for name in _NAMES.split()) + _TEXTS.encode()
"""Dictionary with which the protocol compresses headers (section 2.6.10.1)."""


class Stream:
    """Stream of a connection, with the headers with which the peer has opened it."""

    def __init__(self, connection: Connection, number: int, headers: dict[str, str]) -> None:
        self.headers = headers
        self._connection = connection
        self._number = number
        self._received: asyncio.Queue[bytes] = asyncio.Queue(_WAITING_FRAMES)
        self._ended = False
        self._closed = False

    async def read(self) -> bytes:
        """Return the next bytes that the peer has sent; empty at their end."""
        return b"" if self._ended and self._received.empty() else await self._received.get()

    async def write(self, data: bytes) -> None:
        """Send bytes to the peer."""
        if data and not self._closed:
            await self._connection.send(self._number, data)

    async def close(self) -> None:
        """Send the end of the bytes, and ignore what the peer still sends."""
        if not self._closed:
            self._closed = True
            while not self._received.empty():  # the connection may be waiting to add to it
                self._received.get_nowait()
            await self._connection.send(self._number, b"", _FIN)

    async def feed(self, data: bytes) -> None:
        """Add bytes that the peer has sent; wait while too many have not been read."""
        if not self._closed:
            await self._received.put(data)

    def end(self) -> None:
        """Note that the peer sends no more bytes."""
        self._ended = True
        if self._received.empty():  # someone may be waiting for more
            self._received.put_nowait(b"")


class Connection:
    """Connection on which the peer opens streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._streams: dict[int, Stream] = {}

    async def serve(self, opened: Callable[[Stream], None]) -> None:
        """Receive frames until the peer ends the connection; call `opened` with each stream."""
        try:
            while True:
                first, second = struct.unpack(">II", await self._reader.readexactly(8))
                flags, payload = second >> 24, await self._reader.readexactly(second & 0xFFFFFF)
                if not first & 0x80000000:
                    await self._receive(first, payload, flags)
                elif first & 0xFFFF == _GO_AWAY:
                    return
                else:
                    await self._control(first & 0xFFFF, payload, flags, opened)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            for stream in self._streams.values():
                stream.end()

    async def send(self, number: int, data: bytes, flags: int = 0) -> None:
        """Send bytes of a stream."""
        self._writer.write(struct.pack(">II", number, flags << 24 | len(data)) + data)
        await self._writer.drain()

    async def _control(
        self, kind: int, payload: bytes, flags: int, opened: Callable[[Stream], None]
    ) -> None:
        if kind == _PING:
            await self._send_control(_PING, payload)
            return
        if kind not in (_SYN_STREAM, _RST_STREAM):
            return
        (number,) = struct.unpack_from(">I", payload)
        if kind == _RST_STREAM:
            await self._receive(number, b"", _FIN)
            return
        headers = _headers(self._inflate.decompress(payload[10:]))
        stream = self._streams[number] = Stream(self, number, headers)
        block = self._deflate.compress(struct.pack(">I", 0))
        block += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        await self._send_control(_SYN_REPLY, struct.pack(">I", number) + block)
        opened(stream)
        await self._receive(number, b"", flags)

    async def _send_control(self, kind: int, payload: bytes) -> None:
        self._writer.write(struct.pack(">II", _CONTROL | kind, len(payload)) + payload)
        await self._writer.drain()

    async def _receive(self, number: int, data: bytes, flags: int) -> None:
        stream = self._streams.get(number)
        if stream and data:
            await stream.feed(data)
        if stream and flags & _FIN:
            del self._streams[number]
            stream.end()


def _headers(block: bytes) -> dict[str, str]:
    """Return the headers in an uncompressed header block; their names are in lower case."""
    texts, at = [], 4
    while at < len(block):
        end = at + 4 + int.from_bytes(block[at : at + 4], "big")
        texts.append(block[at + 4 : end].decode())
        at = end
    return dict(zip(texts[::2], texts[1::2], strict=True))
