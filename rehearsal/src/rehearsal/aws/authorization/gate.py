"""Decide on a request by IAM, before its service receives it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from rehearsal.aws import refusals
from rehearsal.aws.authorization import callers, calls, s3, verdicts
from rehearsal.aws.authorization.callers import Caller, Signature
from rehearsal.aws.authorization.verdicts import RequiredPermission
from rehearsal.paths import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Caller of the present request, for S3's decisions on single objects.
CALLER: ContextVar[Caller | None] = ContextVar("CALLER", default=None)


def refusal(environ: WSGIEnvironment) -> Response | None:
    """Return AWS's error for a request, or None if IAM allows it."""
    CALLER.set(None)
    signed = callers.signature(environ)
    if signed is None:
        return None
    caller = callers.find(ACCOUNT_ID, signed.access_key)
    if caller is None:
        return refusals.unknown_session(environ)
    CALLER.set(caller)
    for permission in _needs(environ, signed):
        if because := verdicts.denial_reason(caller, permission):
            return refusals.access_denied(environ, sentence(caller, permission, because))
    return None


def sentence(caller: Caller, permission: RequiredPermission, because: str) -> str:
    """Return AWS's error message for a denied call; the resource of an S3 call is in quotes."""
    resource = (
        f'"{permission.resource}"' if permission.action.startswith("s3:") else permission.resource
    )
    return (
        f"User: {caller.arn} is not authorized to perform: {permission.action} "
        f"on resource: {resource} {because}"
    )


def _needs(environ: WSGIEnvironment, signed: Signature) -> list[RequiredPermission]:
    if signed.service == "s3":
        return s3.required_permissions(environ, ACCOUNT_ID)
    return calls.required_permissions(environ, signed, ACCOUNT_ID)
