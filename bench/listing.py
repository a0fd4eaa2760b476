"""Measure the listing of a prefix of millions of objects, against a server of made-up pages.

The server is a process of its own on the loopback address, and answers at once: the time is that
of the program's side. S3 itself takes its own time for each of the requests.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from components.kubeconfig import Credentials
from components.prefix_listing import list_prefix
from settings.prefixes import s3_client

PAGE = 1000
ENTRY = (
    "<Contents><Key>images/{folder:05}/{number:09}.png</Key>"
    "<LastModified>2026-11-01T00:00:00.000Z</LastModified>"
    "<ETag>&quot;9a0364b9e99bb480dd25e1f0284c8555&quot;</ETag><Size>48213</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
)


class Listed(NamedTuple):
    """Cost of a listing."""

    objects: int
    seconds: float
    cpu_seconds: float
    mib: float
    """Most memory of the process that listed, in MiB."""


class Pages(BaseHTTPRequestHandler):
    """S3's answers to HeadBucket and ListObjectsV2 for a bucket whose name ends in its size."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        """Answer HeadBucket."""
        self._answer(b"")

    def do_GET(self) -> None:
        """Answer a page of ListObjectsV2."""
        asked = urlsplit(self.path)
        count = int(asked.path.strip("/").rpartition("-")[2])
        start = int(parse_qs(asked.query).get("continuation-token", ["0"])[0])
        end = min(start + PAGE, count)
        entries = "".join(ENTRY.format(folder=n // PAGE, number=n) for n in range(start, end))
        more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < count else ""
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(end < count).lower()}</IsTruncated>{more}{entries}"
            "</ListBucketResult>"
        )
        self._answer(text.encode())

    def log_message(self, *_: object) -> None:
        """Write no line for a request."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("x-amz-bucket-region", "us-west-2")
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def server() -> Iterator[str]:
    """Run the server in a process of its own, and give its URL."""
    command = [sys.executable, "-m", "bench.listing", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            yield serving.stdout.readline().strip()
        finally:
            serving.kill()


def listing(url: str, objects: int) -> Listed:
    """List a prefix of so many objects in a process of its own.

    Args:
        url: URL of the server.
        objects: Number of objects, at most 20 million.
    """
    command = [sys.executable, "-m", "bench.listing", "list", url, str(objects)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Listed(objects, *map(float, said))


def serve() -> None:
    """Serve pages until the process is killed, and print the URL first."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as serving:
        print(f"http://127.0.0.1:{serving.server_address[1]}", flush=True)
        serving.serve_forever()


def list_once(url: str, objects: int) -> None:
    """List a prefix, and print seconds, CPU seconds and MiB."""
    os.environ["AWS_ENDPOINT_URL"] = url
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    client = s3_client("us-west-2", Credentials(environment=keys))
    began = time.perf_counter()
    found = list_prefix(client, f"many-{objects}", "images/")
    assert found.objects == objects, found
    seconds = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF)
    print(seconds, most.ru_utime + most.ru_stime, most.ru_maxrss / 1024)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        list_once(sys.argv[2], int(sys.argv[3]))
