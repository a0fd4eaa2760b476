from __future__ import annotations

import pytest

from tests.aws.eks.network import interfaces


def test_a_node_group_has_an_interface_for_each_node(aws, cluster):
    aws.node_group()
    aws.eks.update_nodegroup_config(
        clusterName="main", nodegroupName="cpu", scalingConfig={"desiredSize": 3}
    )
    nodes = [one for one in interfaces(aws) if one["Description"] == "node of main/cpu"]
    assert len(nodes) == 3
    assert len({one["PrivateIpAddress"] for one in nodes}) == 3
    aws.eks.update_nodegroup_config(
        clusterName="main", nodegroupName="cpu", scalingConfig={"desiredSize": 1}
    )
    nodes = [one for one in interfaces(aws) if one["Description"] == "node of main/cpu"]
    assert len(nodes) == 1


def test_a_node_group_is_creating_then_active_with_eks_defaults(aws, cluster):
    assert aws.node_group()["status"] == "CREATING"
    group = aws.eks.describe_nodegroup(clusterName="main", nodegroupName="cpu")["nodegroup"]
    assert group["status"] == "ACTIVE"
    assert group["amiType"] == "AL2023_x86_64_STANDARD"
    assert group["instanceTypes"] == ["t3.medium"]
    assert group["version"] == cluster["version"]


@pytest.mark.parametrize(
    ("types", "ami_type"),
    [
        (["m6i.large"], "AL2023_x86_64_STANDARD"),
        (["g5.2xlarge"], "AL2023_x86_64_NVIDIA"),
        (["m7g.large"], "AL2023_ARM_64_STANDARD"),
    ],
)
def test_the_machine_image_follows_the_instance_type(aws, cluster, types, ami_type):
    assert aws.node_group(instanceTypes=types)["amiType"] == ami_type


@pytest.mark.parametrize(
    ("settings", "naming"),
    [
        ({"scalingConfig": {"minSize": 1, "desiredSize": 4, "maxSize": 3}}, "desired capacity 4"),
        ({"scalingConfig": {"minSize": 2, "desiredSize": 1, "maxSize": 3}}, "Minimum capacity 2"),
        ({"instanceTypes": ["m6i.enormous"]}, "m6i.enormous"),
        ({"instanceTypes": ["m7g.large"], "amiType": "AL2023_x86_64_STANDARD"}, "m7g.large"),
        ({"amiType": "AL2_x86_64"}, "1.32"),
        ({"instanceTypes": ["m6i.large"], "amiType": "AL2023_x86_64_NVIDIA"}, "m6i.large"),
        ({"labels": {"node-role.kubernetes.io/worker": "yes"}}, "reserved prefixes"),
        ({"labels": {"eks.amazonaws.com/mine": "yes"}}, "reserved prefixes"),
        ({"subnets": ["subnet-00000000000000000"]}, "subnet-00000000000000000"),
        ({"nodeRole": "arn:aws:iam::123456789012:role/missing"}, "missing"),
        ({"nodeRole": "arn:aws:iam::123456789012:role/cluster"}, "ec2.amazonaws.com"),
        ({"version": "1.35"}, "1.35"),
        ({"capacityType": "CHEAP"}, "CHEAP"),
    ],
)
def test_a_node_group_that_aws_refuses_is_not_there(aws, cluster, refused, settings, naming):
    refused("InvalidParameterException", aws.node_group, naming, **settings)
    assert aws.eks.list_nodegroups(clusterName="main")["nodegroups"] == []


def test_a_node_group_of_the_same_name_is_refused(aws, cluster, refused):
    aws.node_group()
    refused("ResourceInUseException", aws.node_group, "cpu")


def test_an_image_is_the_newest_or_the_one_asked_for_and_never_an_older(aws, cluster, refused):
    group = {"clusterName": "main", "nodegroupName": "cpu"}
    aws.node_group(releaseVersion="1.34.1-20261023")
    update = aws.eks.update_nodegroup_version
    naming = "is not valid for kubernetes version 1.34"
    refused("InvalidParameterException", update, naming, **group, releaseVersion="1.35.2-20261118")
    update(**group)
    newest = aws.eks.describe_nodegroup(**group)["nodegroup"]["releaseVersion"]
    assert newest == "1.34.2-20261118"
    older = {"releaseVersion": "1.34.1-20261023"}
    refused("InvalidParameterException", update, "can't be lowered", **group, **older)


def test_taints_and_labels_change_by_key(aws, cluster):
    gpu = {"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}
    aws.node_group(labels={"a": "1", "b": "2"}, taints=[gpu])
    aws.eks.update_nodegroup_config(
        clusterName="main",
        nodegroupName="cpu",
        labels={"addOrUpdateLabels": {"a": "3"}, "removeLabels": ["b"]},
        taints={"addOrUpdateTaints": [{**gpu, "value": "no"}]},
    )
    group = aws.eks.describe_nodegroup(clusterName="main", nodegroupName="cpu")["nodegroup"]
    assert group["labels"] == {"a": "3"}
    assert group["taints"] == [{**gpu, "value": "no"}]


def test_nodes_are_let_in_by_an_entry_of_their_role(aws, cluster):
    aws.node_group()
    entry = aws.eks.describe_access_entry(
        clusterName="main", principalArn="arn:aws:iam::123456789012:role/nodes"
    )["accessEntry"]
    assert (entry["type"], entry["kubernetesGroups"]) == ("EC2_LINUX", ["system:nodes"])
