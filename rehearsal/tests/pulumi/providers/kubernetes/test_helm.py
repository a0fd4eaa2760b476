"""Releases: inputs, charts, the command line, and what Helm stored."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.pulumi.providers.kubernetes.helm import charts, command
from rehearsal.pulumi.providers.kubernetes.helm.inputs import completed, flags, refusals
from rehearsal.pulumi.providers.server import UNKNOWN, Asset, Partial, ProviderError
from tests.pulumi.providers.kubernetes.conftest import Driven, Workbench
from tests.pulumi.providers.kubernetes.fake_api import FakeApi

RELEASE = "kubernetes:helm.sh/v3:Release"
FSX = {
    "chart": "aws-fsx-csi-driver",
    "name": "fsx",
    "namespace": "kube-system",
    "version": "1.17.0",
    "repositoryOpts": {"repo": "https://kubernetes-sigs.github.io/aws-fsx-csi-driver"},
    "values": {"controller": {"region": "eu-west-1"}},
}
SECRETS = "/api/v1/namespaces/kube-system/secrets"
MANIFEST = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: fsx-csi-controller-sa, namespace: kube-system}
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: fsx.csi.aws.com}
"""


@pytest.fixture(autouse=True)
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "charts"
    chart = folder / "aws-fsx-csi-driver"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: aws-fsx-csi-driver, version: 1.16.0}")
    monkeypatch.setattr(charts, "STAND_INS", folder)
    monkeypatch.delenv(charts.CHARTS_VARIABLE, raising=False)
    return folder


def stored(revision: int, status: str, values: dict[str, Any], **labels: str) -> dict[str, Any]:
    """A release as Helm's secrets driver keeps it."""
    record = {
        "name": "fsx",
        "namespace": "kube-system",
        "version": revision,
        "info": {"status": status},
        "chart": {
            "metadata": {"name": "aws-fsx-csi-driver", "version": "1.17.0", "appVersion": "1.9.0"}
        },
        "config": values,
        "manifest": MANIFEST,
    }
    packed = base64.b64encode(gzip.compress(json.dumps(record).encode()))
    data = {"release": base64.b64encode(packed).decode()}
    labels = {"version": str(revision)} | labels
    metadata = {"name": f"v{revision}", "namespace": "kube-system", "labels": labels}
    return {"metadata": metadata, "data": data}


HelmScript = Callable[[str], Path]


@pytest.fixture
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HelmScript:
    """Puts a shell script in helm's place; it finds its arguments in "$@"."""

    def install(script: str) -> Path:
        program = tmp_path / "bin" / "helm"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setattr(command, "binaries", lambda: program.parent)
        return tmp_path / "calls"

    return install


@pytest.fixture
def release(bench: Workbench) -> Driven:
    return bench.resource(RELEASE, "fsx")


def test_inputs_are_completed_and_switches_that_are_off_left_out() -> None:
    release = completed({"chart": "c", "atomic": False, "createNamespace": True}, "c-1", "ml")
    assert release == {
        "chart": "c",
        "createNamespace": True,
        "name": "c-1",
        "namespace": "ml",
        "timeout": 300,
    }
    assert "timeout" not in completed({"chart": "c", "skipAwait": True}, "c-1", "ml")


