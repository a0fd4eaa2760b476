"""A little server that stands for a service of an environment: it answers 200 to anything.

python fake_service.py PORT [FLAW]

FLAW is `ends` (it says why and ends), `mute` (it never listens) or `stubborn` (it ignores SIGTERM).
"""

import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()


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
