from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from tests.pulumi.providers.eks.engine import INPUTS, Update, update

NODES, ADDON = "eks:index:ManagedNodeGroup", "eks:index:Addon"


@pytest.fixture(scope="module")
def standing(port: int) -> Iterator[Update]:
    """An update in which the cluster `main` was built."""
    with update(port) as one:
        one.construct("eks:index:Cluster", "main", INPUTS)
        yield one


@pytest.fixture
def up(standing: Update) -> Iterator[Update]:
    """That update, without what the test builds."""
    before = dict(standing.engine.children)
    yield standing
    standing.engine.children = before


@pytest.fixture
def cluster(up: Update) -> dict[str, Any]:
    """A reference to the cluster."""
    return up.reference("main")


@pytest.fixture
def nodes(cluster: dict[str, Any]) -> dict[str, Any]:
    return {
        "cluster": cluster,
        "nodeRoleArn": "arn:aws:iam::1:role/nodes",
        "instanceTypes": ["m6i.large"],
    }


def refusal(up: Update, type_: str, inputs: dict[str, Any]) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        up.construct(type_, "cpu", inputs)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    return str(refused.value.details())


def test_a_node_group_joins_the_cluster_it_is_given(up: Update, nodes: dict[str, Any]) -> None:
    state = up.construct(NODES, "cpu", nodes)
    group = up.engine["aws:eks/nodeGroup:NodeGroup cpu"]
    assert group.inputs == {
        "clusterName": "main-eksCluster-1234567",
        "nodeRoleArn": "arn:aws:iam::1:role/nodes",
        "subnetIds": ["subnet-1", "subnet-2"],
        "scalingConfig": {"desiredSize": 2, "minSize": 1, "maxSize": 2},
        "instanceTypes": ["m6i.large"],
        "version": "1.34",
    }
    assert group.parent.endswith("eks:index:ManagedNodeGroup::cpu")
    assert up.engine["ManagedNodeGroup cpu"].parent_name == "project-test"
    assert state["nodeGroup"]["urn"] == group.urn
    assert state["placementGroupName"] == ""


def test_a_node_group_takes_all_that_its_nodes_may_be(up: Update, nodes: dict[str, Any]) -> None:
    nodes |= {
        "subnetIds": ["subnet-2"],
        "scalingConfig": {"desiredSize": 0, "minSize": 0, "maxSize": 4},
        "capacityType": "SPOT",
        "diskSize": 200,
        "labels": {"a": "b"},
        "taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}],
        "version": "1.33",
        "tags": {"t": "1"},
        "ignoreScalingChanges": True,
    }
    up.construct(NODES, "cpu", nodes)
    group = up.engine["aws:eks/nodeGroup:NodeGroup cpu"]
    kept = (
        *("subnetIds", "scalingConfig", "capacityType", "diskSize"),
        *("labels", "taints", "version", "tags"),
    )
    assert {key: group.inputs[key] for key in kept} == {key: nodes[key] for key in kept}
    assert list(group.request.ignoreChanges) == ["scalingConfig.desiredSize"]


@pytest.mark.parametrize(
    ("asked", "ami_type"),
    [
        ({"operatingSystem": "AL2023"}, "AL2023_x86_64_STANDARD"),
        ({"operatingSystem": "AL2023", "gpu": True}, "AL2023_x86_64_NVIDIA"),
        (
            {"operatingSystem": "Bottlerocket", "instanceTypes": ["m7g.large"]},
            "BOTTLEROCKET_ARM_64",
        ),
        ({"operatingSystem": "AL2023", "amiType": "CUSTOM"}, "CUSTOM"),
    ],
)
def test_the_operating_system_decides_the_ami_type(
    up: Update, nodes: dict[str, Any], asked: dict[str, Any], ami_type: str
) -> None:
    up.construct(NODES, "cpu", nodes | asked)
    assert up.engine["aws:eks/nodeGroup:NodeGroup cpu"].inputs["amiType"] == ami_type


def test_imdsv2_needs_a_launch_template_which_takes_the_disk_over(
    up: Update, nodes: dict[str, Any]
) -> None:
    up.construct(NODES, "cpu", nodes | {"enableIMDSv2": True, "diskSize": 100})
    template = up.engine["cpu-launchTemplate"].inputs
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["blockDeviceMappings"] == [
        {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 100}}
    ]
    group = up.engine["aws:eks/nodeGroup:NodeGroup cpu"].inputs
    assert group["launchTemplate"] == {"id": "id-of-cpu-launchTemplate", "version": "1"}
    assert "diskSize" not in group


def test_a_launch_template_of_the_programs_is_used_as_it_is(
    up: Update, nodes: dict[str, Any]
) -> None:
    template = {"id": "lt-1", "version": "3"}
    up.construct(NODES, "cpu", nodes | {"launchTemplate": template})
    group = up.engine["aws:eks/nodeGroup:NodeGroup cpu"].inputs
    assert group["launchTemplate"] == template
    assert "version" not in group, "the template may have an image of its own"
    assert "cpu-launchTemplate" not in [key.split()[-1] for key in up.engine.children]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"nodeRoleArn": None}, "nodeRole"),
        ({"nodeRole": "r"}, "nodeRole"),
        (
            {"launchTemplate": {"id": "lt-1", "version": "1"}, "enableIMDSv2": True},
            "launchTemplate",
        ),
        ({"kubeletExtraArgs": "--x"}, "kubeletExtraArgs"),
        ({"diskSizeGib": 1}, "diskSizeGib"),
        ({"cluster": None}, "cluster"),
    ],
)
def test_a_node_group_is_refused_by_the_key_that_is_wrong(
    up: Update, nodes: dict[str, Any], change: dict[str, Any], key: str
) -> None:
    assert f"\n  {key}: " in refusal(up, NODES, nodes | change)


def test_nodes_whose_role_aws_auth_lacks_are_refused(up: Update, inputs: dict[str, Any]) -> None:
    inputs["authenticationMode"] = "CONFIG_MAP"
    up.construct("eks:index:Cluster", "old", inputs)
    nodes = {"cluster": up.reference("old"), "nodeRoleArn": "arn:aws:iam::1:role/nodes"}
    assert "instanceRoles" in refusal(up, NODES, nodes)


def test_an_add_on_stands_beneath_its_cluster(up: Update, cluster: dict[str, Any]) -> None:
    inputs = {
        "cluster": cluster,
        "addonName": "aws-efs-csi-driver",
        "configurationValues": {"b": 1, "a": {"c": [2.5, 3]}},
        "preserve": False,
    }
    up.construct(ADDON, "efs", inputs)
    addon = up.engine["aws:eks/addon:Addon efs"]
    assert up.engine["eks:index:Addon efs"].parent_name == "main"
    assert addon.inputs == {
        "clusterName": "main-eksCluster-1234567",
        "addonName": "aws-efs-csi-driver",
        "configurationValues": '{"a":{"c":[2.5,3]},"b":1}',
        "preserve": False,
    }


def test_an_add_on_needs_a_name_and_takes_nothing_unknown(
    up: Update, cluster: dict[str, Any]
) -> None:
    told = refusal(up, ADDON, {"cluster": cluster, "podIdentityAssociations": []})
    assert "\n  addonName: required" in told
    assert "\n  podIdentityAssociations: " in told


def test_another_type_of_the_package_is_refused(up: Update) -> None:
    assert "the rehearsal builds" in refusal(up, "eks:index:NodeGroup", {})
