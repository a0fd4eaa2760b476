"""Program of another user of the machine, who has the ports of a rehearsal and nothing else.

    python stranger.py '{"uid": 65534, "ports": [...], "files": [...]}'

It asks every port in every protocol that a rehearsal's servers speak, and prints what it was
answered, as JSON: a list of [port, question, answer].
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Any

import botocore.session
import grpc
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2_grpc, provider_pb2, provider_pb2_grpc

SECONDS = 20
POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/", None),
    ("GET", "/data?list-type=2", None),
    ("GET", "/data/key", None),
    ("POST", "/rehearsal/reset", None),
    ("GET", "/rehearsal/inventory", None),
    ("GET", "/rehearsal/clusters", None),
    ("POST", "/moto-api/reset", None),
    ("GET", "/moto-api/data.json", None),
    ("POST", "/?Action=ListUsers&Version=2010-05-08", None),
    ("GET", "/api/v1/secrets", None),
    ("POST", "/api/v1/namespaces/default/pods", POD),
    ("POST", "/v3/kv/range", {"key": "AA==", "range_end": "AA=="}),
    ("GET", "/version", None),
    ("GET", "/metrics", None),
    ("GET", "/debug/pprof/", None),
    ("GET", "/pods", None),
    ("GET", "/containerLogs/default/p/c", None),
    ("POST", "/exec/default/p/c?command=id&output=1", None),
    ("POST", "/", {"spec": {"token": "k8s-aws-v1.x"}}),
)
"""HTTP requests: method, path and body."""


def ask_http(port: int, *, tls: bool) -> list[list[Any]]:
    """Send each request, without and with keys that everybody knows."""
    found = []
    for method, path, body in REQUESTS:
        for signed in (False, True):
            question = f"{'https' if tls else 'http'}{' signed' * signed} {method} {path}"
            found.append([port, question, answered(port, tls, method, path, body, signed)])
    return found


def answered(  # noqa: PLR0917 - the parts of a request
    port: int, tls: bool, method: str, path: str, body: Any, signed: bool
) -> str:
    context = ssl._create_unverified_context()
    connection: http.client.HTTPConnection = (
        http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=SECONDS)
        if tls
        else http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    )
    text = json.dumps(body) if body else ""
    request = AWSRequest(method, f"http://127.0.0.1:{port}{path}", data=text)
    if signed:
        SigV4Auth(Credentials("rehearsal", "rehearsal"), "s3", "us-west-2").add_auth(request)
    with contextlib.closing(connection):
        try:
            connection.request(method, path, text, dict(request.headers))
            answer = connection.getresponse()
            return f"{answer.status} {answer.read(2000).decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as error:
            return f"no answer: {type(error).__name__}"


def ask_grpc(port: int) -> list[list[Any]]:
    """Call a provider and a language host."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        provider = provider_pb2_grpc.ResourceProviderStub(channel)
        language = language_pb2_grpc.LanguageRuntimeStub(channel)
        create = provider_pb2.CreateRequest(urn="urn:pulumi:a::b::aws:s3/bucketV2:BucketV2::c")
        calls = {
            "provider info": (provider.GetPluginInfo, empty_pb2.Empty()),
            "provider create": (provider.Create, create),
            "language info": (language.GetPluginInfo, empty_pb2.Empty()),
        }
        return [[port, name, called(*call)] for name, call in calls.items()]


def called(method: Any, request: Any) -> str:
    try:
        return f"200 {method(request, timeout=SECONDS)}"
    except grpc.RpcError as error:
        return f"no answer: {error.code().name}"


def read(path: str) -> list[Any]:
    """Read a file or list a folder."""
    entry = Path(path)
    try:
        content = sorted(map(str, entry.iterdir())) if entry.is_dir() else entry.read_text()
    except OSError as error:
        return [0, path, f"no answer: {type(error).__name__}"]
    return [0, path, f"200 {content}"]


def main() -> None:
    """Become the other user, ask, and print the answers."""
    task = json.loads(sys.argv[1])
    # What is imported late could not be read any more.
    botocore.session.get_session()
    answered(1, False, "GET", "/", None, True)
    ask_grpc(1)
    os.setgroups([])
    os.setgid(task["uid"])
    os.setuid(task["uid"])
    answers = [read(path) for path in task["files"]]
    for port in task["ports"]:
        answers += ask_http(port, tls=False) + ask_http(port, tls=True) + ask_grpc(port)
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
