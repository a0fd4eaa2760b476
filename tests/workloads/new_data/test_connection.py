"""Tests of the real Kubernetes client with a server on loopback as the API server."""

import ipaddress
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kubernetes.client.exceptions import ApiException

from tests.workloads.new_data.bucket import PREFIX, TEMPLATE
from tests.workloads.new_data.cluster import Cluster
from workloads.errors import RefusedError, UnavailableError
from workloads.new_data.jobs import Template, TrainingJobs, connect

KIND = ("sagemaker.services.k8s.aws", "v1alpha1", "training", "trainingjobs")
PATH = "/apis/sagemaker.services.k8s.aws/v1alpha1/namespaces/training/trainingjobs"
BATCH = "0123456789ab"


def certificate(folder: Path) -> Path:
    """Write a key and its self-signed certificate for 127.0.0.1 to a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api")])
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "ca.crt"
    path.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    return path


class Handler(BaseHTTPRequestHandler):
    cluster: Cluster
    token = "first"

    def do_GET(self) -> None:
        name = self.path.removeprefix(PATH).strip("/")
        if name:
            self.answer(lambda: self.cluster.get_namespaced_custom_object(*KIND, name))
        else:
            self.answer(lambda: self.cluster.list_namespaced_custom_object(*KIND))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(lambda: self.cluster.create_namespaced_custom_object(*KIND, body))

    def answer(self, call: object) -> None:
        try:
            scheme, _, token = self.headers["Authorization"].partition(" ")
            if (scheme.lower(), token) != ("bearer", self.token):
                self.send(401, json.dumps({"message": "Unauthorized"}))
            else:
                self.send(200, json.dumps(call()))  # type: ignore[operator]
        except ApiException as error:
            self.send(int(error.status or 0), str(error.body))

    def send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the directory of a pod's service account, and start a server that knows its token."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    (tmp_path / "token").write_text("first")
    (tmp_path / "jobs").mkdir()
    Handler.cluster, Handler.token = Cluster(tmp_path / "jobs"), "first"
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.server_port))
        yield tmp_path
        server.shutdown()


def jobs(account: Path) -> TrainingJobs:
    return TrainingJobs(connect(account), "training", Template(TEMPLATE))


def test_a_job_is_made_once_and_seen(account: Path) -> None:
    ours = jobs(account)
    assert not ours.exists(BATCH)
    assert ours.create(BATCH)
    assert not ours.create(BATCH), "AlreadyExists is no error"
    assert ours.exists(BATCH)
    assert BATCH in ours.unfinished_specs()
    Handler.cluster.say(f"{PREFIX}-{BATCH}", trainingJobStatus="Completed")
    assert BATCH not in ours.unfinished_specs()


def test_another_token_is_refused_with_what_to_do(account: Path) -> None:
    (account / "token").write_text("stolen")
    with pytest.raises(RefusedError, match=r"Unauthorized\. Allow the service account to create"):
        jobs(account).exists(BATCH)


def test_a_server_that_is_away_is_a_fault_that_another_try_may_mend(
    account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    ours = jobs(account)
    ours.api.api_client.configuration.retries = 0
    with pytest.raises(UnavailableError, match="does not answer"):
        ours.exists(BATCH)
