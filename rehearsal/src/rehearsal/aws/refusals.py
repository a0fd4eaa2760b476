"""Errors returned before a service receives the call, in the service's own protocol.

They are for calls that are not emulated and for calls that IAM denies.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_QUERY = {"ec2", "iam", "sts", "autoscaling", "cloudformation", "elasticloadbalancing"}
_XML = {*_QUERY, "s3"}
# Error code for a call that IAM denies, by service; AccessDeniedException for all others.
DENIED_CODES = {
    **dict.fromkeys(_XML, "AccessDenied"),
    "ec2": "UnauthorizedOperation",
    "sqs": "AccessDenied",
}


def not_emulated(environ: WSGIEnvironment, what: str = "") -> Response:
    """Return the error for a call that neither moto nor the extension supports.

    Status 501 would be accurate, but SDKs retry every status of 500 or above.
    """
    message = f"{_call(environ)} is not emulated by the rehearsal. {what}".rstrip()
    return refusal_of(environ, 400, "NotImplemented", message)


def internal_failure(environ: WSGIEnvironment, error: Exception) -> Response:
    """Return the error for a failure of the emulation.

    Its status is 400, because SDKs would retry a 500.
    """
    message = f"{_call(environ)} failed in the emulation: {type(error).__name__}: {error}"
    return refusal_of(environ, 400, "InternalFailure", message)


def not_saved(environ: WSGIEnvironment, why: str) -> Response:
    """Return the error for a call that was undone, because the account could not be saved.

    Its status is 400, because SDKs would retry a 500.
    """
    message = f"{_call(environ)} has changed nothing. {why}"
    return refusal_of(environ, 400, "InternalFailure", message)


def access_denied(environ: WSGIEnvironment, message: str) -> Response:
    """Return the error for a call that IAM denies, with the service's own code and status."""
    service = service_of(environ)
    code = DENIED_CODES.get(service, "AccessDeniedException")
    return refusal_of(environ, 403 if service in _XML else 400, code, message)


def unknown_session(environ: WSGIEnvironment) -> Response:
    """Return the error for a call signed with keys of no existing session."""
    if service_of(environ) == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return refusal_of(environ, 403, "InvalidAccessKeyId", message)
    message = "The security token included in the request is invalid."
    code = "InvalidClientTokenId" if service_of(environ) in _XML else "UnrecognizedClientException"
    return refusal_of(environ, 403 if service_of(environ) in _XML else 400, code, message)


def _call(environ: WSGIEnvironment) -> str:
    """Return the name of a call: its action if the protocol has one, else method and path."""
    service = service_of(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return f"{service} {target.split('.')[-1]}"
    body = environ["wsgi.input"]
    body.seek(0)
    form = parse_qs(body.read().decode("utf-8", "replace"))
    if "Action" in form:
        return f"{service} {form['Action'][0]}"
    return f"{service} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def service_of(environ: WSGIEnvironment) -> str:
    """Return the service that a request is signed for.

    The signature contains Credential=KEY/DATE/REGION/SERVICE/aws4_request.
    """
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0]
    parts = scope.split("/")
    presigned = "Signature=" in environ.get("QUERY_STRING", "")
    return parts[3] if len(parts) == 5 else "s3" if presigned else "AWS"


def refusal_of(environ: WSGIEnvironment, status: int, code: str, message: str) -> Response:
    """Return an error in the protocol of the service that a request is signed for."""
    service = service_of(environ)
    if service in _QUERY:
        body = query_error(code, message)
        if service == "ec2":
            body = body.replace("ErrorResponse>", "Response>")
        return Response(body, status, mimetype="text/xml")
    if service == "s3":
        body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        return Response(body, status, mimetype="application/xml")
    body = json.dumps({"__type": code, "message": message})
    return Response(body, status, mimetype="application/json", headers={"x-amzn-errortype": code})


def query_error(code: str, message: str) -> str:
    """Return an error document of the query protocol, for EC2 and for the other services."""
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return f"<ErrorResponse><Errors>{error}</Errors>{error}</ErrorResponse>"
