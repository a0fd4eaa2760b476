from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.pulumi.providers.server import Partial, ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise

CLUSTER, NODES, ADDON = (
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/addon:Addon",
)
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ENTRY = "aws:eks/accessEntry:AccessEntry"
POLICY = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
)
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@pytest.fixture(scope="module")
def network(shared: Stack) -> Iterator[dict[str, Any]]:
    """Two subnets and three roles, made by boto3 so that only EKS is under test."""
    ec2 = shared.provider._clients.get("ec2", "us-west-2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"us-west-2{z}")
        for n, z in enumerate("ab")
    ]
    ids = [one["Subnet"]["SubnetId"] for one in subnets]
    iam = shared.provider._clients.get("iam", "us-west-2")
    roles = {
        "control": _role(iam, "eks.amazonaws.com", ["AmazonEKSClusterPolicy"]),
        "nodes": _role(iam, "ec2.amazonaws.com", NODE_POLICIES),
        "pods": _role(iam, "pods.eks.amazonaws.com"),
    }
    yield {"subnets": ids, **roles}
    for one in ids:
        ec2.delete_subnet(SubnetId=one)
    ec2.delete_vpc(VpcId=vpc)


def _role(iam: Any, service: str, policies: Any = (), name: str = "") -> str:
    name = name or service.split(".", maxsplit=1)[0]
    actions = ["sts:AssumeRole", "sts:TagSession"]
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    for policy in policies:
        arn = f"arn:aws:iam::aws:policy/{policy}"
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return str(role["Arn"])


@pytest.fixture
def inputs(network: dict[str, Any]) -> dict[str, Any]:
    return {
        "roleArn": network["control"],
        "version": "1.34",
        "vpcConfig": {"subnetIds": network["subnets"]},
        "accessConfig": {"authenticationMode": "API"},
    }


@pytest.fixture
def cluster(stack: Stack, inputs: dict[str, Any]) -> Kept:
    return stack.create(CLUSTER, "main", **inputs)


def test_a_cluster_tells_what_a_kubeconfig_needs_and_takes_changes_in_place(
    stack: Stack, cluster: Kept, inputs: dict[str, Any]
) -> None:
    assert cluster.id.startswith("main-")
    assert cluster["endpoint"].startswith("https://")
    assert cluster["certificateAuthority"]["data"]
    assert cluster["identities"][0]["oidcs"][0]["issuer"].startswith("https://oidc.eks.us-west-2.")
    assert cluster["vpcConfig"]["clusterSecurityGroupId"].startswith("sg-")
    assert cluster["status"] == "ACTIVE"
    inputs |= {
        "enabledClusterLogTypes": ["audit", "api"],
        "vpcConfig": inputs["vpcConfig"]
        | {"endpointPrivateAccess": True, "publicAccessCidrs": ["52.94.76.0/22"]},
        "tags": {"team": "ml"},
    }
    stack.update(cluster, **inputs)
    assert cluster["vpcConfig"]["publicAccessCidrs"] == ["52.94.76.0/22"]
    assert cluster["enabledClusterLogTypes"] == ["audit", "api"]
    exercise(stack, cluster, **inputs)


