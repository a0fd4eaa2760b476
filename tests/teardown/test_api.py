"""The client of the Kubernetes API asks what a pod of the standard library can ask."""

import json
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from teardown.api import Api, ApiError


class Server(ThreadingHTTPServer):
    """Answers with pages of pods, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, str, Any]] = []
        self.refuses = 0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._keep(None)
        url = urlsplit(self.path)
        if url.path == "/api/v1/pods":
            first = "continue" not in parse_qs(url.query)
            page = {"items": [{"n": 1 if first else 2}]}
            self._answer(200, page | ({"metadata": {"continue": "more"}} if first else {}))
        else:
            self._answer(404, {"message": "not found"})

    def do_DELETE(self) -> None:
        self._keep(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        status = self.server.refuses or 200
        self._answer(status, {"message": "because"})

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _keep(self, body: Any) -> None:
        self.server.asked.append((self.command, self.path, self.headers["Authorization"], body))

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def api(server: Server) -> Api:
    tokens = iter(["one", "two", "three"])
    url = f"http://127.0.0.1:{server.server_port}"
    return Api(url, lambda: next(tokens), ssl.create_default_context())


def test_a_listing_goes_on_to_its_last_page_with_a_fresh_token_each_time(
    api: Api, server: Server
) -> None:
    assert api.list("/api/v1/pods") == [{"n": 1}, {"n": 2}]
    assert [one[2] for one in server.asked] == ["Bearer one", "Bearer two"]


def test_a_kind_that_the_cluster_does_not_have_has_no_objects(api: Api) -> None:
    assert api.list("/apis/nobody.example/v1/things") == []
    assert api.get("/api/v1/namespaces/none") is None


def test_a_deletion_is_of_one_object_and_takes_its_dependents(api: Api, server: Server) -> None:
    api.delete("/api/v1/namespaces/a/pods/b", "uid-1")
    ((_, _, _, body),) = server.asked
    assert body["preconditions"] == {"uid": "uid-1"}
    assert body["propagationPolicy"] == "Background"


def test_an_object_that_is_another_by_now_is_left_alone(api: Api, server: Server) -> None:
    server.refuses = 409
    api.delete("/api/v1/namespaces/a/pods/b", "uid-1")


def test_a_refusal_is_told_in_the_servers_words(api: Api, server: Server) -> None:
    server.refuses = 403
    with pytest.raises(ApiError, match="because"):
        api.delete("/api/v1/namespaces/a/pods/b", "uid-1")


def test_no_answer_is_an_error_that_names_the_server() -> None:
    with pytest.raises(ApiError, match=r"127\.0\.0\.1:1 does not answer"):
        Api("http://127.0.0.1:1", lambda: "t", ssl.create_default_context()).list("/api/v1/pods")
