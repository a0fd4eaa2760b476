"""Clusters, node groups and access entries that EKS refuses, and a stack config before it."""

from __future__ import annotations

import pytest

INVALID = "InvalidParameterException"
PUBLIC = "52.94.76.0/22"


@pytest.fixture
def reachable_from(aws, cluster):
    """Opens the API server to networks."""

    def change(*cidrs: str) -> None:
        vpc = {"endpointPrivateAccess": True, "publicAccessCidrs": list(cidrs)}
        aws.eks.update_cluster_config(name="main", resourcesVpcConfig=vpc)

    return change


def test_a_dot_in_the_name_of_the_stack_is_in_the_clusters_too_and_refused(aws, refused):
    refused(INVALID, aws.cluster, "regular expression", name="eks-ml-storage-prod.eu")


def test_eks_takes_an_underscore_which_sagemaker_refuses_of_the_jobs(aws):
    """The fault shows when the first job is created: see tests/aws/test_sagemaker_refusals.py."""
    assert aws.cluster(name="eks-ml-storage-my_stack")["name"] == "eks-ml-storage-my_stack"


@pytest.mark.parametrize("version", ["1.99", "1", "1.3", "1.36.0"])
def test_a_version_that_eks_never_had_makes_no_cluster(aws, refused, version):
    refused(INVALID, aws.cluster, f"unsupported Kubernetes version {version}", version=version)


@pytest.mark.parametrize(
    "cidr",
    [
        "192.0.2.0/24",
        "198.51.100.7/32",
        "203.0.113.5/32",
        "127.0.0.1/32",
        "169.254.169.254/32",
        "10.1.0.0/16",
        "100.64.0.0/16",
        "192.88.99.1/32",
        "224.0.0.1/32",
        "240.0.0.0/8",
        "0.0.0.0/8",
    ],
)
def test_addresses_that_nobody_has_do_not_reach_the_api_server(reachable_from, refused, cidr):
    refused(
        INVALID, lambda: reachable_from(PUBLIC, cidr), f"not allowed in publicAccessCidrs: [{cidr}]"
    )


@pytest.mark.parametrize(
    "cidr", ["52.94.77.5", "52.94.76.0/255.255.252.0", "52.94.77.5/22", "52.94.77.5/33", "here"]
)
def test_a_network_in_another_notation_is_refused(reachable_from, refused, cidr):
    refused(INVALID, lambda: reachable_from(cidr), "CIDRs are invalid")


def test_forty_networks_reach_the_api_server_and_one_more_does_not(reachable_from, refused):
    networks = [f"52.94.{number}.0/24" for number in range(41)]
    reachable_from(*networks[:40])
    refused(INVALID, lambda: reachable_from(*networks), "40")


def test_the_whole_internet_may_reach_the_api_server_which_is_why_the_config_refuses_it(
    aws, cluster, reachable_from
):
    reachable_from("0.0.0.0/1", "128.0.0.0/1")
    vpc = aws.eks.describe_cluster(name="main")["cluster"]["resourcesVpcConfig"]
    assert vpc["publicAccessCidrs"] == ["0.0.0.0/1", "128.0.0.0/1"]


def test_one_principal_has_one_access_entry(aws, cluster, refused):
    role = aws.role("ops", "ec2.amazonaws.com")
    entry = {"clusterName": "main", "principalArn": role}
    aws.eks.create_access_entry(**entry)
    refused("ResourceInUseException", aws.eks.create_access_entry, "already in use", **entry)


def test_who_creates_the_cluster_has_an_access_entry_already(aws, cluster, refused):
    arn = aws.sts.get_caller_identity()["Arn"]
    entry = {"clusterName": "main", "principalArn": arn}
    refused("ResourceInUseException", aws.eks.create_access_entry, "already in use", **entry)


def test_a_session_is_no_principal_of_an_access_entry(aws, cluster, refused):
    session = "arn:aws:sts::123456789012:assumed-role/admin/me"
    entry = {"clusterName": "main", "principalArn": session}
    refused(INVALID, aws.eks.create_access_entry, "invalid principal", **entry)


