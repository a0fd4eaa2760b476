"""Refusal of requests that come from another user of the machine, or from a page in a browser.

A page can make a browser call a loopback address under a name of its own (DNS rebinding), so the
names in Host and Origin are checked. The paths that are not AWS's need the admin token, which is in
a file that only its owner can read; AWS's own need a signature (see `authorization.gate`).
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from rehearsal.credentials import ADMIN_HEADER, Credentials
from rehearsal.paths import HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_TOKEN = "HTTP_" + ADMIN_HEADER.upper().replace("-", "_")
# The rehearsal's own, moto's, and a page that moto serves without a service.
_ADMIN_PATHS = ("/rehearsal/", "/moto-api", "/favicon.ico")


def refusal(environ: WSGIEnvironment, own: Credentials) -> Response | None:
    """Return the answer to a request that is not for this server, or lacks the admin token."""
    names = {f"{name}:{environ['SERVER_PORT']}" for name in (HOST, "localhost")}
    if environ.get("HTTP_HOST") not in names:
        return Response(f"This server is {' or '.join(sorted(names))} only.", 421)
    origin = environ.get("HTTP_ORIGIN")
    if origin and urlsplit(origin).netloc not in names:
        return Response("No page of another origin may call this server.", 403)
    given = environ.get(_TOKEN, "").encode("latin-1")
    if is_admin(environ) and not hmac.compare_digest(given, own.admin_token.encode()):
        return Response(f"The header {ADMIN_HEADER} lacks the environment's token.", 401)
    return None


def is_admin(environ: WSGIEnvironment) -> bool:
    """Return whether a request is for a path that is not AWS's."""
    return bool(environ["PATH_INFO"].startswith(_ADMIN_PATHS))
