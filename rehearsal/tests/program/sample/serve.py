"""Answer requests on port 8080 of an address: `python -m sample.serve ADDRESS`."""

import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8080


class Handler(BaseHTTPRequestHandler):
    """Answers every GET without a body."""

    def do_GET(self) -> None:
        """Answer 200."""
        self.send_response(HTTPStatus.OK)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing about a request."""


def main(address: str) -> None:
    """Serve until the process is ended."""
    with ThreadingHTTPServer((address, PORT), Handler) as server:
        print(f"serving on {address}:{PORT}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
