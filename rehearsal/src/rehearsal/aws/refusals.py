"""Errors returned before a service receives the call, in the service's own protocol.

They are for calls that are not emulated, that no key of the account has signed, or that IAM denies.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote
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


_NOT_VALIDATED = "AWS was not able to validate the provided access credentials"


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


def unknown_key(environ: WSGIEnvironment) -> Response:
    """Return the error for a call signed with an access key that does not exist."""
    if service_of(environ) == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return refusal_of(environ, 403, "InvalidAccessKeyId", message)
    if service_of(environ) == "ec2":
        return refusal_of(environ, 401, "AuthFailure", _NOT_VALIDATED)
    message = "The security token included in the request is invalid."
    code = "InvalidClientTokenId" if service_of(environ) in _XML else "UnrecognizedClientException"
    return refusal_of(environ, 403 if service_of(environ) in _XML else 400, code, message)


def forged(environ: WSGIEnvironment) -> Response:
    """Return the error for a call whose signature another secret key has made."""
    message = (
        "The request signature we calculated does not match the signature you provided. Check "
        "your AWS Secret Access Key and signing method."
    )
    return _bad_signature(environ, message)


def untimely(environ: WSGIEnvironment, presigned: bool) -> Response:
    """Return the error for a call whose signature has expired, or is of a time to come."""
    if service_of(environ) != "s3":
        return _bad_signature(environ, "Signature expired: it is valid within 15 minutes only.")
    if presigned:
        return refusal_of(environ, 403, "AccessDenied", "Request has expired")
    message = "The difference between the request time and the current time is too large."
    return refusal_of(environ, 403, "RequestTimeTooSkewed", message)


def unsigned(environ: WSGIEnvironment) -> Response:
    """Return the error for a call without a signature; S3's for one that no service is named in."""
    message = "Request is missing Authentication Token"
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        code = "MissingAuthenticationTokenException"
        return refusal_of(environ, 400, code, message, target.partition(".")[0])
    if _form(environ).get("Action"):
        return refusal_of(environ, 403, "MissingAuthenticationToken", message, "sts")
    return refusal_of(environ, 403, "AccessDenied", "Access Denied", "s3")


def _bad_signature(environ: WSGIEnvironment, message: str) -> Response:
    if service_of(environ) == "ec2":
        return refusal_of(environ, 401, "AuthFailure", _NOT_VALIDATED)
    code = "SignatureDoesNotMatch" if service_of(environ) in _XML else "InvalidSignatureException"
    return refusal_of(environ, 403 if service_of(environ) in _XML else 400, code, message)


def _call(environ: WSGIEnvironment) -> str:
    """Return the name of a call: its action if the protocol has one, else method and path."""
    service = service_of(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return f"{service} {target.split('.')[-1]}"
    if action := _form(environ).get("Action"):
        return f"{service} {action[0]}"
    return f"{service} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _form(environ: WSGIEnvironment) -> dict[str, list[str]]:
    """Return the fields of a call of the query protocol; empty for other protocols."""
    body = environ["wsgi.input"]
    body.seek(0)
    return parse_qs(body.read().decode("utf-8", "replace"))


def service_of(environ: WSGIEnvironment) -> str:
    """Return the service that a request is signed for.

    The signature contains Credential=KEY/DATE/REGION/SERVICE/aws4_request.
    """
    query = unquote(environ.get("QUERY_STRING", ""))
    signed = environ.get("HTTP_AUTHORIZATION") or query
    parts = re.split("[,&]", signed.partition("Credential=")[2])[0].split("/")
    return parts[3] if len(parts) == 5 else "s3" if "Signature=" in query else "AWS"


def refusal_of(
    environ: WSGIEnvironment, status: int, code: str, message: str, service: str = ""
) -> Response:
    """Return an error in the protocol of a service; by default, of the one that is signed for."""
    service = service or service_of(environ)
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
