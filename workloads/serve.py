"""Serves a trained model over HTTP, as SageMaker's containers do.

    python -m workloads.serve /models/digits --port 8080
    curl localhost:8080/ping
    curl localhost:8080/invocations --data-binary @rows.csv -H 'Content-Type: text/csv'

The directory holds `xgboost-model`, or the `model.tar.gz` that a SageMaker job left. Rows are CSV
without the label; each gives one line of the answer: the prediction, or for a model that tells a
probability for each class those, with commas.
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import argparse
import gzip
import socket
import sys
import tarfile
import zlib
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from workloads import faults
from workloads.arguments import Parser, count_or_none
from workloads.files import CHUNK, existing_directory
from workloads.summary import say

MODEL = "xgboost-model"
ARCHIVE = "model.tar.gz"
LARGEST = 6 * 1024 * 1024
"""Bytes of a request; SageMaker's own limit."""

SILENCE = 60
"""Seconds after which a client that says nothing is hung up on."""


class RequestError(Exception):
    """A request cannot be answered; the text says why."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


def load(directory: Path) -> xgboost.Booster:
    """The model of a directory.

    Raises:
        MissingInputError: there is no such directory, or no model in it.
        BadDataError: what is there is no model of xgboost's.
    """
    content = model_bytes(existing_directory(directory))
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError as error:
        raise faults.BadDataError(
            f"{directory}: {MODEL} is not a model that xgboost {xgboost.__version__} can read; "
            "save it with save_model"
        ) from error


def model_bytes(directory: Path) -> bytes:
    """The model's file, from the directory or its archive.

    Raises:
        MissingInputError: there is none.
        BadDataError: the archive cannot be read, or holds none.
    """
    plain, archive = directory / MODEL, directory / ARCHIVE
    if plain.is_file():
        return plain.read_bytes()
    if not archive.is_file():
        raise faults.MissingInputError(
            f"{directory} holds neither {MODEL} nor {ARCHIVE}; give the directory of a model"
        )
    try:
        with gzip.open(archive) as content, tarfile.open(fileobj=content) as bundle:
            members = {Path(member.name).name: member for member in bundle if member.isfile()}
            stream = bundle.extractfile(members[MODEL]) if MODEL in members else None
            model = stream.read() if stream else None
            while content.read(CHUNK):  # only its end tells whether all of it is right
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise faults.BadDataError(f"{archive} cannot be read ({error}); copy it again") from error
    if model is None:
        raise faults.BadDataError(f"{archive} holds no {MODEL}; give a training's own archive")
    return model


def rows_of(content_type: str, body: bytes, features: int) -> Any:
    """The rows of a request.

    Raises:
        RequestError: they are not what the model takes.
    """
    if content_type.partition(";")[0].strip().lower() != "text/csv":
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send rows as Content-Type: text/csv")
    lines = [line for line in body.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        raise RequestError(HTTPStatus.BAD_REQUEST, "there are no rows in the request")
    try:
        rows = [[float(cell or "nan") for cell in line.split(",")] for line in lines]
    except ValueError as error:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"every cell must be a number: {error}"
        ) from None
    for number, row in enumerate(rows, start=1):
        if len(row) != features:
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                f"row {number} has {len(row)} cells and the model has {features} features; leave "
                "out the label",
            )
    return np.array(rows, np.float32)


def predictions(model: xgboost.Booster, rows: Any) -> str:
    """A line for each row; inplace prediction is the one that threads may share."""
    predicted = np.asarray(model.inplace_predict(rows))
    table = predicted.reshape(len(rows), -1)
    return "".join(",".join(f"{value:.9g}" for value in row) + "\n" for row in table)


class Handler(BaseHTTPRequestHandler):
    """SageMaker's inference contract."""

    protocol_version = "HTTP/1.1"
    timeout = SILENCE
    path = ""
    """Of the request; none before a request was understood."""
    server: Server

    def do_GET(self) -> None:
        """Say that the model is loaded."""
        if self.path == "/ping":
            self.answer(HTTPStatus.OK, "")
        else:
            self.answer(HTTPStatus.NOT_FOUND, "there is GET /ping and POST /invocations\n")

    def do_POST(self) -> None:
        """Predict."""
        try:
            self.answer(HTTPStatus.OK, self.predicted(self.body()))
        except RequestError as error:
            self.answer(error.status, f"{error}\n")

    def predicted(self, body: bytes) -> str:
        """What the model says of the rows of a request.

        Raises:
            RequestError: it is for another path, or its rows are not what the model takes.
        """
        if self.path != "/invocations":
            raise RequestError(HTTPStatus.NOT_FOUND, "there is GET /ping and POST /invocations")
        model = self.server.model
        content_type = self.headers.get("Content-Type", "")
        return predictions(model, rows_of(content_type, body, model.num_features()))

    def body(self) -> bytes:
        """What the client sends.

        Raises:
            RequestError: it does not say how much, or too much.
        """
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, "send a Content-Length")
        if int(length) > LARGEST:
            self.close_connection = True
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {LARGEST} bytes"
            )
        return self.rfile.read(int(length))

    def answer(self, status: HTTPStatus, text: str) -> None:
        """Send an answer."""
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/csv" if status == HTTPStatus.OK else "text/plain")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Log requests, but not each time that Kubernetes asks whether the pod is ready."""
        if self.path != "/ping":
            say(f"{self.address_string()} {format % args}")


class Server(ThreadingHTTPServer):
    """An HTTP server with a model."""

    daemon_threads = True

    def __init__(self, host: str, port: int, model: xgboost.Booster) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)
        self.model = model


def serve(given: argparse.Namespace) -> None:
    """Serve until SIGTERM.

    Raises:
        WorkloadError: there is no model, or the port is taken.
    """
    model = load(given.directory)
    try:
        listening = Server(given.host, given.port, model)
    except OSError as error:
        raise faults.UsageError(
            f"--host {given.host} --port {given.port}: {error.strerror}. Give an address of this "
            "machine and a free port above 1023"
        ) from error
    with listening as server:
        say(
            f"serving {given.directory}: {model.num_features()} features, "
            f"{model.num_boosted_rounds()} rounds, on {given.host}:{server.server_port}"
        )
        server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    parser = Parser("serve", __doc__)
    parser.add_argument("directory", type=Path, help=f"holds {MODEL} or {ARCHIVE}")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen at (%(default)s)")
    parser.add_argument("--port", type=count_or_none, default=8080, help="port (%(default)s)")
    given = parser.parse_args(arguments)
    return faults.run(lambda: serve(given))


if __name__ == "__main__":
    sys.exit(main())
