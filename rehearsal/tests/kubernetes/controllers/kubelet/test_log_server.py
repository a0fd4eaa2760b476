"""Server that answers `kubectl logs`."""

import contextlib
import http.client
import ssl
import threading
import time

import pytest

from rehearsal import logs
from rehearsal.kubernetes import pki
from rehearsal.kubernetes.controllers.kubelet import log_server
from rehearsal.kubernetes.controllers.kubelet.log_server import LogServer
from rehearsal.kubernetes.key_pairs import Pair
from tests.patience import PATIENCE


@pytest.fixture
def served(environment):
    pki.ensure(environment)
    folder = logs.pod_folder(environment, "team", "load")
    folder.mkdir(parents=True)
    (folder / "main.log").write_text("one\ntwo\nthree\n")
    running = set()
    server = LogServer(environment, lambda *names: names in running)
    server.start()
    yield environment, server.port, running
    server.stop()


def get(served, path, client="kubelet-client"):
    environment, port, _ = served
    context = ssl.create_default_context(cafile=str(environment.certificate_authority))
    if client:
        pair = Pair(environment.pki, client)
        context.load_cert_chain(pair.certificate, pair.key)
    asked = http.client.HTTPSConnection("localhost", port, context=context, timeout=PATIENCE)
    with contextlib.closing(asked) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "one\ntwo\nthree\n"),
        ("?tailLines=2", "two\nthree\n"),
        ("?tailLines=9", "one\ntwo\nthree\n"),
        ("?tailLines=0", ""),
        ("?limitBytes=5", "one\nt"),
        ("?follow=true", "one\ntwo\nthree\n"),
    ],
)
def test_the_api_server_gets_what_kubectl_asks_it_for(served, query, expected):
    assert get(served, f"/containerLogs/team/load/main{query}") == (200, expected)


@pytest.mark.parametrize(
    "path",
    [
        "/containerLogs/team/load/other",
        "/containerLogs/team/none/main",
        "/containerLogs/../../main",
        "/containerLogs/team/%2e%2e/cloud",
        "/exec/team/load/main",
        "/",
    ],
)
def test_anything_else_is_not_there(served, path):
    status, said = get(served, path)
    assert status == 404
    assert "rehearsal" in said


def test_who_is_not_the_api_server_gets_nothing(served):
    with pytest.raises((ssl.SSLError, OSError)):
        get(served, "/containerLogs/team/load/main", client="")


def test_a_log_is_followed_until_its_container_has_ended(served):
    environment, _, running = served
    running.add(("team", "load", "main"))

    def end():
        time.sleep(0.3)
        with (logs.pod_folder(environment, "team", "load") / "main.log").open("a") as log:
            log.write("four\n")
        running.clear()

    threading.Thread(target=end).start()
    status, said = get(served, "/containerLogs/team/load/main?follow=true&tailLines=1")
    assert (status, said) == (200, "three\nfour\n")


def test_a_node_is_told_once_where_its_kubelet_answers():
    node = {"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}}
    changes = log_server.told(node, 4711)
    assert changes["addresses"] == [
        {"type": "InternalIP", "address": "10.0.0.1"},
        {"type": "ExternalDNS", "address": "localhost"},
    ]
    assert log_server.told({"status": changes}, 4711) is None
    assert log_server.told({"status": changes}, 4712) is not None
