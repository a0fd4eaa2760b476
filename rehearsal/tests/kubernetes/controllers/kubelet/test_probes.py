"""The probes of a container: what is asked, and what follows from the answers."""

import http.server
import threading

import pytest

from rehearsal.kubernetes.controllers.kubelet import probes
from rehearsal.kubernetes.controllers.kubelet.env_vars import ConfigError
from rehearsal.kubernetes.controllers.kubelet.probes import Health, Probe, Probes


class Answers:
    """A container that gives these answers, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def __call__(self):
        return self.answers.pop(0)


def test_without_probes_a_running_container_is_started_and_ready():
    health = Health(Probes(), 0)
    assert (health.started, health.ready, health.failed, health.rest(0)) == (True, True, "", None)


def test_a_container_is_ready_once_it_says_so_and_no_longer_after_three_failures():
    asked = Answers(False, True, False, False, False, True)
    health = Health(Probes(readiness=Probe(asked, period=10)), 0)
    seen = []
    for now in (0, 1, 11, 21, 31, 41):
        health.look(now)
        seen.append(health.ready)
    assert seen == [False, True, True, True, False, True]
    assert health.failed == "", "a container that is not ready is left alone"


def test_until_it_is_ready_first_a_container_is_asked_every_second_and_then_in_its_period():
    health = Health(Probes(readiness=Probe(Answers(False, True), period=10)), 0)
    health.look(0)
    assert health.rest(0) == 1
    health.look(1)
    assert health.rest(1) == 10


def test_a_first_delay_is_kept():
    health = Health(Probes(readiness=Probe(Answers(True), delay=7)), 100)
    assert health.rest(100) == 7
    health.look(106)
    assert not health.ready
    health.look(107)
    assert health.ready


def test_the_other_probes_wait_until_the_startup_probe_holds():
    liveness = Answers(True)
    every = Probes(startup=Probe(Answers(False, True)), liveness=Probe(liveness))
    health = Health(every, 0)
    health.look(0)
    assert (health.started, health.ready, len(liveness.answers)) == (False, False, 1)
    health.look(1)
    assert (health.started, health.ready) == (True, True)
    health.look(1)
    assert liveness.answers == []


def test_a_startup_that_fails_counts_by_its_period_however_often_it_is_asked():
    health = Health(Probes(startup=Probe(Answers(*[False] * 30), period=10, failures=2)), 0)
    for now in range(10):
        health.look(now)
    assert health.failed == ""
    health.look(10)
    assert health.failed == "startup"


def test_a_container_that_was_alive_is_given_up_after_its_failures_in_a_row():
    answers = Answers(False, True, False, False)
    health = Health(Probes(liveness=Probe(answers, period=5, failures=2)), 0)
    for now in (0, 5, 10):
        health.look(now)
        assert health.failed == ""
    health.look(15)
    assert health.failed == "liveness"


@pytest.fixture
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/ping" and self.headers["X-Asked"] == "yes"
            self.send_response(200 if found else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def ask(spec, port, run=lambda _command, _seconds: True):
    ports = [{"name": "http", "containerPort": port}]
    container = {"name": "main", "ports": ports, "readinessProbe": spec}
    return probes.of(container, "127.0.0.1", run).readiness.ask()


def test_a_get_is_really_sent_to_the_port_by_number_or_name(server):
    headers = [{"name": "X-Asked", "value": "yes"}]
    for port in (server, "http", str(server)):
        assert ask({"httpGet": {"path": "/ping", "port": port, "httpHeaders": headers}}, server)
    assert not ask({"httpGet": {"path": "/ping", "port": server}}, server)
    assert not ask({"httpGet": {"path": "/", "port": server, "scheme": "HTTPS"}}, server)


def test_a_socket_is_really_opened(server):
    assert ask({"tcpSocket": {"port": "http"}}, server)
    assert not ask({"tcpSocket": {"port": 1}}, server)


def test_a_command_is_really_run(tmp_path):
    run = probes.run_by({"PATH": "/usr/bin:/bin"}, tmp_path, list)
    assert run(["sh", "-c", "exit 0"], 5)
    assert not run(["sh", "-c", "exit 1"], 5)
    assert not run(["sleep", "5"], 0.1), "it took too long"
    assert not run(["/there/is/none"], 5)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"grpc": {"port": 1}}, "by httpGet, tcpSocket or exec"),
        ({"tcpSocket": {"port": "web"}}, "has no port named web"),
    ],
)
def test_a_probe_that_can_not_be_asked_is_refused(spec, message):
    with pytest.raises(ConfigError, match=message):
        ask(spec, 1)
