"""Parts of WSGI requests that the application and its middleware share."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def read_body(environ: WSGIEnvironment) -> None:
    """Read the whole request body, so that a slow sender does not block other requests."""
    source = environ["wsgi.input"]
    if isinstance(source, io.BytesIO):
        return  # read before
    if environ.get("CONTENT_LENGTH"):
        body = source.read(int(environ["CONTENT_LENGTH"]))
    elif environ.get("wsgi.input_terminated"):
        body = source.read()
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
