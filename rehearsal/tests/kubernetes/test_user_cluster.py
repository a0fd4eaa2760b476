"""An environment on a cluster of the user's: its name is kept, and it really works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import yaml

from rehearsal.kubernetes.control_plane import ControlPlane
from rehearsal.paths import KUBECONFIG_VARIABLE, Environment, RehearsalError, binaries
from rehearsal.processes import lifecycle, services
from tests.kubernetes.test_real_cluster import (
    REGION,
    administrator,
    create_cluster,
    eks_kubeconfig,
    eventually,
    kubectl,
    ready_nodes,
)


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump({"current-context": "kind"}))
    monkeypatch.setenv(KUBECONFIG_VARIABLE, str(file))
    return file


def test_the_cluster_is_remembered_whatever_the_environment_says_later(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Environment.of("test")
    assert made.user_cluster
    assert made.user_cluster.context == "kind"
    kubeconfig.write_text(yaml.safe_dump({"current-context": "production"}))
    assert Environment.of("test") == made, "the user's current context may change"
    monkeypatch.delenv(KUBECONFIG_VARIABLE)
    assert Environment.of("test") == made == Environment.at(made.root)


@pytest.mark.parametrize("content", [None, "", "current-context: ''", "{", "[]"])
def test_what_is_no_kubeconfig_makes_no_environment(kubeconfig: Path, content: str | None) -> None:
    kubeconfig.unlink() if content is None else kubeconfig.write_text(content)
    with pytest.raises(RehearsalError, match=r"config is not a kubeconfig with a current-context"):
        Environment.of("test")
    assert not (kubeconfig.parent / "environments").exists()


def test_a_environment_never_moves_to_another_cluster(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Environment.of("test")
    monkeypatch.setenv(KUBECONFIG_VARIABLE, "/another")
    with pytest.raises(RehearsalError, match=rf"names /another, but .* was made on {kubeconfig}"):
        Environment.of("test")


def test_two_stacks_can_not_share_a_cluster(kubeconfig: Path) -> None:
    Environment.of("test")
    with pytest.raises(
        RehearsalError, match="stack test is already on the cluster of context kind"
    ):
        Environment.of("another")
    kubeconfig.write_text(yaml.safe_dump({"current-context": "a second one"}))
    assert Environment.of("another").user_cluster


def test_a_environment_of_its_own_cluster_stays_there(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KUBECONFIG_VARIABLE)
    assert Environment.of("test").user_cluster is None
    monkeypatch.setenv(KUBECONFIG_VARIABLE, str(kubeconfig))
    with pytest.raises(RehearsalError, match="made on a cluster of its own"):
        Environment.of("test")


def test_on_a_users_cluster_nothing_runs_that_it_has_itself(kubeconfig: Path) -> None:
    names = [
        supervisor.program.name for supervisor in ControlPlane(Environment.of("test")).supervisors
    ]
    assert names == ["kubectl-proxy", "auth-proxy", "kwok"]


@pytest.fixture(scope="module")
def environments(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Environment, Environment]]:
    """A plain environment, of which only the cluster runs and is "the user's", and one on it."""
    built, home = binaries(), tmp_path_factory.mktemp("home")
    (home / "bin").symlink_to(built)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REHEARSAL_HOME", str(home))
        users = Environment.of("users")
        theirs = [one for one in services.SERVICES if one.name in {"cluster", "cloud"}]
        try:
            lifecycle.start(users, print, theirs)
            patch.setenv(KUBECONFIG_VARIABLE, str(users.kubeconfig))
            ours = Environment.of("ours")
            for name, value in services.variables(ours).items():
                patch.setenv(name, value)
            patch.setenv("AWS_DEFAULT_REGION", REGION)
            patch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
            try:
                lifecycle.start(ours, print)
                create_cluster()
                yield users, ours
            finally:
                lifecycle.stop(ours)
        finally:
            lifecycle.stop(users, theirs)


def proven(kubeconfig: Path, *arguments: str) -> str:
    """Return the output of kubectl with a token of `aws eks get-token`."""
    done: subprocess.CompletedProcess[str] = kubectl(kubeconfig, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.rehearsal
def test_kubectl_works_on_the_users_cluster_by_the_token_of_awscli(
    environments: tuple[Environment, Environment], tmp_path: Path
) -> None:
    users, _ = environments
    kubeconfig = eks_kubeconfig(tmp_path)
    assert "user/rehearsal" in proven(kubeconfig, "auth", "whoami", "-o=json")
    proven(kubeconfig, "create", "configmap", "mine", "--from-literal=a=b")
    assert administrator(users, "get", "configmap", "mine", "-o=jsonpath={.data.a}") == "b"
    proven(kubeconfig, "wait", "--for=create", "configmap/mine", "--timeout=5s")
    assert "Unauthorized" in kubectl(eks_kubeconfig(tmp_path, "another"), "get", "pods").stderr
    assert kubectl(kubeconfig, "--as=ada", "get", "pods").returncode == 1
    assert eventually(lambda: ready_nodes(users) == 2), "node groups become nodes there"


@pytest.mark.rehearsal
def test_deleting_the_emulated_cluster_leaves_the_users_objects(
    environments: tuple[Environment, Environment],
) -> None:
    users, ours = environments
    administrator(users, "create", "configmap", "kept", "--from-literal=a=b")
    node = '{"apiVersion":"v1","kind":"Node","metadata":{"name":"theirs","labels":'
    node += '{"eks.amazonaws.com/nodegroup":"real"}}}'
    file = ours.root / "node.json"
    file.write_text(node)
    administrator(users, "create", f"--filename={file}")
    eks = boto3.Session().client("eks")
    eks.delete_nodegroup(clusterName="main", nodegroupName="cpu")
    eks.get_waiter("nodegroup_deleted").wait(
        clusterName="main", nodegroupName="cpu", WaiterConfig={"Delay": 1}
    )
    eks.delete_cluster(name="main")
    eks.get_waiter("cluster_deleted").wait(name="main", WaiterConfig={"Delay": 1})
    names = ("get", "nodes", "-o=jsonpath={.items[*].metadata.name}")
    assert eventually(lambda: administrator(users, *names) == "theirs")
    assert administrator(users, "get", "configmap", "kept", "-o=jsonpath={.data.a}") == "b"
    assert administrator(ours, "get", "configmap", "kept", "-o=jsonpath={.data.a}") == "b"


@pytest.mark.rehearsal
def test_a_cluster_that_does_not_answer_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = binaries()
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    (tmp_path / "bin").symlink_to(built)
    file = tmp_path / "config"
    cluster = {"name": "gone", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "gone", "context": {"cluster": "gone", "user": "me"}}
    config = {
        "clusters": [cluster],
        "users": [{"name": "me", "user": {"token": "mine"}}],
        "contexts": [context],
        "current-context": "gone",
    }
    file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **config}))
    monkeypatch.setenv(KUBECONFIG_VARIABLE, str(file))
    with pytest.raises(RehearsalError, match="refused"):
        lifecycle.start(Environment.of("test"), print)
