"""Inject the faults of AWS's API into calls: errors before the effect, and a lost response after.

The errors are those of each service, so that an SDK retries what it would retry at AWS. Calls of
the emulation itself are left alone, because they stand for what happens inside AWS.

Sources: EC2 API Reference, "Error codes"; the common errors in the API Reference of each service;
the throttling codes of the SDKs, "Retry behavior" in the AWS SDKs and Tools Reference Guide.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from rehearsal.aws import api_calls, slow_iam
from rehearsal.aws.refusals import refusal_of
from rehearsal.aws.wsgi import read_body
from rehearsal.clients.aws import INTERNAL
from rehearsal.faults import active
from rehearsal.faults.quotas import QUOTAS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Error = tuple[int, str, str]
"""HTTP status, code and message of an error."""

THROTTLED: dict[str, Error] = {
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
    "iam": (400, "Throttling", "Rate exceeded"),
    "sts": (400, "Throttling", "Rate exceeded"),
    "elbv2": (400, "Throttling", "Rate exceeded"),
    "eks": (429, "ThrottlingException", "Rate exceeded"),
    "efs": (429, "ThrottlingException", "Rate exceeded"),
    "s3files": (429, "ThrottlingException", "Rate exceeded"),
    "sqs": (403, "RequestThrottled", "The request was denied due to request throttling."),
}
OTHERS_THROTTLED: Error = (400, "ThrottlingException", "Rate exceeded")

FAILED: dict[tuple[str, int], tuple[str, str]] = {
    ("ec2", 500): ("InternalError", "An internal error has occurred"),
    ("ec2", 503): ("Unavailable", "The server is overloaded and can't handle the request."),
    ("s3", 500): ("InternalError", "We encountered an internal error. Please try again."),
    ("eks", 500): ("ServerException", "Internal server error"),
    ("eks", 503): ("ServiceUnavailableException", "Service unavailable"),
    ("efs", 500): ("InternalServerError", "An internal error occurred"),
    ("fsx", 500): ("InternalServerError", "An internal error occurred"),
    ("s3files", 500): ("InternalServerException", "An internal error occurred"),
    ("iam", 500): ("ServiceFailure", "The request processing has failed"),
}
OTHERS_FAILED = {
    500: ("InternalFailure", "The request processing has failed because of an unknown error."),
    503: ("ServiceUnavailable", "Service is unable to handle request."),
}
EXPIRED: dict[str, Error] = {
    "ec2": (400, "RequestExpired", "Request has expired."),
    "s3": (400, "ExpiredToken", "The provided token has expired."),
    "iam": (403, "ExpiredToken", "The security token included in the request is expired"),
    "sts": (403, "ExpiredToken", "The security token included in the request is expired"),
    "eks": (403, "ExpiredTokenException", "The security token included in the request is expired"),
    "efs": (403, "ExpiredTokenException", "The security token included in the request is expired"),
}
OTHERS_EXPIRED: Error = (
    400,
    "ExpiredTokenException",
    "The security token included in the request is expired",
)


class ApiFaults:
    """WSGI middleware around the emulated AWS."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, with a fault if one applies to it."""
        if not active.are_active() or _is_internal(environ):
            return self._application(environ, start_response)
        read_body(environ)
        service, call = api_calls.named(environ)
        if error := _error(service, call):
            return refusal_of(environ, *error)(environ, start_response)
        if service == "iam":
            slow_iam.note(call, environ["wsgi.input"].getvalue())
        if active.applied("lost-response", service, call):
            Response.from_app(self._application, environ, buffered=True)
            _drop(environ)
        return self._application(environ, start_response)


def _is_internal(environ: WSGIEnvironment) -> bool:
    return (
        environ["PATH_INFO"].startswith("/rehearsal/")
        or INTERNAL in environ.get("HTTP_USER_AGENT", "")
        or "HTTP_AUTHORIZATION" not in environ
    )


def _error(service: str, call: str) -> Error | None:
    """Return the error that a fault causes before a call takes effect; None without one."""
    if active.applied("expired-credentials", service, call):
        return EXPIRED.get(service, OTHERS_EXPIRED)
    if active.applied("throttling", service, call):
        return THROTTLED.get(service, OTHERS_THROTTLED)
    if fault := active.applied("server-error", service, call):
        status = fault.status
        return status, *FAILED.get((service, status), OTHERS_FAILED[status])
    if call in QUOTAS.get(service, {}) and active.applied("quota", service, call):
        return 400, *QUOTAS[service][call]
    return None


def _drop(environ: WSGIEnvironment) -> None:
    """End the connection without a response.

    Raises:
        ConnectionAbortedError: The server takes it for a client that went away.
    """
    with suppress(OSError, KeyError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
