"""Web server on loopback with one file; it supports ranges, and breaks connections on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"


@dataclass
class Site:
    """File and behaviour of the server."""

    body: bytes
    etag: str | None = '"one"'
    modified: str | None = MODIFIED
    ranges: bool = True
    status: int = 200
    breaks: list[int] = field(default_factory=list)
    """Number of bytes after which each of the next responses ends."""
    asked: list[str | None] = field(default_factory=list)
    """Range header of each request."""
    url: str = ""


@contextmanager
def served(site: Site, name: str = "model.bin") -> Iterator[Site]:
    """Serve the site at its URL while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            site.asked.append(wanted)
            begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and site.ranges else 0
            self.send_response(206 if begin and site.status == 200 else site.status)
            for header, value in (("ETag", site.etag), ("Last-Modified", site.modified)):
                if value:
                    self.send_header(header, value)
            self.send_header("Content-Length", str(len(site.body) - begin))
            self.end_headers()
            body = site.body[begin:]
            self.wfile.write(body[: site.breaks.pop(0)] if site.breaks else body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/files/{name}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
