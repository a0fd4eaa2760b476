"""The token webhook, asked over TLS as the API server asks it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from rehearsal.kubernetes import pki, tokens
from rehearsal.kubernetes.key_pairs import API_SERVER_CLIENT, Pair
from rehearsal.kubernetes.presigned import RefusedError
from rehearsal.paths import HOST, Environment
from tests.patience import PATIENCE, until

ADA = {"username": "ada", "groups": ["readers"]}


def decide(bearer: str) -> dict[str, Any]:
    if bearer == "ada's":
        return ADA
    if bearer == "at a bad time":
        raise ConnectionError("the cloud is starting")
    raise RefusedError("nobody knows it")


@pytest.fixture
def port(environment: Environment) -> Iterator[int]:
    pki.ensure(environment)
    server = tokens.serve(0, decide, tokens.ssl_context(environment))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def ask(environment: Environment, port: int, body: object) -> tuple[int, dict[str, Any]]:
    context = ssl.create_default_context(cafile=str(environment.certificate_authority))
    pair = Pair(environment.pki, API_SERVER_CLIENT.name)
    context.load_cert_chain(pair.certificate, pair.key)
    connection = http.client.HTTPSConnection(HOST, port, context=context, timeout=PATIENCE)
    connection.request("POST", "/", json.dumps(body))
    answer = connection.getresponse()
    document = json.load(answer)
    connection.close()
    return answer.status, document


def review(environment: Environment, port: int, bearer: str) -> tuple[int, dict[str, Any]]:
    return ask(environment, port, {"kind": "TokenReview", "spec": {"token": bearer}})


def test_a_known_caller_is_named(environment: Environment, port: int) -> None:
    status, document = review(environment, port, "ada's")
    assert (status, document["kind"]) == (200, "TokenReview")
    assert document["status"] == {"authenticated": True, "user": ADA}


def test_a_refused_token_is_nobodys_and_the_log_says_why(
    environment: Environment, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    status, document = review(environment, port, "mallory's")
    assert status == 200
    assert document["status"] == {"authenticated": False, "error": "nobody knows it"}
    assert "a token is refused: nobody knows it" in caplog.text
    assert "mallory's" not in caplog.text, "a log holds no tokens"


def test_while_the_cloud_is_away_the_api_server_is_told_to_ask_again(
    environment: Environment, port: int
) -> None:
    assert review(environment, port, "at a bad time")[0] == 500
    assert review(environment, port, "ada's")[0] == 200, "and the webhook goes on"


def test_what_is_no_token_review_is_a_bad_request(environment: Environment, port: int) -> None:
    assert ask(environment, port, {"spec": {}})[0] == 400


def test_a_caller_without_a_certificate_is_not_answered(
    environment: Environment, port: int
) -> None:
    """The webhook would tell anybody whether a token is good, and whose it is."""
    context = ssl.create_default_context(cafile=str(environment.certificate_authority))
    connection = http.client.HTTPSConnection(HOST, port, context=context, timeout=PATIENCE)

    def call() -> http.client.HTTPResponse:
        connection.request("POST", "/", json.dumps({"spec": {"token": "ada's"}}))
        return connection.getresponse()

    with closing(connection), pytest.raises((OSError, http.client.HTTPException)):
        call()
    assert review(environment, port, "ada's")[0] == 200, "the API server is answered"


def test_a_connection_without_a_certificate_is_one_line_in_the_log(
    port: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    context = ssl._create_unverified_context()
    bare = socket.create_connection((HOST, port), PATIENCE)
    with suppress(OSError), context.wrap_socket(bare) as wrapped:
        wrapped.recv(1)
    until(lambda: "a connection from 127.0.0.1 failed: " in caplog.text)
    assert "Traceback" not in caplog.text + capfd.readouterr().err
