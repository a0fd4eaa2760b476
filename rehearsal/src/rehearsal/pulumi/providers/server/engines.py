"""Engines that use this server, and the log that each of them shows to its user."""

from __future__ import annotations

import contextlib
from threading import Lock

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from rehearsal.pulumi.providers.server.provider import Severity

# An engine shows a status line at once or not at all; a provider must not wait for it.
_LOG_TIMEOUT = 2.0
# Connections of past updates are forgotten, the oldest first.
_MOST_CONNECTIONS = 256


class Engines:
    """Address of the engine of each connection; channels are made on first use."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._addresses: dict[str, str] = {}
        self._channels: dict[str, grpc.Channel] = {}

    def connect(self, instance: str, address: str) -> None:
        """Store the engine's address, unless it is empty because the engine has none to give."""
        if not address:
            return
        with self._lock:
            self._addresses[instance] = address
            while len(self._addresses) > _MOST_CONNECTIONS:
                self._forget(next(iter(self._addresses)))

    def address(self, instance: str) -> str:
        """Return the engine's address; empty if it gave none."""
        with self._lock:
            return self._addresses.get(instance, "")

    def _forget(self, instance: str) -> None:
        address = self._addresses.pop(instance)
        if address not in self._addresses.values() and address in self._channels:
            self._channels.pop(address).close()

    def log(
        self, instance: str, urn: str, severity: Severity, message: str, ephemeral: bool
    ) -> None:
        """Show a message beside the resource; an engine that is gone is no error."""
        with self._lock:
            address = self._addresses.get(instance)
            if address is None:
                return
            if address not in self._channels:
                self._channels[address] = grpc.insecure_channel(address)
            channel = self._channels[address]
        request = engine_pb2.LogRequest(
            severity=engine_pb2.LogSeverity.ValueType(severity),
            message=message,
            urn=urn,
            ephemeral=ephemeral,
        )
        with contextlib.suppress(grpc.RpcError, ValueError):  # ValueError: the channel was closed
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=_LOG_TIMEOUT)
