"""Objects of an existing cluster, read from its API server before anything is created."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from components.found_cluster import FoundNode
from settings import cluster_objects
from teardown.api import ApiError
from tests.settings.existing import PLATFORM
from tests.teardown.cluster import Cluster

STORAGE = "/apis/storage.k8s.io/v1"


def image(name: str) -> dict[str, Any]:
    return {"template": {"spec": {"containers": [{"name": "c", "image": name}]}}}


def test_drivers_are_those_that_a_node_has_registered() -> None:
    cluster = Cluster()
    labels = {"topology.kubernetes.io/zone": "us-west-2a", "eks.amazonaws.com/nodegroup": "cpu"}
    cluster.put("/api/v1/nodes", "", "one", metadata={"labels": labels})
    cluster.put("/api/v1/nodes", "", "two")
    cluster.put(f"{STORAGE}/csinodes", "", "one", spec={"drivers": [{"name": "efs.csi.aws.com"}]})
    cluster.put(f"{STORAGE}/csinodes", "", "two", spec={"drivers": None})
    cluster.put(f"{STORAGE}/csidrivers", "", "fsx.csi.aws.com")
    found = cluster_objects.read(cluster)  # type: ignore[arg-type] # a stand-in
    assert found.drivers == {"efs.csi.aws.com": frozenset({"one"})}
    assert found.csi_drivers == {"fsx.csi.aws.com"}, "an object alone is no driver"
    assert found.nodes == (FoundNode("one", "us-west-2a", "cpu"), FoundNode("two", ""))


def test_a_controller_is_known_by_its_image_whoever_installed_it() -> None:
    cluster = Cluster()
    ours = "public.ecr.aws/aws-controllers-k8s/sagemaker-controller:1.9.1"
    cluster.put("/apis/apps/v1/deployments", "ml", "ack", spec=image(ours))
    cluster.put("/apis/apps/v1/deployments", "web", "front", spec=image("nginx@sha256:0"))
    cluster.put("/apis/apps/v1/daemonsets", "kube-system", "eks-pod-identity-agent")
    found = cluster_objects.read(cluster)  # type: ignore[arg-type] # a stand-in
    assert found.ack_controllers == {"ml"}
    assert found.daemon_sets == {("kube-system", "eks-pod-identity-agent")}


@pytest.mark.parametrize(
    ("status", "refused"), [(401, True), (403, True), (0, False), (500, False)]
)
def test_an_api_that_does_not_let_one_in_is_told_from_one_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, status: int, refused: bool
) -> None:
    def read(_: object) -> None:
        raise ApiError(status, "no\n way")

    monkeypatch.setattr(cluster_objects, "_api", lambda _: None)
    monkeypatch.setattr(cluster_objects, "read", read)
    found = cluster_objects.with_objects(PLATFORM)
    assert (found.unanswered, found.refused) == ("no way", refused)


def test_a_certificate_that_is_none_is_an_error_of_the_report() -> None:
    broken = replace(PLATFORM, certificate_authority=b64encode(b"nothing").decode())
    assert cluster_objects.with_objects(broken).unanswered
