"""Tell requests that only read from those that can change the account."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_READ = ("Describe", "List", "Get", "Head")
_FORM = "application/x-www-form-urlencoded"


def only_reads(environ: WSGIEnvironment) -> bool:
    """Return whether a request only reads, by the name of its call or else by its method.

    A read can change something too, as when it finds that a resource is ready. That need not be
    saved: a read after a restart finds the same.
    """
    action = _action(environ)
    if action:
        return action.startswith(_READ)
    return environ["REQUEST_METHOD"] in {"GET", "HEAD"}


def _action(environ: WSGIEnvironment) -> str:
    """Return the name of a call, or an empty text if the protocol names none."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2]
    form = str(environ.get("QUERY_STRING", ""))
    if environ.get("CONTENT_TYPE", "").startswith(_FORM):
        environ["wsgi.input"].seek(0)
        form = environ["wsgi.input"].read().decode("utf-8", "replace")
    return parse_qs(form).get("Action", [""])[0]
