"""The token webhook, asked over TLS as the API server asks it."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.cluster import pki, tokens
from rehearsal.cluster.presigned import RefusedError
from rehearsal.places import HOST, World
from tests.patience import PATIENCE

ADA = {"username": "ada", "groups": ["readers"]}


def decide(bearer: str) -> dict[str, Any]:
    if bearer == "ada's":
        return ADA
    if bearer == "at a bad time":
        raise ConnectionError("the cloud is starting")
    raise RefusedError("nobody knows it")


@pytest.fixture
def port(world: World) -> Iterator[int]:
    pki.ensure(world)
    pair = pki.Pair(world.pki, "token-webhook")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    server = tokens.serve(0, decide, context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def ask(world: World, port: int, body: object) -> tuple[int, dict[str, Any]]:
    context = ssl.create_default_context(cafile=str(world.certificate_authority))
    connection = http.client.HTTPSConnection(HOST, port, context=context, timeout=PATIENCE)
    connection.request("POST", "/", json.dumps(body))
    answer = connection.getresponse()
    document = json.load(answer)
    connection.close()
    return answer.status, document


def review(world: World, port: int, bearer: str) -> tuple[int, dict[str, Any]]:
    return ask(world, port, {"kind": "TokenReview", "spec": {"token": bearer}})


def test_a_known_caller_is_named(world: World, port: int) -> None:
    status, document = review(world, port, "ada's")
    assert (status, document["kind"]) == (200, "TokenReview")
    assert document["status"] == {"authenticated": True, "user": ADA}


def test_a_refused_token_is_nobodys_and_the_log_says_why(
    world: World, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    status, document = review(world, port, "mallory's")
    assert status == 200
    assert document["status"] == {"authenticated": False, "error": "nobody knows it"}
    assert "a token is refused: nobody knows it" in caplog.text
    assert "mallory's" not in caplog.text, "a log holds no tokens"


def test_while_the_cloud_is_away_the_api_server_is_told_to_ask_again(
    world: World, port: int
) -> None:
    assert review(world, port, "at a bad time")[0] == 500
    assert review(world, port, "ada's")[0] == 200, "and the webhook goes on"


def test_what_is_no_token_review_is_a_bad_request(world: World, port: int) -> None:
    assert ask(world, port, {"spec": {}})[0] == 400