def test_values_files_are_merged_under_the_values(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("a: {b: 1, c: 1}")
    inputs = {
        "chart": "c",
        "valueYamlFiles": [Asset(path=str(file)), Asset(text="a: {c: 2}")],
        "values": {"a": {"d": 3}},
    }
    assert completed(inputs, "", "")["values"] == {"a": {"b": 1, "c": 2, "d": 3}}
    assert completed(inputs | {"values": UNKNOWN}, "", "")["values"] is UNKNOWN


def test_misspelt_and_vanished_inputs_are_refused_by_name() -> None:
    failures = refusals({"chart": "c", "skipAwiat": True, "recreatePods": True})
    assert [failure.property for failure in failures] == ["recreatePods", "skipAwiat"]
    assert [failure.property for failure in refusals({})] == ["chart"]


def test_flags_are_helm_4s() -> None:
    release = {"namespace": "n", "atomic": True, "createNamespace": True, "timeout": 60}
    install = ["--namespace", "n", "--rollback-on-failure", "--create-namespace"]
    assert flags(release, upgrade=False) == [*install, "--timeout", "60s", "--wait"]
    upgrade = flags(release | {"skipAwait": True, "cleanupOnFail": True}, upgrade=True)
    assert "--create-namespace" not in upgrade
    assert "--cleanup-on-fail" in upgrade
    assert "--wait" not in upgrade


def test_a_repository_chart_is_a_stand_in_with_the_version_asked_for(tmp_path: Path) -> None:
    chart = charts.resolve(FSX)
    assert (chart.version, chart.stand_in_for) == ("1.17.0", "1.16.0")
    [folder] = chart.staged(tmp_path / "scratch")
    assert yaml.safe_load((Path(folder) / "Chart.yaml").read_text())["version"] == "1.17.0"


def test_a_version_range_is_the_stand_ins_own() -> None:
    assert charts.resolve(FSX | {"version": "~1.16"}).version == "1.16.0"


def test_an_oci_chart_is_found_by_its_last_name() -> None:
    assert charts.resolve({"chart": "oci://public.ecr.aws/x/aws-fsx-csi-driver"}).folder


def test_a_chart_without_stand_in_names_both_remedies(release: Driven) -> None:
    [failure] = release.check(FSX | {"chart": "vllm"}).failures
    assert failure.property == "chart"
    assert "rehearsal/charts/vllm" in failure.reason
    assert "REHEARSAL_CHARTS=real" in failure.reason


def test_real_charts_are_asked_of_their_repositories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(charts.CHARTS_VARIABLE, "real")
    chart = charts.resolve(FSX)
    repository = FSX["repositoryOpts"]["repo"]  # type: ignore[index]  # a map
    assert chart.arguments == [FSX["chart"], "--repo", repository, "--version", "1.17.0"]


def test_an_install_gives_helm_the_values_and_takes_its_outputs_from_the_cluster(
    api: FakeApi, release: Driven, helm: HelmScript, tmp_path: Path
) -> None:
    calls = helm(
        f'for last; do :; done; cp "$last" {tmp_path}/values; cat $KUBECONFIG > {tmp_path}/kc'
    )
    api.objects[f"{SECRETS}/v1"] = stored(1, "deployed", FSX["values"])  # type: ignore[arg-type]
    outputs = release.up(FSX)
    assert release.id == "kube-system/fsx"
    assert outputs["status"]["status"] == "deployed"
    assert outputs["status"]["appVersion"] == "1.9.0"
    assert outputs["resourceNames"] == {
        "CSIDriver.storage.k8s.io/storage.k8s.io/v1": ["fsx.csi.aws.com"],
        "ServiceAccount/v1": ["kube-system/fsx-csi-controller-sa"],
    }
    assert json.loads((tmp_path / "values").read_text()) == FSX["values"]
    assert api.url in (tmp_path / "kc").read_text()
    assert calls.read_text().startswith("install fsx ")
    assert any("stand-in made for 1.16.0" in line for line in release.said)


def test_an_upgrade_is_an_update_and_another_namespace_a_replacement(
    api: FakeApi, release: Driven, helm: HelmScript
) -> None:
    calls = helm("")
    api.objects[f"{SECRETS}/v1"] = stored(1, "deployed", FSX["values"])  # type: ignore[arg-type]
    release.up(FSX)
    assert not release.diff(FSX).changes
    changed = FSX | {"values": {"controller": {"region": "us-west-2"}}}
    assert release.diff(changed).detailed == {"values.controller.region": "update"}
    assert release.diff(FSX | {"namespace": "other"}).replaces == ["namespace"]
    api.objects[f"{SECRETS}/v2"] = stored(2, "deployed", changed["values"])  # type: ignore[arg-type]
    assert release.up(changed)["status"]["revision"] == 2
    assert calls.read_text().splitlines()[1].startswith("upgrade fsx ")


def test_a_refusal_of_helm_is_shown_in_its_words_once(release: Driven, helm: HelmScript) -> None:
    refusal = "values do not meet the schema"
    helm(f"echo 'Error: {refusal}' >&2; echo '{refusal}' >&2; exit 1")
    with pytest.raises(ProviderError) as error:
        release.up(FSX)
    assert str(error.value) == "Helm release 'kube-system/fsx': values do not meet the schema"


def test_a_failed_release_that_helm_keeps_is_in_the_state(
    api: FakeApi, release: Driven, helm: HelmScript
) -> None:
    helm("echo 'Error: timed out waiting' >&2; exit 1")
    api.objects[f"{SECRETS}/v1"] = stored(1, "failed", {})
    with pytest.raises(Partial) as partial:
        release.up(FSX)
    assert partial.value.id == "kube-system/fsx"
    assert partial.value.outputs["status"]["status"] == "failed"
    assert partial.value.reasons[1] == "timed out waiting"


def test_a_release_whose_install_was_killed_is_freed_and_upgraded(
    api: FakeApi, release: Driven, helm: HelmScript
) -> None:
    calls = helm("")
    digest = hashlib.sha256(release.urn.encode()).hexdigest()[:16]
    api.objects[f"{SECRETS}/v1"] = stored(1, "pending-install", {}, **{"pulumi-urn": digest})
    assert release.up(FSX)["status"]["status"] == "failed", "as its killed helm would have left it"
    assert api.objects[f"{SECRETS}/v1"]["metadata"]["labels"]["status"] == "failed"
    assert calls.read_text().startswith("upgrade fsx ")
    assert f"--labels pulumi-urn={digest}" in calls.read_text()


def test_a_preview_installs_nothing(release: Driven, helm: HelmScript) -> None:
    calls = helm("exit 1")
    assert release.preview(FSX)["status"] is UNKNOWN
    assert not calls.exists()


def test_a_release_that_is_gone_reads_as_gone_and_one_that_is_there_imports(
    api: FakeApi, release: Driven
) -> None:
    release.id = "kube-system/fsx"
    assert release.refresh() is None
    api.objects[f"{SECRETS}/v3"] = stored(3, "deployed", {"a": 1})
    assert release.refresh() == "kube-system/fsx"
    assert release.inputs["chart"] == "aws-fsx-csi-driver"
    assert release.inputs["values"] == {"a": 1}


def test_an_uninstall_waits_and_forgives_what_is_gone(release: Driven, helm: HelmScript) -> None:
    calls = helm("")
    release.outputs = {"name": "fsx", "namespace": "kube-system", "timeout": 60}
    release.delete()
    wanted = "uninstall fsx --namespace kube-system --ignore-not-found --timeout 60s --wait\n"
    assert calls.read_text() == wanted


def test_helm_that_was_not_built_is_said_to_be_missing(
    release: Driven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "binaries", lambda: tmp_path / "nowhere")
    with pytest.raises(ProviderError, match=r"python -m rehearsal\.tools"):
        release.up(FSX)
