import os
import random
import re
import socket
import tarfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import xgboost

from tests.patience import PATIENCE
from workloads import serve
from workloads.errors import BadDataError

ROWS = np.array([[number % 3, number % 5] for number in range(90)], np.float32)
LABELS = ROWS[:, 0]


def trained(objective: str) -> xgboost.Booster:
    parameters = {"objective": objective, "num_class": 3, "nthread": 1}
    return xgboost.train(parameters, xgboost.DMatrix(ROWS, LABELS), 5)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / serve.MODEL).write_bytes(trained("multi:softmax").save_raw("ubj"))
    return folder


@pytest.fixture(scope="module")
def address(model: Path) -> Iterator[int]:
    with serve.ModelServer("127.0.0.1", 0, serve.load_model(model)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def ask(
    port: int, method: str, path: str, body: str = "", content_type: str = "text/csv"
) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, path, body, {"Content-Type": content_type})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_ping_says_that_the_model_is_there(address: int) -> None:
    assert ask(address, "GET", "/ping") == (200, "")


def test_each_row_has_a_line_with_its_class(address: int) -> None:
    assert ask(address, "POST", "/invocations", "0,1\n2,4\n\n1,0\n") == (200, "0\n2\n1\n")
    assert ask(address, "POST", "/invocations", "2,", "text/csv; charset=utf-8") == (200, "2\n")


def test_one_connection_answers_many_requests(address: int) -> None:
    connection = HTTPConnection("127.0.0.1", address, timeout=PATIENCE)
    for path, status in (("/ping", 200), ("/other", 404), ("/ping", 200)):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == status
        answer.read()
    connection.close()


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        (("POST", "/invocations", "2,0,1"), 400, "row 1 has 3 cells and the model has 2 features"),
        (("POST", "/invocations", "red,1"), 400, "every cell must be a number"),
        (("POST", "/invocations", ""), 400, "there are no rows"),
        (("POST", "/invocations", "{}", "application/json"), 415, "send rows as Content-Type"),
        (("POST", "/other", "0,1"), 404, "there is GET /ping and POST /invocations"),
        (("GET", "/"), 404, "there is GET /ping and POST /invocations"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(
    address: int, request_: tuple[str, ...], status: int, said: str
) -> None:
    answered, text = ask(address, *request_)
    assert answered == status
    assert said in text


def test_a_request_without_end_is_not_read(address: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "MAX_REQUEST_SIZE", 10)
    status, text = ask(address, "POST", "/invocations", "0,1\n" * 10)
    assert status == 413
    assert "at most 10 bytes" in text


@pytest.mark.parametrize(
    "request_", ["nonsense", "POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: \xb2"]
)
def test_what_is_no_request_is_told_so(address: int, request_: str) -> None:
    with socket.create_connection(("127.0.0.1", address), timeout=PATIENCE) as connection:
        connection.sendall(f"{request_}\r\n\r\n".encode("latin-1"))
        assert re.search(rb"40\d|411", connection.recv(1000))


def test_probabilities_are_a_cell_for_each_class(tmp_path: Path) -> None:
    text = serve.predict(trained("multi:softprob"), ROWS[:2])
    rows = [[float(cell) for cell in line.split(",")] for line in text.splitlines()]
    assert [len(row) for row in rows] == [3, 3]
    assert [row.index(max(row)) for row in rows] == [0, 1]


def test_sagemakers_archive_is_read_without_unpacking_it(model: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / serve.ARCHIVE, "w:gz") as archive:
        archive.add(model / serve.MODEL, serve.MODEL)
    assert serve.load_model(tmp_path).num_features() == 2
    assert [path.name for path in tmp_path.iterdir()] == [serve.ARCHIVE]


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("notes", b"", os.EX_NOINPUT, "holds neither xgboost-model nor model.tar.gz"),
        (serve.MODEL, b"no model", os.EX_DATAERR, "is not a model that xgboost"),
        (serve.ARCHIVE, b"no archive", os.EX_DATAERR, "cannot be read"),
    ],
)
def test_without_a_model_the_server_does_not_start(  # noqa: PLR0917 (pytest's)
    tmp_path: Path,
    name: str,
    content: bytes,
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / name).write_bytes(content)
    assert serve.main([str(tmp_path), "--port", "0"]) == status
    assert said in capsys.readouterr().err
    assert serve.main([str(tmp_path / "not-mounted")]) == os.EX_NOINPUT


def test_an_archive_without_a_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    with tarfile.open(tmp_path / serve.ARCHIVE, "w:gz") as archive:
        archive.add(tmp_path / "other", "other")
    assert serve.main([str(tmp_path)]) == os.EX_DATAERR


@pytest.mark.parametrize("seed", range(12))
def test_an_archive_that_was_spoilt_is_named(model: Path, tmp_path: Path, seed: int) -> None:
    """Damage bytes of the archive: some break the compression, others change the content."""
    with tarfile.open(tmp_path / serve.ARCHIVE, "w:gz") as archive:
        archive.add(model / serve.MODEL, serve.MODEL)
    packed = bytearray((tmp_path / serve.ARCHIVE).read_bytes())
    packed[random.Random(seed).randrange(200, len(packed))] ^= 64
    (tmp_path / serve.ARCHIVE).write_bytes(packed)
    with pytest.raises(BadDataError, match="copy it again"):
        serve.load_model(tmp_path)


def test_a_port_that_is_taken_ends_with_an_error(
    model: Path, address: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main([str(model), "--host", "127.0.0.1", "--port", str(address)]) == os.EX_USAGE
    said = capsys.readouterr().err
    assert f"--port {address}: Address already in use. Give" in said
