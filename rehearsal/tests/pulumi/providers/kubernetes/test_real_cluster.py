"""The provider against a real API server, with real Helm."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.paths import ENVIRONMENT_VARIABLE, HOME_VARIABLE, Environment, binaries
from rehearsal.pulumi.providers.kubernetes.helm import charts
from rehearsal.pulumi.providers.server import Partial, ProviderError
from tests.pulumi.providers.kubernetes.conftest import Workbench

pytestmark = pytest.mark.rehearsal

NAMESPACE = "kubernetes:core/v1:Namespace"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
RELEASE = "kubernetes:helm.sh/v3:Release"
POD_SPEC = {
    "containers": [{"name": "app", "image": "app", "resources": {"requests": {"cpu": "1000m"}}}]
}


_numbers = itertools.count()


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A control plane of this module's own, with one kwok node."""
    home = tmp_path_factory.mktemp("home")
    (home / "bin").symlink_to(binaries())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        environment = Environment.of("kubernetes-provider")
        variables = os.environ | {ENVIRONMENT_VARIABLE: str(environment.root)}
        command = [sys.executable, "-m", "rehearsal.kubernetes"]
        with subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) as cluster:
            try:
                _until_ready(environment)
                yield str(environment.kubeconfig)
            finally:
                cluster.terminate()


def _until_ready(environment: Environment) -> None:
    for _ in range(60):
        time.sleep(0.5)
        if environment.kubeconfig.exists() and Workbench(str(environment.kubeconfig)).reachable():
            _add_node(Workbench(str(environment.kubeconfig)))
            return
    pytest.fail("the cluster did not start")


def _add_node(bench: Workbench) -> None:
    room = {"cpu": "4", "memory": "8Gi", "pods": "20"}
    node = {
        "metadata": {"name": "node", "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "status": {"capacity": room, "allocatable": room},
    }
    bench.resource("kubernetes:core/v1:Node").up(node)


@pytest.fixture
def real(kubeconfig: str) -> Workbench:
    return Workbench(kubeconfig)


@pytest.fixture
def namespace(real: Workbench) -> Iterator[str]:
    resource = real.resource(NAMESPACE, f"ml-{next(_numbers)}")
    # The namespace controller takes five seconds at least; these tests need not see the end.
    resource.up({"metadata": {"annotations": {"pulumi.com/skipAwait": "true"}}})
    yield resource.id
    resource.delete()


def test_an_update_owns_its_fields_so_that_leaving_one_out_removes_it(
    real: Workbench, namespace: str
) -> None:
    resource = real.resource("kubernetes:core/v1:ServiceAccount")
    metadata = {"name": "sa", "namespace": namespace}
    resource.up({"metadata": metadata | {"labels": {"a": "1", "b": "1"}}})
    outputs = resource.up({"metadata": metadata | {"labels": {"a": "2"}}})
    assert outputs["metadata"]["labels"] == {"a": "2"}
    assert not resource.diff({"metadata": metadata | {"labels": {"a": "2"}}}).changes


def test_a_conflict_names_the_other_manager_and_the_field(real: Workbench, namespace: str) -> None:
    metadata = {"name": "sa", "namespace": namespace}
    resource = real.resource("kubernetes:core/v1:ServiceAccount")
    resource.up({"metadata": metadata | {"labels": {"a": "1"}}})
    other = real.resource("kubernetes:core/v1:ServiceAccountPatch", "other")
    forced = {"pulumi.com/patchForce": "true", "pulumi.com/patchFieldManager": "someone"}
    other.up({"metadata": metadata | {"labels": {"a": "2"}, "annotations": forced}})
    with pytest.raises(ProviderError, match=r'(?s)conflict with "someone".*labels\.a'):
        resource.up({"metadata": metadata | {"labels": {"a": "3"}}})


def test_a_misspelt_field_is_refused_in_the_preview(real: Workbench, namespace: str) -> None:
    with pytest.raises(ProviderError, match='unknown field "dat"'):
        real.resource(CONFIG_MAP).preview({"metadata": {"namespace": namespace}, "dat": {"a": "b"}})


def static_claim(real: Workbench, namespace: str, gib: int = 1024) -> dict[str, Any]:
    """Make a volume of 1200 GiB; return the manifest of a claim on it."""
    volume: dict[str, Any] = {
        "accessModes": ["ReadWriteMany"],
        "capacity": {"storage": "1200Gi"},
        "storageClassName": "fsx",
        "csi": {"driver": "fsx.csi.aws.com", "volumeHandle": "fs-0"},
    }
    real.resource("kubernetes:core/v1:PersistentVolume").up(
        {"metadata": {"name": f"of-{namespace}"}, "spec": volume}
    )
    return claim_of(namespace, gib)


def claim_of(namespace: str, gib: int) -> dict[str, Any]:
    return {
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "fsx",
            "volumeName": f"of-{namespace}",
            "resources": {"requests": {"storage": f"{gib}Gi"}},
        },
    }


def test_a_static_claim_that_asks_for_more_is_refused(real: Workbench, namespace: str) -> None:
    """So a file system that grew shows in its volume alone."""
    claim = real.resource(CLAIM)
    claim.up(static_claim(real, namespace, 1200), timeout=10)
    with pytest.raises(ProviderError, match="only dynamically provisioned pvc can be resized"):
        claim.up(claim_of(namespace, 2400), timeout=10)


