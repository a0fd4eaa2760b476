"""Pickle moto's models, which contain what Python does not pickle by itself.

A backend is pickled by its name where another refers to it. Models of which there can be many, or
large ones, are pickled apart: where a backend refers to one, there is its name.
"""

from __future__ import annotations

import io
import pickle
import sys
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from moto.core.base_backend import BaseBackend

from rehearsal.aws.backends import BackendName, reserve

_LOCK = type(threading.Lock())
_RLOCK = type(threading.RLock())
_PRIVATE_KEYS = (RSAPrivateKey, EllipticCurvePrivateKey, Ed25519PrivateKey)
_COMMON = {"core", "utilities", "moto_api", "settings"}


class Pickler(pickle.Pickler):
    """Pickler of the state of one backend, or of several that share models.

    Attributes:
        refers_to: Other backends that the state refers to.
        services: Services whose models the state contains.
    """

    def __init__(
        self,
        file: io.BytesIO,
        names: Mapping[int, BackendName],
        name_apart: Mapping[type, Callable[[Any], str]],
    ) -> None:
        """Prepare to pickle into a file.

        Args:
            file: File to write to.
            names: Names of the backends by their id in Python.
            name_apart: Classes of the models that are pickled apart, each with the function that
                returns the name of one.
        """
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._names, self._name_apart = names, name_apart
        self.refers_to: set[BackendName] = set()
        self.services: set[str] = set()

    def reducer_override(self, value: Any) -> Any:
        """Return how to construct such an object again; NotImplemented for any other."""
        kind: Any = type(value)
        if name := self._name_apart.get(kind):
            return stored_apart, (name(value),)
        if service := _service_of(kind):
            self.services.add(service)
        if reduce := _reducer_of(kind):
            return reduce(value)
        return self._backend(value) if isinstance(value, BaseBackend) else NotImplemented

    def _backend(self, backend: BaseBackend) -> Any:
        name = self._names.get(id(backend))
        if name is None:
            return NotImplemented
        self.refers_to.add(name)
        return reserve, (name,)


class Unpickler(pickle.Unpickler):
    """Unpickler that asks for the models that were pickled apart by name."""

    def __init__(self, file: io.BytesIO, find_apart: Callable[[str], Any]) -> None:
        super().__init__(file)
        self._find_apart = find_apart

    def find_class(self, module: str, name: str) -> Any:
        """Return a class or function by its name."""
        if (module, name) == (__name__, stored_apart.__name__):
            return self._find_apart
        return super().find_class(module, name)


def stored_apart(name: str) -> Any:
    """Stand in a pickle for the function that finds a model by its name."""
    raise NotImplementedError(name)


@cache
def _service_of(kind: type[Any]) -> str | None:
    """Return the service that a class is a model of, or None."""
    package, _, rest = kind.__module__.partition(".")
    service: str = rest.partition(".")[0]
    if package != "moto" or service in _COMMON or issubclass(kind, BaseBackend):
        return None
    return service


@cache
def _reducer_of(kind: Any) -> Callable[[Any], Any] | None:
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    if issubclass(kind, defaultdict) and kind is not defaultdict:
        return _default_dict
    return _private_key if issubclass(kind, _PRIVATE_KEYS) else None


def _default_dict(value: defaultdict[Any, Any]) -> Any:
    """Reduce a subclass, whose constructor may take other arguments than the one of its base."""
    made = default_dict, (type(value), value.default_factory)
    return *made, vars(value), None, iter(value.items())


def default_dict(kind: type[defaultdict[Any, Any]], factory: Any) -> defaultdict[Any, Any]:
    """Return an empty dictionary of a class, with the factory of its missing values."""
    made = kind.__new__(kind)
    defaultdict.__init__(made, factory)
    return made


def _reference(value: weakref.ref[Any]) -> Any:
    target = value()
    return weakref.ref, (_Gone() if target is None else target,)


class _Gone:
    """Target of a weak reference whose target is gone."""


def _private_key(value: Any) -> Any:
    pem = value.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private_key, (pem,)


def private_key(pem: bytes) -> Any:
    """Return a private key from its PEM; the library's own function cannot be pickled by name."""
    return load_pem_private_key(pem, None)


def _function(value: FunctionType) -> Any:
    """Reduce a function that was defined in another function and uses none of its variables."""
    outer, local, _ = value.__qualname__.rpartition(".<locals>.")
    if not local or value.__closure__ or ".<locals>." in outer:
        return NotImplemented
    codes = list(_inner_codes(value.__module__, outer))
    return inner_function, (value.__module__, outer, codes.index(value.__code__))


def inner_function(module: str, outer: str, index: int) -> FunctionType:
    """Return the function that is defined in another function, by its number there."""
    codes = list(_inner_codes(module, outer))
    return FunctionType(codes[index], vars(sys.modules[module]))


def _inner_codes(module: str, outer: str) -> Iterator[CodeType]:
    found: Any = sys.modules[module]
    for part in outer.split("."):
        found = getattr(found, part)
    for constant in found.__code__.co_consts:
        if isinstance(constant, CodeType):
            yield constant


_BY_TYPE: dict[type, Callable[[Any], Any]] = {
    _LOCK: lambda _: (threading.Lock, ()),
    _RLOCK: lambda _: (threading.RLock, ()),
    threading.Condition: lambda _: (threading.Condition, ()),
    weakref.ref: _reference,
    weakref.WeakValueDictionary: lambda value: (weakref.WeakValueDictionary, (dict(value),)),
    FunctionType: _function,
}
