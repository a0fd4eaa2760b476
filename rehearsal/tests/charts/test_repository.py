"""Stand-in charts as Helm downloads them."""

import http.client
import io
import json
import ssl
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rehearsal.charts import CHARTS, HERE, proxy
from rehearsal.charts.repository import answer, package
from rehearsal.kubernetes import pki
from rehearsal.paths import Environment

EFS = "aws-efs-csi-driver"
EFS_PACKAGE = "/aws-efs-csi-driver/aws-efs-csi-driver-4.4.1.tgz"
ACK = "/v2/aws-controllers-k8s/sagemaker-chart"


@pytest.mark.parametrize("name", CHARTS)
def test_a_package_has_every_file_of_its_chart_below_the_charts_name(name: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(package(name))) as archive:
        packed = {one.name for one in archive.getmembers()}
    files = {file for file in (HERE / name).rglob("*") if file.is_file()}
    assert packed == {str(Path(name) / file.relative_to(HERE / name)) for file in files}


def test_the_index_of_any_repository_leads_to_the_packages() -> None:
    found = answer("/aws-efs-csi-driver/index.yaml")
    assert found
    entries = yaml.safe_load(found.body)["entries"]
    assert set(entries) == set(CHARTS)
    (entry,) = entries[EFS]
    downloaded = answer(f"/aws-efs-csi-driver/{entry['urls'][0]}")
    assert downloaded
    assert downloaded.body == package(EFS)
    assert downloaded.digest == f"sha256:{entry['digest']}"


def test_a_registry_leads_from_a_version_to_the_chart() -> None:
    tags = answer(f"{ACK}/tags/list")
    manifest = answer(f"{ACK}/manifests/1.9.1")
    assert tags
    assert manifest
    assert json.loads(tags.body)["tags"] == ["1.9.1"]
    (layer,) = json.loads(manifest.body)["layers"]
    content = answer(f"{ACK}/blobs/{layer['digest']}")
    assert content
    assert content.body == package("sagemaker-chart")
    assert layer["size"] == len(content.body)


@pytest.mark.parametrize(
    "path",
    ["/", "/vllm-1.0.0.tgz", EFS_PACKAGE.replace("4.4.1", "4.4.0"), f"{ACK}/manifests/1.9.0",
     "/v2/x/vllm/manifests/1.0.0"],
)  # fmt: skip
def test_a_chart_or_version_without_stand_in_is_not_there(path: str) -> None:
    assert answer(path) is None


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    environment = Environment.of("dev")
    pki.ensure(environment)
    server = proxy.start(environment)
    yield environment
    server.shutdown()
    server.server_close()


def get(environment: Environment, host: str, *paths: str) -> list[bytes]:
    """Ask a host for paths, one after the other on one connection through the proxy."""
    context = ssl.create_default_context(cafile=proxy.variables(environment)["SSL_CERT_FILE"])
    through = http.client.HTTPSConnection("127.0.0.1", environment.ports.charts, context=context)
    through.set_tunnel(host, 443)
    bodies = []
    for path in paths:
        through.request("GET", path)
        bodies.append(through.getresponse().read())
    through.close()
    return bodies


def test_the_proxy_speaks_for_any_host_with_a_certificate_of_the_environment(
    environment: Environment,
) -> None:
    for host in ("kubernetes-sigs.github.io", "public.ecr.aws"):
        index, chart = get(environment, host, "/index.yaml", EFS_PACKAGE)
        assert yaml.safe_load(index)["apiVersion"] == "v1"
        assert chart == package(EFS)


def test_the_proxy_takes_no_host_that_is_no_name(environment: Environment) -> None:
    with pytest.raises(OSError, match="400"):
        get(environment, "../../x", "/index.yaml")
