"""Replace moto's services with those of this package.

moto creates a backend (one for each account and Region) from the class that its `BackendDict`
names, and routes a request by the table `url_paths` of its service. Both are replaced before the
first request.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from moto.core import responses
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import BaseResponse
from moto.core.utils import method_names_from_class


@cache
def install() -> None:
    """Extend moto, once in a process."""
    from rehearsal.aws import (  # noqa: PLC0415 - they import this module
        ec2,
        efs,
        eks,
        elb,
        fsx,
        iam,
        kms,
        logs,
        s3,
        s3_events,
        sagemaker,
        sqs,
        sts,
        validation,
    )

    # moto searches all methods of the response's class for each call, which takes 3 ms for EC2.
    vars(responses)["method_names_from_class"] = cache(method_names_from_class)

    services = (ec2, efs, eks, elb, fsx, iam, kms, logs, s3, s3_events, sagemaker, sqs, sts)
    for service in (*services, validation):
        service.install()


def use_backend(backends: BackendDict[Any], backend: type[BaseBackend]) -> None:
    """Make a service create its backends from this class, with the service's own URLs."""
    urls = f"{backends.backend.__module__.removesuffix('.models')}.urls"
    backend._url_module = import_module(urls)  # type: ignore[assignment,method-assign] # it is a property there
    backends.backend = backend


def use_responses(service: str, responses: type[BaseResponse], path: str = "/.*") -> None:
    """Route every request of a service, whatever its path, to this class."""
    vars(import_module(f"moto.{service}.urls"))["url_paths"] = {"{0}" + path: responses.dispatch}
