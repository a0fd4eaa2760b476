"""Pods of the workloads image on a real API server, with the real built-in controllers."""

from __future__ import annotations

import pytest

from .. import real_cluster

pytestmark = pytest.mark.rehearsal

LABELS = {"app.kubernetes.io/name": "eks-ml-workloads"}
IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/main-workloads:0"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with real_cluster.started(tmp_path_factory.mktemp("home")) as cluster:
        cluster.until(
            lambda nodes: (
                len(nodes["items"]) == 2
                and all(
                    not node["spec"].get("taints", []) and ready(node) for node in nodes["items"]
                )
            ),
            "nodes",
        )
        yield cluster


def ready(one):
    conditions = one["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def pod(*args, labels, **container):
    main = {
        "name": "main",
        "image": IMAGE,
        "command": ["python", "-m", *args],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        **container,
    }
    spec = {"containers": [main], "volumes": [{"name": "data", "emptyDir": {}}]}
    return {"metadata": {"labels": LABELS | labels}, "spec": spec}


def named(kind, api, name, **body):
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        **body,
    }


@pytest.fixture(scope="module")
def server(cluster):
    """A Deployment that serves a model, with a Service."""
    probe = {"httpGet": {"path": "/ping", "port": "http"}, "periodSeconds": 5}
    template = pod(
        "workloads.serve", "/data/model", "--host", "0.0.0.0", "--port", "8080",
        labels={"app": "server"},
        ports=[{"name": "http", "containerPort": 8080}],
        readinessProbe=probe,
    )  # fmt: skip
    rows = "1,0,1\n0,1,0\n" * 8
    train = (
        "import xgboost, numpy, pathlib; d = numpy.random.rand(20, 2);"
        "m = xgboost.train({}, xgboost.DMatrix(d, d[:, 0]), 2);"
    )
    assert rows
    assert train
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "server"}}, "template": template}
    ports = [{"port": 80, "targetPort": "http"}]
    cluster.apply(
        named("Deployment", "apps/v1", "server", spec=spec),
        named("Service", "v1", "server", spec={"selector": {"app": "server"}, "ports": ports}),
    )
    return cluster
