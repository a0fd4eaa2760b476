"""A whole environment on the real programs: Kubernetes, the emulated AWS, nodes and tokens."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.kubernetes import kwok
from rehearsal.paths import Environment, binaries
from rehearsal.processes import detached, lifecycle, services

pytestmark = pytest.mark.rehearsal

REGION = "us-west-2"
POLICIES = "arn:aws:iam::aws:policy/"
NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    built = binaries()
    home = tmp_path_factory.mktemp("home")
    (home / "bin").symlink_to(built)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REHEARSAL_HOME", str(home))
        place = Environment.of("test")
        for name, value in services.variables(place).items():
            patch.setenv(name, value)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        try:
            lifecycle.start(place, print)
            create_cluster()
            yield place
        finally:
            lifecycle.stop(place)


def create_cluster() -> None:
    """A cluster "main" of the caller's with a group "cpu" of two nodes.

    Sessions are new ones, because the default session keeps the keys that it first had.
    """
    ec2, eks = boto3.Session().client("ec2"), boto3.Session().client("eks")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
    eks.create_cluster(
        name="main",
        version="1.34",
        roleArn=role("cluster", "eks", "AmazonEKSClusterPolicy"),
        resourcesVpcConfig={"subnetIds": subnets},
        accessConfig={"authenticationMode": "API"},
    )
    eks.get_waiter("cluster_active").wait(name="main", WaiterConfig={"Delay": 1})
    eks.create_nodegroup(
        clusterName="main",
        nodegroupName="cpu",
        subnets=subnets,
        nodeRole=role("node", "ec2", *NODE_POLICIES),
        instanceTypes=["m6i.large"],
        scalingConfig={"minSize": 1, "maxSize": 4, "desiredSize": 2},
    )


def role(name: str, service: str, *policies: str) -> str:
    iam = boto3.Session().client("iam")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    for policy in policies:
        iam.attach_role_policy(RoleName=name, PolicyArn=POLICIES + policy)
    return str(made["Arn"])


def kubectl(kubeconfig: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binaries() / "cluster", "kubectl", f"--kubeconfig={kubeconfig}", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | env,
        timeout=60,
        check=False,
    )


def administrator(place: Environment, *arguments: str) -> str:
    done = kubectl(place.kubeconfig, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def eks_kubeconfig(folder: Path, cluster: str = "main") -> Path:
    """Return pulumi-eks's kubeconfig, whose exec credential is `aws eks get-token`."""
    described = boto3.Session().client("eks").describe_cluster(name="main")["cluster"]
    arguments = ["eks", "get-token", "--cluster-name", cluster, "--region", REGION]
    api = "client.authentication.k8s.io/v1beta1"
    credential = {"apiVersion": api, "command": "aws", "args": arguments}
    authority = described["certificateAuthority"]["data"]
    assert base64.b64decode(authority).startswith(b"-----BEGIN CERTIFICATE-----")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "eks",
                "cluster": {
                    "server": described["endpoint"],
                    "certificate-authority-data": authority,
                },
            }
        ],
        "users": [{"name": "eks", "user": {"exec": credential | {"interactiveMode": "Never"}}}],
        "contexts": [{"name": "eks", "context": {"cluster": "eks", "user": "eks"}}],
        "current-context": "eks",
    }
    file = folder / f"{cluster}.json"
    file.write_text(json.dumps(config))
    return file


def nodes(place: Environment) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(administrator(place, "get", "nodes", "-o=json"))[
        "items"
    ]
    return found


def ready_nodes(place: Environment) -> int:
    return sum(
        one["type"] == "Ready" and one["status"] == "True"
        for node in nodes(place)
        for one in node["status"].get("conditions", [])
    )


def eventually(true: Callable[[], bool], seconds: float = 30) -> bool:
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:
        time.sleep(0.2)
    return true()


def new_user(name: str) -> dict[str, str]:
    iam = boto3.Session().client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def test_the_creator_is_an_administrator_by_the_token_of_awscli(
    running: Environment, tmp_path: Path
) -> None:
    done = kubectl(eks_kubeconfig(tmp_path), "auth", "can-i", "*", "*", "--all-namespaces")
    assert done.stdout.strip() == "yes", done.stderr


def test_a_token_for_another_cluster_is_refused(running: Environment, tmp_path: Path) -> None:
    done = kubectl(eks_kubeconfig(tmp_path, "another"), "get", "nodes")
    assert "Unauthorized" in done.stderr
    assert "not for cluster main" in (running.logs / "controllers.log").read_text()


