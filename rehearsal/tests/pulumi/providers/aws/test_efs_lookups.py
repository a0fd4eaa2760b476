from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from rehearsal.pulumi.providers.server import ProviderError
from tests.pulumi.providers.aws.stack import Stack
from tests.pulumi.providers.aws.test_functions import invoke

MOUNT = {"Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:ClientMount"}


@pytest.fixture
def system(aws: Any) -> str:
    made = aws("efs").create_file_system(CreationToken=str(uuid4()), Encrypted=True)
    return str(made["FileSystemId"])


def test_a_file_system_is_found_by_its_id_and_another_is_not(stack: Stack, system: str) -> None:
    found = invoke(stack, "efs.getFileSystem", fileSystemId=system)
    assert found["dnsName"] == f"{system}.efs.us-west-2.amazonaws.com"
    assert found["availabilityZoneName"] == ""
    assert found["protections"] == [{"replicationOverwrite": "ENABLED"}]
    with pytest.raises(ProviderError, match="couldn't find resource"):
        invoke(stack, "efs.getFileSystem", fileSystemId="fs-00000000000000000")


def test_the_interface_of_a_mount_target_is_found_by_the_file_system(
    stack: Stack, system: str, aws: Any
) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24")["Subnet"]
    aws("efs").create_mount_target(FileSystemId=system, SubnetId=subnet["SubnetId"])
    named = [{"name": "description", "values": [f"EFS mount target for {system} (*)"]}]
    (interface,) = invoke(stack, "ec2.getNetworkInterfaces", filters=named)["ids"]
    found = invoke(stack, "ec2.getNetworkInterface", id=interface)
    assert (found["vpcId"], found["subnetId"]) == (vpc, subnet["SubnetId"])
    assert found["availabilityZone"] == subnet["AvailabilityZone"]
    assert len(found["securityGroups"]) == 1
    other = [{"name": "description", "values": ["EFS mount target for fs-0 (*)"]}]
    assert invoke(stack, "ec2.getNetworkInterfaces", filters=other)["ids"] == []


def test_the_rules_of_a_group_tell_whom_they_let_in(stack: Stack, aws: Any) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    one, two = (
        ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"]
        for name in ("one", "two")
    )
    peer = {"UserIdGroupPairs": [{"GroupId": two}]}
    rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, **peer}
    ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[rule])
    chosen = [{"name": "group-id", "values": [one]}]
    ids = invoke(stack, "vpc.getSecurityGroupRules", filters=chosen)["ids"]
    rules = [invoke(stack, "vpc.getSecurityGroupRule", securityGroupRuleId=each) for each in ids]
    (found,) = [each for each in rules if not each["isEgress"]]
    assert found["referencedSecurityGroupId"] == two
    assert (found["ipProtocol"], found["fromPort"], found["toPort"]) == ("tcp", 2049, 2049)


def test_cloud_control_has_the_policy_of_a_file_system(stack: Stack, system: str, aws: Any) -> None:
    asked = {"typeName": "AWS::EFS::FileSystem", "identifier": system}
    properties = json.loads(invoke(stack, "cloudcontrol.getResource", **asked)["properties"])
    assert "FileSystemPolicy" not in properties
    policy = {"Version": "2012-10-17", "Statement": [MOUNT]}
    aws("efs").put_file_system_policy(FileSystemId=system, Policy=json.dumps(policy))
    properties = json.loads(invoke(stack, "cloudcontrol.getResource", **asked)["properties"])
    assert properties["FileSystemPolicy"] == policy
    with pytest.raises(ProviderError, match="is emulated for AWS::EFS::FileSystem"):
        invoke(stack, "cloudcontrol.getResource", typeName="AWS::S3::Bucket", identifier="b")
