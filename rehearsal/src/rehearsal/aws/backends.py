"""Access moto's backends, which hold all state: one for each service, account and Region.

moto asks a dictionary for a backend whenever a call needs it. This module notes which backends were
asked for, because no others can have changed.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, ValuesView
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from moto.backends import get_backend
from moto.core import base_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.s3.models import FakeKey, S3Backend, s3_backends


class BackendName(NamedTuple):
    """Name of a backend: moto's folder of the service, the account and the Region.

    The Region of a global service is its partition, "aws".
    """

    service: str
    account_id: str
    region: str


TOUCHED: set[BackendName] = set()
"""Backends that were asked for since they were last saved."""


class _NotingBackends(AccountSpecificBackend[BaseBackend]):
    """Backends of one service by Region, which notes those that are asked for."""

    def __getitem__(self, region_name: str) -> BaseBackend:
        backend = super().__getitem__(region_name)
        TOUCHED.add(self._name("aws" if region_name == "global" else region_name))
        return backend

    def items(self) -> ItemsView[str, BaseBackend]:  # type: ignore[override] # a private class
        """Return all Regions with their backends."""
        self._note_all()
        return super().items()

    def values(self) -> ValuesView[BaseBackend]:  # type: ignore[override] # a private class
        """Return all backends."""
        self._note_all()
        return super().values()

    def _note_all(self) -> None:
        TOUCHED.update(map(self._name, self))

    def _name(self, region: str) -> BackendName:
        return BackendName(_service_of(self), self.account_id, region)


def install() -> None:
    """Let moto use these dictionaries."""
    vars(base_backend)["AccountSpecificBackend"] = _NotingBackends


@contextmanager
def unnoted() -> Iterator[None]:
    """Note no backend meanwhile, because nothing changes one."""
    before = set(TOUCHED)
    try:
        yield
    finally:
        TOUCHED.clear()
        TOUCHED.update(before)


def in_use() -> list[BackendDict[Any]]:
    """Return the services that were called, each with its backends by account and Region."""
    return list(BackendDict._instances)  # type: ignore[misc] # of any kind of backend


def named() -> dict[BackendName, BaseBackend]:
    """Return every backend in use by its name, without noting it."""
    return {
        BackendName(_service_of(service), account_id, region): dict.__getitem__(backends, region)
        for service in in_use()
        for account_id, backends in service.items()
        for region in backends
    }


def _service_of(backends: BackendDict[Any] | AccountSpecificBackend[Any]) -> str:
    """Return moto's folder of a service, because four services have the name of another one."""
    package, folder, *_ = backends.backend.__module__.split(".")
    return folder if package == "moto" else str(backends.service_name)


def reserve(name: BackendName) -> BaseBackend:
    """Return the backend with a name; a new one is empty, without even the defaults of AWS."""
    service: BackendDict[Any] = get_backend(name.service)  # type: ignore[call-overload] # any
    regions = service[name.account_id]
    if name.region not in regions.keys():  # noqa: SIM118 - `in` is also true for other Regions
        dict.__setitem__(regions, name.region, object.__new__(service.backend))
    return cast(BaseBackend, dict.__getitem__(regions, name.region))


def clear() -> None:
    """Empty the account; moto's own reset would create every backend first, only to drop it."""
    for _, _, s3 in s3_backends.iter_backends():
        close_objects(s3)
    for backends in in_use():
        backends.clear()
    s3_backends.bucket_accounts.clear()
    BackendDict._instances.clear()  # type: ignore[misc] # of any kind of backend
    TOUCHED.clear()


def close_objects(s3: BaseBackend) -> None:
    """Close the temporary files that hold the objects of an account's buckets."""
    for key in _objects(cast(S3Backend, s3)):
        key.dispose()


def _objects(s3: S3Backend) -> Iterator[FakeKey]:
    for bucket in s3.buckets.values():
        for _, versions in bucket.keys._iterlists():
            yield from (version for version in versions if isinstance(version, FakeKey))
