"""Faults of resources in the emulated AWS: each as AWS shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import clock, clusters
from tests.aws.account import Account
from tests.aws.conftest import Injected
from tests.patience import until

EKS = "eks.amazonaws.com"


def lustre(aws: Account, **more: Any) -> str:
    vpc = aws.vpc()
    return aws.fsx.create_file_system(
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        SubnetIds=[aws.subnet(vpc)],
        SecurityGroupIds=[aws.lustre_group(vpc)],
        LustreConfiguration={"DeploymentType": "SCRATCH_2"},
        **more,
    )["FileSystem"]["FileSystemId"]


@pytest.mark.parametrize("state", ["FAILED", "MISCONFIGURED"])
def test_a_file_system_of_fsx_is_creating_and_then_ends_in_the_state_with_a_reason(
    aws: Account, injected: Injected, state: str
) -> None:
    with injected("file-system", service="fsx", state=state, name="data"):
        other = lustre(aws, Tags=[{"Key": "Name", "Value": "other"}])
        failed = lustre(aws, Tags=[{"Key": "Name", "Value": "data"}])
    states = {one["FileSystemId"]: one for one in aws.fsx.describe_file_systems()["FileSystems"]}
    assert states[other]["Lifecycle"] == "AVAILABLE"
    assert states[failed]["Lifecycle"] == state
    assert states[failed]["FailureDetails"]["Message"]
    aws.fsx.delete_file_system(FileSystemId=failed)


def test_a_file_system_of_efs_ends_in_the_state_error(aws: Account, injected: Injected) -> None:
    with injected("file-system", service="efs", state="error"):
        aws.efs_file_system("first")
        aws.efs_file_system("second")
    states = [one["LifeCycleState"] for one in aws.efs.describe_file_systems()["FileSystems"]]
    assert sorted(states) == ["available", "error"]


@pytest.mark.parametrize("state", ["CREATE_FAILED", "DEGRADED"])
def test_a_node_group_ends_in_the_state_with_a_health_issue(
    aws: Account, injected: Injected, state: str
) -> None:
    aws.cluster()
    aws.role("nodes", "ec2.amazonaws.com")
    with injected("node-group", name="gpu*", state=state, issue="NodeCreationFailure"):
        assert aws.node_group("cpu")["status"] == "CREATING"
        assert aws.node_group("gpu-a")["status"] == "CREATING"
    described = {
        name: aws.eks.describe_nodegroup(clusterName="main", nodegroupName=name)["nodegroup"]
        for name in ("cpu", "gpu-a")
    }
    assert described["cpu"]["status"] == "ACTIVE"
    assert described["gpu-a"]["status"] == state
    (issue,) = described["gpu-a"]["health"]["issues"]
    assert issue["code"] == "NodeCreationFailure"
    assert issue["message"] == "Instances failed to join the kubernetes cluster"


def test_a_new_role_is_not_known_to_another_service_until_it_is_effective(
    aws: Account, injected: Injected, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    old = aws.role("old", EKS)
    with injected("slow-iam", seconds=5):
        new = aws.role("new", EKS)
        subnets = aws.subnets(aws.vpc())
        assert aws.iam.get_role(RoleName="new"), "IAM itself shows it at once"
        refused(
            "InvalidParameterException",
            aws.eks.create_cluster,
            "does not exist",
            name="main",
            roleArn=new,
            resourcesVpcConfig={"subnetIds": subnets},
        )
        monkeypatch.setattr(clock, "AHEAD", 6.0)
        assert aws.cluster(roleArn=new, subnets=subnets)["roleArn"] == new
    assert aws.iam.get_role(RoleName="old")["Role"]["Arn"] == old


def test_a_policy_new_to_a_role_does_not_allow_anything_until_it_is_effective(
    aws: Account, cloud: Any, injected: Injected, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, role = aws.bucket(), aws.role("reader", "ec2.amazonaws.com")
    allowed = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    with injected("slow-iam", seconds=5, name="reader"):
        aws.iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=document)
        given = aws.sts.assume_role(RoleArn=role, RoleSessionName="pod")["Credentials"]
        session = aws.client_of(cloud.url, "s3", given)
        with pytest.raises(ClientError, match="AccessDenied"):
            session.list_objects_v2(Bucket=bucket)
        monkeypatch.setattr(clock, "AHEAD", 6.0)
        session.list_objects_v2(Bucket=bucket)


def test_a_spot_instance_that_is_taken_is_replaced_by_another_with_another_address(
    aws: Account, injected: Injected
) -> None:
    def addresses(group: str) -> set[str]:
        purpose = {"Name": "description", "Values": [f"node of main/{group}"]}
        found = aws.ec2.describe_network_interfaces(Filters=[purpose])["NetworkInterfaces"]
        return {one["PrivateIpAddress"] for one in found}

    aws.cluster()
    aws.role("nodes", "ec2.amazonaws.com")
    aws.node_group("bought")
    aws.node_group("spot", capacityType="SPOT")
    bought, spot = addresses("bought"), addresses("spot")
    with injected("spot-interruption", seconds=0):
        until(lambda: clusters.take() and addresses("spot") != spot)
        after = addresses("spot")
        clusters.take()
        assert addresses("spot") == after, "it happens once"
    assert len(after) == len(spot)
    assert len(after & spot) == len(spot) - 1
    assert addresses("bought") == bought, "only spot capacity is taken"
