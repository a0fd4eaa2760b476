"""Serves an XGBoost model over HTTP with the interface of SageMaker's inference containers.

    python -m workloads.serve /models/digits --port 8080
    curl localhost:8080/ping
    curl localhost:8080/invocations --data-binary @rows.csv -H 'Content-Type: text/csv'

The directory has `xgboost-model`, or the `model.tar.gz` of a SageMaker job. Rows are CSV without
the label. The response has one line for each row: the prediction, or the probabilities of all
classes separated by commas.
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

from workloads import errors
from workloads.arguments import Parser, non_negative_int
from workloads.files import CHUNK_SIZE, require_directory
from workloads.summary import say

MODEL = "xgboost-model"
"""File name of a model."""
ARCHIVE = "model.tar.gz"
"""File name of the archive that a SageMaker job writes."""
MAX_REQUEST_SIZE = 6 * 1024 * 1024
"""Maximum size of a request in bytes, which is SageMaker's limit."""

IDLE_TIMEOUT = 60
"""Seconds without data after which a connection is closed."""


class RequestError(Exception):
    """Error in a request; its text is the body of the response."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


def load_model(directory: Path) -> xgboost.Booster:
    """Load the model of a directory.

    Raises:
        MissingInputError: The directory or the model does not exist.
        BadDataError: The file is not a model of xgboost.
    """
    content = read_model(require_directory(directory))
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError as error:
        raise errors.BadDataError(
            f"{directory}: {MODEL} is not a model that xgboost {xgboost.__version__} can read; "
            "save it with save_model"
        ) from error


def read_model(directory: Path) -> bytes:
    """Return the content of the model's file, from the directory or from its archive.

    Raises:
        MissingInputError: The directory has neither a model nor an archive.
        BadDataError: The archive cannot be read, or has no model.
    """
    file, archive = directory / MODEL, directory / ARCHIVE
    if file.is_file():
        return file.read_bytes()
    if not archive.is_file():
        raise errors.MissingInputError(
            f"{directory} holds neither {MODEL} nor {ARCHIVE}; give the directory of a model"
        )
    try:
        with gzip.open(archive) as content, tarfile.open(fileobj=content) as tar:
            members = {Path(member.name).name: member for member in tar if member.isfile()}
            stream = tar.extractfile(members[MODEL]) if MODEL in members else None
            model = stream.read() if stream else None
            while content.read(CHUNK_SIZE):  # gzip verifies its checksum at the end
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise errors.BadDataError(f"{archive} cannot be read ({error}); copy it again") from error
    if model is None:
        raise errors.BadDataError(
            f"{archive} holds no {MODEL}; give the archive of an XGBoost training job"
        )
    return model


def parse_rows(content_type: str, body: bytes, features: int) -> Any:
    """Parse the rows in the body of a request.

    Raises:
        RequestError: The rows do not have the format or the features of the model.
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


def predict(model: xgboost.Booster, rows: Any) -> str:
    """Return one line for each row; `inplace_predict` is thread-safe, `predict` is not."""
    predicted = np.asarray(model.inplace_predict(rows))
    table = predicted.reshape(len(rows), -1)
    return "".join(",".join(f"{value:.9g}" for value in row) + "\n" for row in table)


class ModelHandler(BaseHTTPRequestHandler):
    """HTTP handler with the interface of SageMaker's inference containers."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_TIMEOUT
    path = ""
    """Path of the request; empty before a request was parsed."""
    server: ModelServer

    def do_GET(self) -> None:
        """Respond to GET /ping with status 200, since a server starts with its model loaded."""
        if self.path == "/ping":
            self.respond(HTTPStatus.OK, "")
        else:
            self.respond(HTTPStatus.NOT_FOUND, "there is GET /ping and POST /invocations\n")

    def do_POST(self) -> None:
        """Respond to POST /invocations with predictions."""
        try:
            self.respond(HTTPStatus.OK, self.predict_body(self.read_body()))
        except RequestError as error:
            self.respond(error.status, f"{error}\n")

    def predict_body(self, body: bytes) -> str:
        """Return the predictions for the rows in the body of a request.

        Raises:
            RequestError: The path is not /invocations, or the rows do not fit the model.
        """
        if self.path != "/invocations":
            raise RequestError(HTTPStatus.NOT_FOUND, "there is GET /ping and POST /invocations")
        model = self.server.model
        content_type = self.headers.get("Content-Type", "")
        return predict(model, parse_rows(content_type, body, model.num_features()))

    def read_body(self) -> bytes:
        """Read the body of the request.

        Raises:
            RequestError: The request has no Content-Length, or is too large.
        """
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, "send a Content-Length")
        if int(length) > MAX_REQUEST_SIZE:
            self.close_connection = True
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a request has at most {MAX_REQUEST_SIZE} bytes",
            )
        return self.rfile.read(int(length))

    def respond(self, status: HTTPStatus, text: str) -> None:
        """Send a response: text/csv if the status is 200, otherwise text/plain."""
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/csv" if status == HTTPStatus.OK else "text/plain")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Log a request, except those of Kubernetes' probes."""
        if self.path != "/ping":
            say(f"{self.address_string()} {format % args}")


class ModelServer(ThreadingHTTPServer):
    """HTTP server for one model."""

    daemon_threads = True

    def __init__(self, host: str, port: int, model: xgboost.Booster) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), ModelHandler)
        self.model = model


def serve(args: argparse.Namespace) -> None:
    """Serve the model until SIGTERM.

    Raises:
        WorkloadError: There is no model, or the address is not free.
    """
    model = load_model(args.directory)
    try:
        listener = ModelServer(args.host, args.port, model)
    except OSError as error:
        raise errors.UsageError(
            f"--host {args.host} --port {args.port}: {error.strerror}. Give an address of this "
            "machine and a free port above 1023"
        ) from error
    with listener as server:
        say(
            f"serving {args.directory}: {model.num_features()} features, "
            f"{model.num_boosted_rounds()} rounds, on {args.host}:{server.server_port}"
        )
        server.serve_forever()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = Parser("serve", __doc__)
    parser.add_argument("directory", type=Path, help=f"directory with {MODEL} or {ARCHIVE}")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port",
        type=non_negative_int,
        default=8080,
        help="port to listen on; 0: any (%(default)s)",
    )
    args = parser.parse_args(argv)
    return errors.run(lambda: serve(args))


if __name__ == "__main__":
    sys.exit(main())