def test_a_principal_without_an_entry_is_refused_until_it_has_one(
    running: Environment, tmp_path: Path
) -> None:
    kubeconfig, ada = eks_kubeconfig(tmp_path), new_user("ada")
    assert "Unauthorized" in kubectl(kubeconfig, "get", "pods", **ada).stderr
    eks, arn = boto3.Session().client("eks"), "arn:aws:iam::123456789012:user/ada"
    eks.create_access_entry(clusterName="main", principalArn=arn)
    eks.associate_access_policy(
        clusterName="main",
        principalArn=arn,
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        accessScope={"type": "namespace", "namespaces": ["def*"]},
    )
    assert eventually(lambda: kubectl(kubeconfig, "get", "pods", **ada).returncode == 0, 15)
    assert "Forbidden" in kubectl(kubeconfig, "get", "pods", "-nkube-system", **ada).stderr
    assert "cannot create" in kubectl(kubeconfig, "create", "configmap", "mine", **ada).stderr


def test_nodes_follow_their_group(running: Environment) -> None:
    assert eventually(lambda: ready_nodes(running) == 2)
    zones = {one["metadata"]["labels"]["topology.kubernetes.io/zone"] for one in nodes(running)}
    assert len(zones) == 2, "spread over the group's subnets"
    eks = boto3.Session().client("eks")
    for desired in (3, 2):
        eks.update_nodegroup_config(
            clusterName="main", nodegroupName="cpu", scalingConfig={"desiredSize": desired}
        )
        assert eventually(lambda wanted=desired: ready_nodes(running) == wanted)


def test_a_pod_that_does_not_fit_says_why(running: Environment) -> None:
    administrator(
        running, "run", "wants-gpu", "--image=none",
        '--overrides={"spec":{"containers":[{"name":"c","image":"none","resources":'
        '{"limits":{"nvidia.com/gpu":"1"}}}]}}',
    )  # fmt: skip
    events = ("get", "events", "--field-selector=involvedObject.name=wants-gpu")
    assert eventually(lambda: "Insufficient nvidia.com/gpu" in administrator(running, *events))


def test_what_serves_the_cluster_rolls_out_and_a_jobs_pod_is_never_said_to_have_run(
    running: Environment,
) -> None:
    system = ("-n", "kube-system")
    administrator(running, *system, "create", "deployment", "web", "--image=none", "--replicas=2")
    administrator(running, *system, "rollout", "status", "deployment/web", "--timeout=30s")
    annotations = (*system, "get", "pods", "-l=app=web", "-o=jsonpath={.items[*].metadata}")
    assert eventually(
        lambda: administrator(running, *annotations).count(f'"{kwok.EMULATED_ANNOTATION}":') == 2
    ), "whatever chart a pod is of, it is annotated if it only looks as if it ran"
    administrator(running, "create", "job", "unknown", "--image=none")
    phase = ("get", "pods", "-l=job-name=unknown", "-o=jsonpath={.items[*].status.phase}")
    assert eventually(lambda: administrator(running, *phase) == "Pending")
    time.sleep(2)
    assert administrator(running, *phase) in {"Pending", "Failed"}


def test_a_restart_keeps_everything(running: Environment) -> None:
    administrator(running, "create", "configmap", "kept", "--from-literal=a=b")
    before = {one["metadata"]["uid"] for one in nodes(running)}
    lifecycle.stop(running)
    assert not any(one.running for one in lifecycle.status(running))
    lifecycle.start(running, print)
    assert administrator(running, "get", "configmap", "kept", "-o=jsonpath={.data.a}") == "b"
    assert boto3.Session().client("eks").list_clusters()["clusters"] == ["main"]
    assert {one["metadata"]["uid"] for one in nodes(running)} == before


def test_a_killed_api_server_comes_back_by_itself(running: Environment) -> None:
    killed = program(running, "kube-apiserver")
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: program(running, "kube-apiserver") not in {0, killed})
    assert eventually(lambda: kubectl(running.kubeconfig, "get", "nodes").returncode == 0)


def test_a_killed_cluster_leaves_no_orphan_and_is_repaired(running: Environment) -> None:
    status = {one.name: one for one in lifecycle.status(running)}
    before = program(running, "etcd")
    assert status["cluster"].pid
    os.kill(status["cluster"].pid, signal.SIGKILL)
    if sys.platform == "linux":
        assert eventually(lambda: program(running, "etcd") == 0)
    lifecycle.start(running, print)
    assert program(running, "etcd") not in {0, before}
    assert eventually(lambda: ready_nodes(running) == 2)


def program(place: Environment, name: str) -> int:
    """The process id of one of the cluster's programs; 0 when it doesn't run."""
    return detached.holder(place.root / "run" / f"{name}.lock") or 0
