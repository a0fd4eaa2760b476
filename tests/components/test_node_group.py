from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pytest

from components.node_group import GROUP_LABEL, NODE_POLICIES, NodeGroup, with_node_selector
from components.node_group_spec import NodeGroupSpec, TaintSpec
from tests.mocks import Deployment, deploy

GIVEN: dict[str, Any] = {
    "instance_types": ["g5.2xlarge"],
    "capacity_type": "SPOT",
    "min_size": 0,
    "desired_size": 2,
    "max_size": 4,
    "disk_size_gib": 200,
    "labels": {"workload": "gpu"},
    "taints": [{"key": "nvidia.com/gpu"}],
}


def node_group(**changes: Any) -> Deployment:
    def program() -> None:
        NodeGroup(
            "gpu",
            {
                "spec": NodeGroupSpec.model_validate({**GIVEN, **changes}),
                "cluster": eks.Cluster("main"),
                "kubernetes_version": "1.35",
                "subnet_ids": ["subnet-private-us-west-2b"],
            },
            pulumi.ResourceOptions(depends_on=[aws.ec2.Vpc("a-route")]),
        )

    return deploy(program)


def test_the_nodes_are_as_told() -> None:
    inputs = node_group().one("eks:index:ManagedNodeGroup").inputs
    assert inputs["instanceTypes"] == ["g5.2xlarge"]
    assert inputs["amiType"] == "AL2023_x86_64_NVIDIA"
    assert inputs["capacityType"] == "SPOT"
    assert inputs["labels"] == {"workload": "gpu", "eks-ml-storage/node-group": "gpu"}
    assert inputs["scalingConfig"] == {"minSize": 0, "desiredSize": 2, "maxSize": 4}


@pytest.mark.parametrize("instance_store", [False, True])
def test_the_nodes_have_the_kubernetes_version_of_the_cluster(*, instance_store: bool) -> None:
    inputs = node_group(instance_store=instance_store).one("eks:index:ManagedNodeGroup").inputs
    assert inputs["version"] == "1.35", "pulumi-eks says none of a group with a launch template"
    assert "releaseVersion" not in inputs


def test_the_nodes_have_the_release_of_the_image_that_is_asked_for() -> None:
    release = "1.35.2-20261118"
    inputs = node_group(release_version=release).one("eks:index:ManagedNodeGroup").inputs
    assert inputs["releaseVersion"] == release


def test_the_root_volume_of_every_node_is_encrypted_and_its_role_out_of_reach_of_pods() -> None:
    made = node_group(instance_store=False)
    template = made.one(":LaunchTemplate")
    (disk,) = template.inputs["blockDeviceMappings"]
    assert disk["ebs"]["encrypted"] == "true"
    assert disk["ebs"]["volumeSize"] == 200
    assert template.inputs["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert "userData" not in template.inputs, "the disks of the instances are left alone"
    inputs = made.one("eks:index:ManagedNodeGroup").inputs
    assert "diskSize" not in inputs, "EKS refuses to be told by both"
    assert inputs["launchTemplate"]["id"].startswith("lt-")


def test_the_nodes_are_in_the_subnets_that_they_are_given() -> None:
    inputs = node_group().one("eks:index:ManagedNodeGroup").inputs
    assert inputs["subnetIds"] == ["subnet-private-us-west-2b"]


def test_a_taint_without_a_value_has_none() -> None:
    inputs = node_group().one("eks:index:ManagedNodeGroup").inputs
    assert inputs["taints"] == [{"key": "nvidia.com/gpu", "effect": "NO_SCHEDULE"}]


def test_the_nodes_wait_for_their_permissions_and_for_a_way_out() -> None:
    made = node_group()
    waited = made.waits_for(made.one("eks:index:ManagedNodeGroup"))
    for needed in (*made.of_type(":RolePolicyAttachment"), made.one(":Vpc")):
        assert needed in waited, f"nodes cannot join before {needed.name}"


def test_each_group_has_a_role_of_its_own_that_ec2_may_assume() -> None:
    made = node_group()
    role = made.one(":Role")
    assert "ec2.amazonaws.com" in role.inputs["assumeRolePolicy"]
    attached = {each.inputs["policyArn"] for each in made.of_type(":RolePolicyAttachment")}
    assert attached == {f"arn:aws:iam::aws:policy/{policy}" for policy in NODE_POLICIES}
    assert role in made.waits_for(made.one("eks:index:ManagedNodeGroup"))


def test_a_pod_that_is_placed_on_a_group_asks_for_its_nodes_and_tolerates_its_taints() -> None:
    taints = [TaintSpec(key="gpu", value="true", effect="NO_EXECUTE")]
    spec = with_node_selector({"containers": [], "host_network": True}, "nodes-gpu", taints)
    assert spec["node_selector"] == {GROUP_LABEL: "nodes-gpu"}
    assert spec["tolerations"] == [
        {"key": "gpu", "operator": "Equal", "value": "true", "effect": "NoExecute"}
    ]
    assert spec["host_network"] is True, "the rest of the pod stays"