def test_a_cluster_is_upgraded_in_place_and_replaced_for_another_role_or_network(
    stack: Stack, cluster: Kept, inputs: dict[str, Any], network: dict[str, Any]
) -> None:
    assert stack.diff(cluster, **inputs | {"roleArn": network["nodes"]}).replaces == ["roleArn"]
    services = {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.21.0.0/16"}}
    assert stack.diff(cluster, **inputs | services).replaces == ["kubernetesNetworkConfig"]
    fewer = {key: value for key, value in inputs.items() if key != "version"}
    assert not stack.diff(cluster, **fewer).changes, "EKS keeps the version that it has"
    stack.update(cluster, **inputs | {"version": "1.35"})
    assert cluster["version"] == "1.35"


def test_encryption_of_secrets_can_not_be_switched_off_in_place(
    stack: Stack, inputs: dict[str, Any], aws: Any
) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    encryption = {"provider": {"keyArn": key}, "resources": ["secrets"]}
    cluster = stack.create(CLUSTER, "sealed", **inputs, encryptionConfig=encryption)
    assert cluster["encryptionConfig"] == encryption
    assert stack.diff(cluster, **inputs).replaces == ["encryptionConfig"]


def test_what_the_rehearsal_does_not_emulate_of_a_cluster_is_refused(
    stack: Stack, inputs: dict[str, Any]
) -> None:
    failures = stack.check(CLUSTER, "auto", inputs | {"computeConfig": {"enabled": True}}).failures
    assert [failure.property for failure in failures] == ["computeConfig"]
    assert "not emulated" in failures[0].reason


@pytest.fixture
def nodes(cluster: Kept, network: dict[str, Any]) -> dict[str, Any]:
    return {
        "clusterName": cluster.id,
        "nodeRoleArn": network["nodes"],
        "subnetIds": network["subnets"],
        "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
        "instanceTypes": ["m6i.large"],
        "labels": {"a": "1", "b": "2"},
        "taints": [{"key": "gpu", "value": "true", "effect": "NO_SCHEDULE"}],
    }


def test_a_node_group_is_scaled_relabelled_and_retainted_in_place(
    stack: Stack, cluster: Kept, nodes: dict[str, Any]
) -> None:
    group = stack.create(NODES, "cpu", **nodes)
    assert group.id.startswith(f"{cluster.id}:cpu-")
    assert group["version"] == "1.34"
    nodes |= {
        "scalingConfig": {"minSize": 0, "desiredSize": 1, "maxSize": 4},
        "labels": {"b": "3", "c": "4"},
        "taints": [{"key": "gpu", "value": "false", "effect": "NO_SCHEDULE"}],
    }
    stack.update(group, **nodes)
    assert group["labels"] == {"b": "3", "c": "4"}
    assert group["taints"] == nodes["taints"]
    assert group["scalingConfig"]["desiredSize"] == 1
    nodes["taints"] = []
    stack.update(group, **nodes)
    exercise(stack, group, **nodes)


@pytest.mark.parametrize(
    "change",
    [
        {"instanceTypes": ["m6i.xlarge"]},
        {"capacityType": "SPOT"},
        {"diskSize": 200},
        {"amiType": "BOTTLEROCKET_x86_64"},
    ],
)
def test_a_node_group_of_other_machines_is_another_node_group(
    stack: Stack, nodes: dict[str, Any], change: dict[str, Any]
) -> None:
    group = stack.create(NODES, "cpu", **nodes)
    assert stack.diff(group, **nodes | change).replaces == list(change)


def user_data(strategy: str = "RAID0") -> str:
    spec = {"instance": {"localStorage": {"strategy": strategy}}}
    config = {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec}
    lines = ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="B"', "", "--B"]
    lines += ["Content-Type: application/node.eks.aws", "", json.dumps(config), "--B--", ""]
    return b64encode("\n".join(lines).encode()).decode()


def templated(template: Kept, nodes: dict[str, Any]) -> dict[str, Any]:
    version = str(template["latestVersion"])
    return nodes | {"launchTemplate": {"id": template.id, "version": version}}


def test_a_node_group_follows_the_versions_of_its_launch_template(
    stack: Stack, nodes: dict[str, Any]
) -> None:
    template = stack.create(TEMPLATE, "nodes", userData=user_data())
    group = stack.create(NODES, "cpu", **templated(template, nodes))
    assert group["launchTemplate"]["version"] == "1"
    stack.update(template, userData=user_data("RAID10"))
    changed = templated(template, nodes)
    stack.update(group, **changed)
    assert group["launchTemplate"]["version"] == "2"
    other = stack.create(TEMPLATE, "other", userData=user_data())
    assert stack.diff(group, **templated(other, nodes)).replaces == ["launchTemplate"]
    exercise(stack, group, **changed)


def test_a_node_group_whose_nodes_can_not_start_is_told_with_eks_reason(
    stack: Stack, nodes: dict[str, Any], aws: Any
) -> None:
    script = b64encode(b"#!/bin/sh").decode()
    template = stack.create(TEMPLATE, "nodes", userData=script)
    with pytest.raises(Partial) as failed:
        stack.create(NODES, "cpu", **templated(template, nodes))
    assert "Ec2LaunchTemplateInvalidConfiguration: User data was not in" in failed.value.reasons[0]
    cluster, _, group = failed.value.id.partition(":")
    aws("eks").delete_nodegroup(clusterName=cluster, nodegroupName=group)


def test_the_cloud_refuses_a_node_group_that_wants_more_than_its_maximum(
    stack: Stack, nodes: dict[str, Any]
) -> None:
    nodes["scalingConfig"] = {"minSize": 1, "desiredSize": 5, "maxSize": 3}
    with pytest.raises(ProviderError, match=r"creating EKS Node Group.*desired"):
        stack.create(NODES, "cpu", **nodes)


def test_a_cluster_with_node_groups_is_not_deleted(
    stack: Stack, cluster: Kept, nodes: dict[str, Any]
) -> None:
    group = stack.create(NODES, "cpu", **nodes)
    with pytest.raises(ProviderError, match="nodegroups attached"):
        stack.delete(cluster)
    stack.delete(group)
    stack.delete(cluster)


def test_an_add_on_is_configured_and_updated(stack: Stack, cluster: Kept) -> None:
    inputs = {
        "clusterName": cluster.id,
        "addonName": "vpc-cni",
        "resolveConflictsOnCreate": "OVERWRITE",
    }
    addon = stack.create(ADDON, "cni", **inputs)
    assert addon.id == f"{cluster.id}:vpc-cni"
    assert addon["addonVersion"]
    inputs |= {
        "configurationValues": json.dumps({"env": {"WARM_ENI_TARGET": "1"}}),
        "resolveConflictsOnUpdate": "PRESERVE",
    }
    stack.update(addon, **inputs)
    assert not stack.diff(addon, **inputs | {"preserve": False}).changes
    exercise(stack, addon, **inputs)


def test_an_add_on_gets_roles_for_its_service_accounts(
    stack: Stack, cluster: Kept, network: dict[str, Any]
) -> None:
    identities = [{"roleArn": network["pods"], "serviceAccount": "efs-csi-controller-sa"}]
    addon = stack.create(
        ADDON,
        "efs",
        clusterName=cluster.id,
        addonName="aws-efs-csi-driver",
        podIdentityAssociations=identities,
    )
    assert addon["podIdentityAssociations"] == identities
    stack.update(addon, clusterName=cluster.id, addonName="aws-efs-csi-driver")
    assert addon["podIdentityAssociations"] == []


def test_an_access_entry_and_its_policies_come_and_go(
    stack: Stack, cluster: Kept, network: dict[str, Any]
) -> None:
    inputs: dict[str, Any] = {"clusterName": cluster.id, "principalArn": network["pods"]}
    entry = stack.create(ENTRY, "team", **inputs)
    assert entry["type"] == "STANDARD"
    inputs |= {"kubernetesGroups": ["data"], "tags": {"a": "b"}}
    stack.update(entry, **inputs)
    assert stack.diff(entry, **inputs | {"type": "EC2_LINUX"}).replaces == ["type"]
    association = {
        "clusterName": cluster.id,
        "principalArn": network["pods"],
        "policyArn": VIEW,
        "accessScope": {"type": "namespace", "namespaces": ["ml"]},
    }
    policy = stack.create(POLICY, "view", **association)
    assert policy.id == f"{cluster.id}#{network['pods']}#{VIEW}"
    assert stack.diff(policy, **association | {"policyArn": ADMIN}).replaces == ["policyArn"]
    exercise(stack, policy, **association)
    exercise(stack, entry, **inputs)


def test_a_service_account_gets_another_role_without_a_new_association(
    stack: Stack, cluster: Kept, network: dict[str, Any], aws: Any
) -> None:
    inputs = {
        "clusterName": cluster.id,
        "namespace": "kube-system",
        "serviceAccount": "fsx-csi-controller-sa",
        "roleArn": network["pods"],
    }
    identity = stack.create(IDENTITY, "fsx", **inputs)
    assert identity.id.startswith("a-")
    other = _role(aws("iam"), "pods.eks.amazonaws.com", name="other")
    assert stack.diff(identity, **inputs | {"namespace": "ml"}).replaces == ["namespace"]
    assert stack.diff(identity, **inputs | {"roleArn": other}).changed == ["roleArn"]
    exercise(stack, identity, f"{cluster.id},{identity.id}", **inputs)


def test_an_association_is_imported_by_cluster_and_id_only(stack: Stack, cluster: Kept) -> None:
    with pytest.raises(ProviderError, match="CLUSTER_NAME,ASSOCIATION_ID"):
        stack.imported(IDENTITY, "a-1234")


@pytest.fixture
def said(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that the provider tells the user."""
    texts: list[str] = []
    monkeypatch.setattr(
        stack.provider, "log", lambda _i, _u, _severity, text, _fleeting: texts.append(text)
    )
    return texts


@pytest.mark.difference(
    of="Amazon EKS",
    what="The API server answers whatever publicAccessCidrs and the endpoints say.",
    direction="kinder",
    why="It listens on a loopback address of this machine.",
    told="A warning on the cluster when it is created.",
)
def test_a_cluster_tells_that_nobody_is_kept_out(said: list[str], cluster: Kept) -> None:
    assert any("publicAccessCidrs and the endpoints are checked" in text for text in said)


@pytest.mark.difference(
    of="Amazon EKS",
    what="configurationValues of an add-on are not compared with the add-on's schema.",
    direction="kinder",
    why="The schemas are not published.",
    told="A warning on the add-on when it is created with such values.",
)
def test_an_add_on_tells_that_its_values_are_not_compared(
    stack: Stack, said: list[str], cluster: Kept
) -> None:
    values = json.dumps({"replicaCont": 2})
    stack.create(
        ADDON, "dns", clusterName=cluster.id, addonName="coredns", configurationValues=values
    )
    assert any("EKS compares configurationValues" in text for text in said)
