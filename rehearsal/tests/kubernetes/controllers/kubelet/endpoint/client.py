"""The API server as a client of a kubelet: a request, and SPDY streams after an upgrade."""

from __future__ import annotations

import http.client
import ssl
import struct
import zlib

from rehearsal.kubernetes.controllers.kubelet.endpoint.spdy import DICTIONARY
from rehearsal.kubernetes.key_pairs import Pair
from tests.patience import PATIENCE


def connection(environment, port, client="kubelet-client"):
    context = ssl.create_default_context(cafile=str(environment.certificate_authority))
    if client:
        pair = Pair(environment.pki, client)
        context.load_cert_chain(pair.certificate, pair.key)
    return http.client.HTTPSConnection("localhost", port, context=context, timeout=PATIENCE)


class Streams:
    """Streams of one upgraded connection, whose numbers are 1, 3, 5 and so on."""

    def __init__(self, connection, path, protocol):
        connection.putrequest("POST", path)
        for name, value in (
            ("Connection", "Upgrade"),
            ("Upgrade", "SPDY/3.1"),
            ("X-Stream-Protocol-Version", f"v5.channel.k8s.io, {protocol}"),
        ):
            connection.putheader(name, value)
        connection.endheaders()
        self.socket = connection.sock
        self.head = self._until(b"\r\n\r\n")
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self.received = {}
        self.ended = set()
        self.pongs = []

    def open(self, number, **headers):
        words = [word for pair in headers.items() for word in pair]
        block = struct.pack(">I", len(headers))
        block += b"".join(struct.pack(">I", len(word)) + word.encode() for word in words)
        packed = self._deflate.compress(block) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        self._control(1, struct.pack(">IIBB", number, 0, 0, 0) + packed)
        self.received[number] = b""

    def send(self, number, data=b"", end=False):
        self.socket.sendall(struct.pack(">II", number, end << 24 | len(data)) + data)

    def ping(self, number):
        self._control(6, struct.pack(">I", number))

    def until(self, true):
        """Receive frames until it is true or the connection ends."""
        while not true():
            head = self._exactly(8)
            if not head:
                return
            first, second = struct.unpack(">II", head)
            payload = self._exactly(second & 0xFFFFFF)
            if first == 0x80030006:
                self.pongs.append(payload)
            elif first == 0x80030002:
                assert self._inflate.decompress(payload[4:]) == struct.pack(">I", 0)
            else:
                self.received[first] += payload
                if second >> 24:
                    self.ended.add(first)

    def _control(self, kind, payload):
        self.socket.sendall(struct.pack(">II", 0x80030000 | kind, len(payload)) + payload)

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                return b""
            data += more
        return data

    def _until(self, end):
        data = b""
        while not data.endswith(end) and (more := self.socket.recv(1)):
            data += more
        return data
