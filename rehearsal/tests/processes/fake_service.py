"""A little server that stands for a service of an environment: it answers 200 to anything.

python fake_service.py PORT [FLAW]

FLAW is `ends` (it says why and ends), `mute` (it never listens), `stubborn` (it ignores SIGTERM) or
`full` (it cannot save).
"""

import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, b'{"unsaved": []}')

    def do_POST(self) -> None:
        if "full" in sys.argv:
            self.answer(507, b'{"message": "Make room on that disk."}')
        else:
            self.do_GET()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    port, flaw = int(sys.argv[1]), "".join(sys.argv[2:])
    if flaw == "ends":
        sys.exit("the frobnicator is missing")
    if flaw == "mute":
        time.sleep(60)
    if flaw == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("serving", flush=True)
    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


main()