def test_a_claim_that_a_pod_mounts_stays_as_long_as_the_pod(
    real: Workbench, namespace: str
) -> None:
    """So a switch of the back end would wait for a pod of the user's own."""
    claim, pod = real.resource(CLAIM), real.resource("kubernetes:core/v1:Pod")
    claim.up(static_claim(real, namespace), timeout=10)
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    annotations = {"pulumi.com/skipAwait": "true"}
    metadata = {"name": "notebook", "namespace": namespace, "annotations": annotations}
    pod.up({"metadata": metadata, "spec": {**POD_SPEC, "nodeName": "node", "volumes": [volume]}})
    with pytest.raises(ProviderError, match=r"kubernetes\.io/pvc-protection"):
        claim.delete(timeout=5)


@pytest.mark.parametrize("stack", ["my_stack", "-dev", "Prod"])
def test_a_stacks_name_that_is_none_for_an_object_is_refused(
    real: Workbench, namespace: str, stack: str
) -> None:
    named = {"metadata": {"name": f"{stack}-digits", "namespace": namespace}, "data": {}}
    with pytest.raises(ProviderError, match="RFC 1123"):
        real.resource(CONFIG_MAP).up(named)


def test_a_static_claim_binds_and_stays_the_same(real: Workbench, namespace: str) -> None:
    wanted = static_claim(real, namespace)
    claim = real.resource(CLAIM)
    assert claim.up(wanted, timeout=10)["status"]["phase"] == "Bound"
    claim.refresh()
    assert not claim.diff(wanted).changes


def test_a_custom_resource_follows_its_definition_at_once(real: Workbench, namespace: str) -> None:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    }
    definition = real.resource("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    definition.up(
        {
            "metadata": {"name": "trials.example.com"},
            "spec": {
                "group": "example.com",
                "scope": "Namespaced",
                "names": {"kind": "Trial", "plural": "trials"},
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": schema},
                    }
                ],
            },
        }
    )
    trial = real.resource("kubernetes:example.com/v1:Trial")
    trial.up({"metadata": {"namespace": namespace}, "spec": {"n": 3}})
    assert trial.outputs["spec"] == {"n": 3}
    with pytest.raises(ProviderError, match="unknown field"):
        real.resource("kubernetes:example.com/v1:Trial", "bad").up(
            {"metadata": {"namespace": namespace}, "spec": {"m": 3}}
        )
    definition.delete()
    assert trial.refresh() is None, "a kind that is gone takes its objects with it"


SYSTEM = "kube-system"
"""Namespace in which kwok makes pods look as if they ran."""


def deployment(name: str, image: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    pod = POD_SPEC | {"containers": [POD_SPEC["containers"][0] | {"image": image}]} | spec
    return {
        "metadata": {"name": name, "namespace": SYSTEM},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def test_a_deployment_rolls_out_and_rolls_forward(real: Workbench) -> None:
    web = real.resource(DEPLOYMENT)
    assert web.up(deployment("web", "one"), timeout=20)["status"]["readyReplicas"] == 2
    assert not web.diff(deployment("web", "one")).changes, "1000m of CPU is stored as 1"
    web.up(deployment("web", "two"), timeout=20)
    assert web.outputs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    assert web.refresh() == f"{SYSTEM}/web"
    web.delete()


def test_a_pod_that_cannot_be_scheduled_says_why(real: Workbench) -> None:
    web = real.resource(DEPLOYMENT)
    wanted = deployment("choosy", "one", nodeSelector={"gpu": "yes"})
    with pytest.raises(Partial) as partial:
        web.up(wanted, timeout=3)
    assert any("didn't match Pod's node affinity/selector" in one for one in partial.value.reasons)
    web.up(deployment("choosy", "one"), timeout=20)
    web.delete()


def test_a_held_namespace_says_what_holds_it(real: Workbench) -> None:
    outer = real.resource(NAMESPACE, "held")
    outer.up({"metadata": {}})
    held = real.resource(CONFIG_MAP)
    held.up(
        {"metadata": {"name": "held", "namespace": outer.id, "finalizers": ["example.com/hold"]}}
    )
    with pytest.raises(ProviderError, match=r"example\.com/hold"):
        outer.delete(timeout=8)
    held.up({"metadata": {"name": "held", "namespace": outer.id}})
    outer.delete(timeout=30)


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A chart with one Deployment, whose values are strictly checked."""
    folder = tmp_path / "charts" / "server"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: server, version: 1.0.0}")
    (folder / "values.yaml").write_text("{node: {}}")
    schema = {"additionalProperties": False, "properties": {"node": {"type": "object"}}}
    (folder / "values.schema.json").write_text(json.dumps(schema))
    (folder / "templates" / "deployment.yaml").write_text(
        """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec:
      nodeSelector: {{ .Values.node | toJson }}
      containers: [{name: server, image: server}]
"""
    )
    monkeypatch.setattr(charts, "STAND_INS", tmp_path / "charts")
    return "server"


def test_a_release_lives_through_install_upgrade_failure_and_uninstall(
    real: Workbench, chart: str
) -> None:
    release = real.resource(RELEASE, "server")
    wanted = {"chart": chart, "namespace": SYSTEM, "version": "2.0.0", "timeout": 20}
    outputs = release.up(wanted)
    assert outputs["status"]["status"] == "deployed"
    assert outputs["status"]["version"] == "2.0.0"
    assert list(outputs["resourceNames"]) == ["Deployment.apps/apps/v1"]
    with pytest.raises(ProviderError, match="additional properties 'nod' not allowed"):
        release.up(wanted | {"values": {"nod": {}}})
    with pytest.raises(Partial) as partial:
        release.up(wanted | {"timeout": 2, "values": {"node": {"gpu": "yes"}}})
    assert partial.value.outputs["status"]["status"] == "failed"
    assert release.up(wanted)["status"]["revision"] == 3
    release.delete()
    assert release.refresh() is None
