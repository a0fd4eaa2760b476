"""S3 clients with failures: denied access, broken connections, and objects that change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import NoCredentialsError, ResponseStreamingError
from moto.core.botocore_stubber import MockRawResponse as RawResponse

DENIED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>not you</Message></Error>"""


def refused(operation: str) -> Any:
    """Return a client to which S3 denies one operation, such as GetObject."""

    def answer(request: Any, **_: Any) -> Any:
        return AWSResponse(request.url, 403, HTTPHeaders(), RawResponse(DENIED))

    client = boto3.client("s3")
    client.meta.events.register_first(f"before-send.s3.{operation}", answer)
    return client


def nobody() -> Any:
    """Return a client without credentials."""

    def fail(**_: Any) -> None:
        raise NoCredentialsError

    client = boto3.client("s3")
    client.meta.events.register_first("before-sign.s3", fail)
    return client


class Body:
    """Body that ends after a number of bytes: silently, or with an error."""

    def __init__(self, body: Any, size: int, *, silently: bool) -> None:
        self.left = size
        self.body = body
        self.silently = silently

    def read(self, size: int) -> bytes:
        if self.left <= 0:
            if self.silently:
                return b""
            raise ResponseStreamingError(error="connection reset")
        piece: bytes = self.body.read(min(size, self.left))
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.body.close()


class Faulty:
    """Client whose first responses to get_object are changed by the given functions."""

    def __init__(self, client: Any, faults: Iterable[Callable[[dict[str, Any]], None]]) -> None:
        self.client = client
        self.faults = iter(faults)
        self.ranges: list[str | None] = []
        """Range of each call of get_object."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.ranges.append(request.get("Range"))
        answer: dict[str, Any] = self.client.get_object(**request)
        if fault := next(self.faults, None):
            fault(answer)
        return answer


def broken_after(size: int, *, silently: bool = False) -> Callable[[dict[str, Any]], None]:
    """Return a function that ends a response after `size` bytes."""

    def fault(answer: dict[str, Any]) -> None:
        answer["Body"] = Body(answer["Body"], size, silently=silently)

    return fault
