"""Refusals made before a service sees the call, in the protocol of the service.

They are of what the emulation can't do, and of what IAM does not allow.
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
# The code of a refusal by IAM, where it is not AccessDeniedException.
DENIED_CODES = {
    **dict.fromkeys(_XML, "AccessDenied"),
    "ec2": "UnauthorizedOperation",
    "sqs": "AccessDenied",
}


def not_emulated(environ: WSGIEnvironment, what: str = "") -> Response:
    """A call that neither moto nor the extension knows.

    501 would be the honest status, but SDKs repeat whatever is 500 or above.
    """
    message = f"{_call(environ)} is not emulated by the rehearsal. {what}".rstrip()
    return _refusal(environ, 400, "NotImplemented", message)


def internal_failure(environ: WSGIEnvironment, error: Exception) -> Response:
    """A fault of the emulation itself. Not 500, which SDKs would repeat to the same end."""
    message = f"{_call(environ)} failed in the emulation: {type(error).__name__}: {error}"
    return _refusal(environ, 400, "InternalFailure", message)


def access_denied(environ: WSGIEnvironment, message: str) -> Response:
    """IAM does not allow the call; the code and the status are the service's own."""
    service = _service(environ)
    code = DENIED_CODES.get(service, "AccessDeniedException")
    return _refusal(environ, 403 if service in _XML else 400, code, message)


def unknown_session(environ: WSGIEnvironment) -> Response:
    """The call is signed with keys of a session that does not exist, or no longer."""
    if _service(environ) == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return _refusal(environ, 403, "InvalidAccessKeyId", message)
    message = "The security token included in the request is invalid."
    code = "InvalidClientTokenId" if _service(environ) in _XML else "UnrecognizedClientException"
    return _refusal(environ, 403 if _service(environ) in _XML else 400, code, message)


def _call(environ: WSGIEnvironment) -> str:
    """The name of the call: its action where the protocol gives one, else method and path."""
    service = _service(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return f"{service} {target.split('.')[-1]}"
    body = environ["wsgi.input"]
    body.seek(0)
    form = parse_qs(body.read().decode("utf-8", "replace"))
    if "Action" in form:
        return f"{service} {form['Action'][0]}"
    return f"{service} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _service(environ: WSGIEnvironment) -> str:
    """The service a request is signed for: Credential=KEY/DATE/REGION/SERVICE/aws4_request."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0]
    parts = scope.split("/")
    presigned = "Signature=" in environ.get("QUERY_STRING", "")
    return parts[3] if len(parts) == 5 else "s3" if presigned else "AWS"


def _refusal(environ: WSGIEnvironment, status: int, code: str, message: str) -> Response:
    service = _service(environ)
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
    """An error in the query protocol, in EC2's form and in everybody else's."""
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return f"<ErrorResponse><Errors>{error}</Errors>{error}</ErrorResponse>"
