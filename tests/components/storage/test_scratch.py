"""The scratch volume: a directory on each node's own disks, and a claim that leads to it."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.node_template import INSTANCE_STORE_LABEL
from components.storage.scratch import ARRAY, Scratch
from components.storage.scratch_spec import ScratchSpec
from teardown.held import driver
from tests.mocks import Deployment, deploy


def program() -> None:
    nodes = aws.ec2.Vpc("nodes")
    made = Scratch(
        "scratch",
        {"spec": ScratchSpec(), "namespaces": {"a": "a", "b": "b"}},
        pulumi.ResourceOptions(depends_on=[nodes]),
    )
    pulumi.export("names", {key: one.name for key, one in made.by_namespace.items()})
    pulumi.export("path", made.mount_path)


@pytest.fixture(scope="module")
def made() -> Deployment:
    return deploy(program)


def pod(made: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = made.one(":DaemonSet").inputs["spec"]["template"]["spec"]
    return found


def test_each_namespace_has_a_claim_on_a_volume_of_its_own(made: Deployment) -> None:
    assert made.exports == {"names": {"a": "scratch", "b": "scratch"}, "path": "/local-ssd"}
    for namespace in ("a", "b"):
        volume = made.one(":PersistentVolume", f"scratch-{namespace}-volume").inputs
        claim = made.one(":PersistentVolumeClaim", f"scratch-{namespace}").inputs
        assert claim["metadata"] == {"name": "scratch", "namespace": namespace}
        assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
        assert volume["spec"]["claimRef"] == {"namespace": namespace, "name": "scratch"}
        assert claim["spec"]["storageClassName"] == volume["spec"]["storageClassName"] == ""


def test_the_volume_holds_for_nodes_that_a_group_adds_later_and_for_no_node_without_disks(
    made: Deployment,
) -> None:
    volume = made.one(":PersistentVolume", "scratch-a-volume").inputs["spec"]
    (term,) = volume["nodeAffinity"]["required"]["nodeSelectorTerms"]
    (key, value) = next(iter(INSTANCE_STORE_LABEL.items()))
    assert term == {"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}


def test_the_directory_is_made_on_the_disks_and_never_on_the_root_volume(made: Deployment) -> None:
    (volume,) = pod(made)["volumes"]
    assert volume["hostPath"] == {"path": ARRAY, "type": "Directory"}, "no type that creates it"
    assert pod(made)["nodeSelector"] == INSTANCE_STORE_LABEL
    path = made.one(":PersistentVolume", "scratch-a-volume").inputs["spec"]["local"]["path"]
    assert path == f"{ARRAY}/scratch"
    assert "chmod 1777 /array/scratch" in pod(made)["initContainers"][0]["command"][-1]


def test_the_directory_is_made_on_nodes_with_any_taint_and_without_privileges(
    made: Deployment,
) -> None:
    assert pod(made)["tolerations"] == [{"operator": "Exists"}]
    for container in [*pod(made)["initContainers"], *pod(made)["containers"]]:
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        assert "privileged" not in container["securityContext"]
    assert not pod(made)["automountServiceAccountToken"]


def test_host_paths_are_admitted_in_a_namespace_of_their_own_alone(made: Deployment) -> None:
    metadata = made.one(":Namespace").inputs["metadata"]
    assert metadata["labels"] == {"pod-security.kubernetes.io/enforce": "privileged"}
    assert made.one(":DaemonSet").inputs["metadata"]["namespace"] == metadata["name"]
    assert "hostPath" not in str([one.inputs for one in made.of_type(":PersistentVolume")])


def test_a_claim_waits_for_the_directories_and_these_for_the_nodes(made: Deployment) -> None:
    claim, nodes = made.one(":PersistentVolumeClaim", "scratch-a"), made.one(":Vpc")
    reached = made.waits_in_the_end_for(claim)
    assert {made.one(":DaemonSet").urn, nodes.urn} <= reached


def test_the_teardown_knows_the_volume_by_its_label(made: Deployment) -> None:
    volume = made.one(":PersistentVolume", "scratch-a-volume").inputs
    assert driver(dict(volume)) == "scratch.eks-ml-storage"
    assert driver({"metadata": {"name": "of-a-user"}, "spec": {"local": {"path": "/x"}}}) == ""
