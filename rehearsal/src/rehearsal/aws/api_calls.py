"""Name the service and the call of a request, in any of AWS's protocols."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl

import botocore.session

from rehearsal.aws.refusals import service_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

BOTO3_NAMES = {"elasticfilesystem": "efs", "elasticloadbalancing": "elbv2"}
"""Names of boto3 and the AWS CLI, for services that sign requests by another name."""


def named(environ: WSGIEnvironment) -> tuple[str, str]:
    """Return the service, as the AWS CLI names it, and the call, such as CreateVpc.

    The body must have been read. The call is "" if the service has no call of this form.
    """
    signing = service_of(environ)
    service = BOTO3_NAMES.get(signing, signing)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return service, str(target).rpartition(".")[2]
    body = environ["wsgi.input"]
    body.seek(0)
    text = body.read().decode("utf-8", "replace") or environ.get("QUERY_STRING", "")
    body.seek(0)
    if text.startswith(("Action=", "Version=")) and (action := parse_qs(text).get("Action")):
        return service, action[0]
    return service, _by_path(service, environ)


def _by_path(service: str, environ: WSGIEnvironment) -> str:
    """Return the call of a method, a path and a query; the most particular of several."""
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    best, most = "", -1
    for name, method, path, fixed in _routes(service):
        fits = method == environ["REQUEST_METHOD"] and path.fullmatch(environ["PATH_INFO"])
        if fits and len(fixed) > most and fixed.items() <= query.items():
            best, most = name, len(fixed)
    return best


@cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str], dict[str, str]]]:
    """Return the name, method, path and fixed query of each call of a service's API model."""
    session = botocore.session.Session()
    if service not in session.get_available_services():
        return []
    model = session.get_service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\\{\w+(\\\+)?\\}", _any_part, re.escape(path))
        fixed = dict(parse_qsl(query, keep_blank_values=True))
        found.append((name, http["method"], re.compile(f"{pattern}/?"), fixed))
    return sorted(found, key=lambda one: one[0] in DEPRECATED or one[0] in SPECIAL)


DEPRECATED = {"PutBucketLifecycle", "GetBucketLifecycle", "PutBucketNotification"}
SPECIAL = {"CopyObject", "UploadPart", "UploadPartCopy", "AbortMultipartUpload", "ListParts"}
"""Calls of S3 that differ from a more frequent one by a header or by part of the query only."""


def _any_part(found: re.Match[str]) -> str:
    return ".+" if found[1] else "[^/]+"
