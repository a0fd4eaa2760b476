"""A provider connected to a fake API server, and a resource as the engine drives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from rehearsal.pulumi.providers.kubernetes.provider import KubernetesProvider
from rehearsal.pulumi.providers.server import Checked, Difference, Partial
from rehearsal.pulumi.providers.server.values import decode, encode
from tests.pulumi.providers.kubernetes.fake_api import FakeApi

INSTANCE = "ipv4:127.0.0.1:1"


@dataclass
class Driven:
    """A resource with its state, taken through the engine's steps."""

    provider: KubernetesProvider
    type_: str
    name: str
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    checked: dict[str, Any] = field(default_factory=dict)
    """Inputs as the provider gave them, with the secrets marked."""
    stored: dict[str, Any] = field(default_factory=dict)
    """Outputs as the provider gave them, with the secrets marked."""
    said: list[str] = field(default_factory=list)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::project::{self.type_}::{self.name}"

    def check(self, properties: dict[str, Any]) -> Checked:
        checked = self.provider.check(
            INSTANCE, self.urn, self.type_, self.inputs, properties, b"seed"
        )
        self.checked = checked.inputs
        return Checked(decode(encode(checked.inputs)), checked.failures)

    def diff(self, properties: dict[str, Any], ignore: list[str] | None = None) -> Difference:
        news = self.check(properties).inputs
        return self.provider.diff(
            INSTANCE, self.urn, self.type_, self.id, self.inputs, self.outputs, news, ignore or []
        )

    def preview(self, properties: dict[str, Any]) -> dict[str, Any]:
        news = self.check(properties).inputs
        if not self.id:
            return self.provider.create(INSTANCE, self.urn, self.type_, news, 0, True)[1]
        return self.provider.update(
            INSTANCE, self.urn, self.type_, self.id, self.inputs, self.outputs, news, 0, True
        )

    def up(self, properties: dict[str, Any], timeout: float = 0) -> dict[str, Any]:
        news = self.check(properties).inputs
        try:
            self._put(news, timeout)
        except Partial as partial:
            self.id, self.inputs = partial.id, news
            self.outputs = decode(encode(partial.outputs))
            raise
        self.inputs = news
        return self.outputs

    def _put(self, news: dict[str, Any], timeout: float) -> None:
        if self.id:
            self.outputs = self.provider.update(
                INSTANCE,
                self.urn,
                self.type_,
                self.id,
                self.inputs,
                self.outputs,
                news,
                timeout,
                False,
            )
        else:
            self.id, self.outputs = self.provider.create(
                INSTANCE, self.urn, self.type_, news, timeout, False
            )
        self.stored = self.outputs
        self.outputs = decode(encode(self.outputs))  # the engine sends a secret as its plain value

    def refresh(self) -> str | None:
        id_, self.inputs, outputs = self.provider.read(
            INSTANCE, self.urn, self.type_, self.id, self.inputs, self.outputs
        )
        self.outputs = decode(encode(outputs))
        return id_

    def delete(self, timeout: float = 0) -> None:
        self.provider.delete(
            INSTANCE, self.urn, self.type_, self.id, self.inputs, self.outputs, timeout
        )


class Workbench:
    """A provider that remembers what it told the engine, and makes driven resources."""

    def __init__(self, kubeconfig: str, **settings: Any) -> None:
        self.provider = KubernetesProvider()
        self.said: list[str] = []
        self.provider.log = lambda _i, _u, _severity, message, _e: self.said.append(message)
        self.configure(kubeconfig=kubeconfig, **settings)

    def configure(self, **settings: Any) -> None:
        self.provider.configure(INSTANCE, settings)

    def reachable(self) -> bool:
        """Return whether the cluster answers."""
        return self.provider._connections.of(INSTANCE).reachable

    def resource(self, type_: str, name: str = "thing") -> Driven:
        return Driven(self.provider, type_, name, said=self.said)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    server = FakeApi()
    yield server
    server.close()


@pytest.fixture
def bench(api: FakeApi) -> Workbench:
    return Workbench(api.kubeconfig)