@pytest.mark.parametrize(
    ("types", "ami_type"),
    [
        (["m6i.large"], "AL2023_ARM_64_STANDARD"),
        (["m7g.large"], "AL2023_x86_64_STANDARD"),
        (["m6i.large"], "AL2023_x86_64_NVIDIA"),
        (["m6i.large"], "AL2023_x86_64_NEURON"),
        (["trn1.2xlarge"], "AL2023_x86_64_NVIDIA"),
        (["g5.xlarge"], "AL2023_x86_64_NEURON"),
        (["m6i.large", "m6g.large"], None),
        (["g5.xlarge", "m6i.large"], None),
    ],
)
def test_an_image_of_another_architecture_or_accelerator_is_refused(
    aws, cluster, refused, types, ami_type
):
    image = {"amiType": ami_type} if ami_type else {}
    naming = "is not a valid instance type for requested amiType"
    refused(INVALID, aws.node_group, naming, instanceTypes=types, **image)


@pytest.mark.parametrize(
    "labels", [{"my team": "x"}, {"team": "a b"}, {"team": "-x"}, {"team": "x" * 64}]
)
def test_a_label_that_kubernetes_refuses_is_refused(aws, cluster, refused, labels):
    refused(INVALID, aws.node_group, labels=labels)
    aws.node_group()
    group = {"clusterName": "main", "nodegroupName": "cpu"}
    change = {"addOrUpdateLabels": labels}
    refused(INVALID, aws.eks.update_nodegroup_config, **group, labels=change)


@pytest.mark.parametrize(
    "taint", [{"key": "my team", "value": "x"}, {"key": "team", "value": "a b"}]
)
def test_a_taint_that_kubernetes_refuses_is_refused(aws, cluster, refused, taint):
    refused(INVALID, aws.node_group, "Invalid value", taints=[{**taint, "effect": "NO_SCHEDULE"}])


def test_nodes_with_a_taint_twice_do_not_join_the_cluster(aws, cluster):
    taints = [{"key": "team", "value": value, "effect": "NO_SCHEDULE"} for value in "ab"]
    aws.node_group(taints=taints)
    group = aws.eks.describe_nodegroup(clusterName="main", nodegroupName="cpu")["nodegroup"]
    assert group["status"] == "CREATE_FAILED"
    (issue,) = group["health"]["issues"]
    assert issue["code"] == "NodeCreationFailure"
    assert "unique by key and effect" in issue["message"]


def test_a_root_volume_is_not_smaller_than_the_machine_image(aws, cluster, refused):
    naming = "expect size>= 20GB"
    refused("InvalidRequestException", aws.node_group, naming, diskSize=8)
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}
    made = aws.ec2.create_launch_template(
        LaunchTemplateName="nodes", LaunchTemplateData={"BlockDeviceMappings": [mapping]}
    )
    named = {"id": made["LaunchTemplate"]["LaunchTemplateId"]}
    refused("InvalidRequestException", aws.node_group, naming, launchTemplate=named)


def test_a_node_groups_name_has_at_most_63_letters_digits_hyphens_and_underscores(
    aws, cluster, refused
):
    naming = "nodeGroupName can't be longer than 63 characters!"
    refused(INVALID, aws.node_group, naming, name="x" * 64)
    refused(INVALID, aws.node_group, "invalid characters", name="a b")


@pytest.mark.parametrize(
    ("version", "naming"), [("1.33", "1.34 to 1.33"), ("1.36", "1.34 to 1.36")]
)
def test_a_downgrade_and_a_jump_are_refused(aws, cluster, refused, version, naming):
    refused(INVALID, aws.eks.update_cluster_version, naming, name="main", version=version)


@pytest.mark.parametrize("version", ["1.11", "v1.11.4"])
def test_half_a_version_of_an_add_on_is_refused(aws, cluster, refused, version):
    addon = {"clusterName": "main", "addonName": "coredns", "addonVersion": version}
    refused(INVALID, aws.eks.create_addon, version, **addon)


@pytest.mark.parametrize(
    "key",
    [
        "alias/mine",
        "arn:aws:kms:us-west-2:123456789012:alias/mine",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ],
)
def test_secrets_are_encrypted_with_a_key_of_the_region_by_its_arn(aws, refused, key):
    encryption = [{"resources": ["secrets"], "provider": {"keyArn": key}}]
    refused(INVALID, aws.cluster, key, encryptionConfig=encryption)


def test_a_tag_of_awss_own_is_refused(aws, refused):
    refused(INVALID, aws.cluster, "aws: prefixed tag key names", tags={"aws:mine": "x"})
