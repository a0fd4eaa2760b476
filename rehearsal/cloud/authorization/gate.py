"""IAM's answer to a request, before the service that it is for sees it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from rehearsal.cloud import refusals
from rehearsal.cloud.authorization import callers, calls, s3, verdicts
from rehearsal.cloud.authorization.callers import Caller, Signature
from rehearsal.cloud.authorization.verdicts import Need
from rehearsal.places import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Of the request that is being answered, for what S3 asks object by object.
CALLER: ContextVar[Caller | None] = ContextVar("CALLER", default=None)


def refusal(environ: WSGIEnvironment) -> Response | None:
    """AWS's refusal of a request, or None if IAM lets it pass."""
    CALLER.set(None)
    signed = callers.signature(environ)
    if signed is None:
        return None
    caller = callers.find(ACCOUNT_ID, signed.access_key)
    if caller is None:
        return refusals.unknown_session(environ)
    CALLER.set(caller)
    for need in _needs(environ, signed):
        if because := verdicts.objection(caller, need):
            return refusals.access_denied(environ, sentence(caller, need, because))
    return None


def sentence(caller: Caller, need: Need, because: str) -> str:
    """AWS's sentence for a refusal; S3 puts the resource in quotes."""
    resource = f'"{need.resource}"' if need.action.startswith("s3:") else need.resource
    return (
        f"User: {caller.arn} is not authorized to perform: {need.action} "
        f"on resource: {resource} {because}"
    )


def _needs(environ: WSGIEnvironment, signed: Signature) -> list[Need]:
    if signed.service == "s3":
        return s3.needs(environ, ACCOUNT_ID)
    return calls.needs(environ, signed, ACCOUNT_ID)
