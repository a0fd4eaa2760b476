"""Replace a service's backend and responses in moto.

moto creates a backend (one for each account and Region) from the class that its `BackendDict`
names, and routes a request by the table `url_paths` of its service.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import BaseResponse


def use_backend(backends: BackendDict[Any], backend: type[BaseBackend]) -> None:
    """Make a service create its backends from this class, with the service's own URLs."""
    urls = f"{backends.backend.__module__.removesuffix('.models')}.urls"
    backend._url_module = import_module(urls)  # type: ignore[assignment,method-assign] # it is a property there
    backends.backend = backend


def use_responses(service: str, responses: type[BaseResponse], path: str = "/.*") -> None:
    """Route every request of a service, whatever its path, to this class."""
    vars(import_module(f"moto.{service}.urls"))["url_paths"] = {"{0}" + path: responses.dispatch}
