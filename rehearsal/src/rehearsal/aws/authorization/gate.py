"""Decide on a request by its signature and by IAM, before its service receives it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from rehearsal.aws import refusals
from rehearsal.aws.authorization import callers, calls, s3, signatures, verdicts
from rehearsal.aws.authorization.callers import Caller
from rehearsal.aws.authorization.signatures import Signature
from rehearsal.aws.authorization.verdicts import RequiredPermission
from rehearsal.credentials import Credentials
from rehearsal.paths import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Caller of the present request, for S3's decisions on single objects.
CALLER: ContextVar[Caller | None] = ContextVar("CALLER", default=None)


def refusal(environ: WSGIEnvironment, own: Credentials) -> Response | None:
    """Return AWS's error for a request, or None if IAM allows it.

    Args:
        environ: The request.
        own: Keys of the rehearsal's user, who has all permissions.
    """
    CALLER.set(None)
    signed = signatures.read(environ)
    if signed is None:
        return refusals.unsigned(environ)
    if refused := _forgery(environ, signed, own):
        return refused
    if signed.presigned and signed.service != "s3":
        # moto takes any request without this header for S3's.
        environ["HTTP_AUTHORIZATION"] = signed.header
    caller = callers.find(ACCOUNT_ID, signed.access_key)
    if caller is None:
        return None
    CALLER.set(caller)
    for permission in _needs(environ, signed):
        if because := verdicts.denial_reason(caller, permission):
            return refusals.access_denied(environ, sentence(caller, permission, because))
    return None


def _forgery(environ: WSGIEnvironment, signed: Signature, own: Credentials) -> Response | None:
    """Return AWS's error for a signature that is not that of a key of the account."""
    if signed.access_key == own.access_key:
        known: tuple[str, str | None] | None = (own.secret_key, None)
    else:
        known = callers.secrets_of(ACCOUNT_ID, signed.access_key)
    if known is None or known[1] != signed.token:
        return refusals.unknown_key(environ)
    if not signed.is_timely:
        return refusals.untimely(environ, signed.presigned)
    if not signatures.is_made_with(environ, signed, known[0]):
        return refusals.forged(environ)
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
