"""The aws provider under faults of AWS: it tries again, and tells, what pulumi-aws does."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.retries import standard

from rehearsal.aws import clock
from rehearsal.paths import Environment
from rehearsal.pulumi.providers.aws import operation
from rehearsal.pulumi.providers.server import Partial, ProviderError
from tests import injection
from tests.pulumi.providers.aws.stack import Kept, Stack, urn

VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
NAT = "aws:ec2/natGateway:NatGateway"
ROLE = "aws:iam/role:Role"
FILES = "aws:efs/fileSystem:FileSystem"
POINT = "aws:efs/accessPoint:AccessPoint"
CLUSTER = "aws:eks/cluster:Cluster"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "eks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
Injected = Callable[..., Any]


@pytest.fixture
def injected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Injected:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    # The pauses of an SDK are not waited for here.
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    return partial(injection.injected, Environment.of("dev"))


def vpcs(aws: Any) -> int:
    return len(aws("ec2").describe_vpcs()["Vpcs"])


@pytest.mark.parametrize("kind", ["throttling", "server-error"])
def test_what_aws_refuses_for_a_moment_is_tried_again(
    stack: Stack, aws: Any, injected: Injected, kind: str
) -> None:
    before = vpcs(aws)
    with injected(kind, service="ec2", times=9):
        stack.create(VPC, "main", cidrBlock="10.0.0.0/16")
    assert vpcs(aws) == before + 1


def test_what_aws_refuses_for_ever_fails_after_as_many_attempts_as_pulumi_aws_makes(
    stack: Stack, injected: Injected
) -> None:
    said = (
        r"creating EC2 VPC: operation error ec2: CreateVpc, exceeded maximum number of attempts, "
        r"25, https response error StatusCode: 503, .*api error RequestLimitExceeded: Request limit"
    )
    with (
        injected("throttling", call="CreateVpc", times=99),
        pytest.raises(ProviderError, match=said),
    ):
        stack.create(VPC, "main", cidrBlock="10.0.0.0/16")


def test_a_lost_response_doubles_what_is_created_without_a_token_as_at_aws(
    stack: Stack, aws: Any, injected: Injected
) -> None:
    before = vpcs(aws)
    with injected("lost-response", call="CreateVpc"):
        kept = stack.create(VPC, "main", cidrBlock="10.0.0.0/16")
    assert vpcs(aws) == before + 2, "the SDK repeats the call, and the first VPC is nobody's"
    stack.delete(kept)
    for one in aws("ec2").describe_vpcs()["Vpcs"]:
        if one["CidrBlock"] == "10.0.0.0/16":
            aws("ec2").delete_vpc(VpcId=one["VpcId"])


def test_a_lost_response_of_what_has_a_name_is_an_error_that_says_it_exists(
    stack: Stack, aws: Any, injected: Injected
) -> None:
    with (
        injected("lost-response", call="CreateRole"),
        pytest.raises(ProviderError, match=r"creating IAM Role.*EntityAlreadyExists"),
    ):
        stack.create(ROLE, "main", name="main", assumeRolePolicy=TRUST)
    aws("iam").delete_role(RoleName="main")


def test_a_lost_response_of_what_has_a_token_is_repaired_by_the_sdk(
    stack: Stack, aws: Any, injected: Injected
) -> None:
    vpc = stack.create(VPC, "main", cidrBlock="10.0.0.0/16")
    subnet = stack.create(SUBNET, "main", vpcId=vpc.id, cidrBlock="10.0.1.0/24")
    with injected("lost-response", call="CreateNatGateway"):
        stack.create(NAT, "main", subnetId=subnet.id, connectivityType="private")
    found = aws("ec2").describe_nat_gateways(Filter=[{"Name": "vpc-id", "Values": [vpc.id]}])[
        "NatGateways"
    ]
    assert len(found) == 1


@pytest.mark.parametrize("type_", [FILES, POINT])
def test_a_creation_whose_token_is_taken_by_its_own_lost_call_fails_and_the_next_one_does_not(
    stack: Stack, injected: Injected, type_: str
) -> None:
    inputs = {}
    if type_ == POINT:
        inputs = {"fileSystemId": stack.create(FILES, "files").id}
    call = "CreateFileSystem" if type_ == FILES else "CreateAccessPoint"
    with (
        injected("lost-response", call=call),
        pytest.raises(ProviderError, match=f"api error {call.removeprefix('Create')}AlreadyExists"),
    ):
        stack.create(type_, "data", **inputs)
    stack.create(type_, "data", **inputs)


def test_expired_credentials_are_an_error_at_once(stack: Stack, injected: Injected) -> None:
    with (
        injected("expired-credentials"),
        pytest.raises(
            ProviderError, match=r"creating EC2 VPC.*api error RequestExpired: Request has expired"
        ),
    ):
        stack.create(VPC, "main", cidrBlock="10.0.0.0/16")


def test_a_cluster_waits_until_aws_knows_its_new_role(
    stack: Stack, injected: Injected, monkeypatch: pytest.MonkeyPatch
) -> None:
    vpc = stack.create(VPC, "main", cidrBlock="10.0.0.0/16")
    subnets = [
        stack.create(
            SUBNET,
            zone,
            vpcId=vpc.id,
            cidrBlock=f"10.0.{n}.0/24",
            availabilityZone=f"us-west-2{zone}",
        ).id
        for n, zone in enumerate("ab")
    ]
    waited = []

    def pause(_: float) -> None:
        waited.append(1)
        monkeypatch.setattr(clock, "AHEAD", 10.0 * len(waited))

    monkeypatch.setattr(operation, "pause", pause)
    with injected("slow-iam", seconds=15):
        role = stack.create(ROLE, "control", assumeRolePolicy=TRUST)
        inputs = {"roleArn": role["arn"], "vpcConfig": {"subnetIds": subnets}}
        stack.create(CLUSTER, "main", **inputs)
    assert len(waited) == 2


def test_a_file_system_that_failed_stays_in_the_state_and_an_update_says_what_to_do(
    stack: Stack, injected: Injected
) -> None:
    place = urn(FILES, "data")
    with injected("file-system", service="efs", state="error"):
        checked = stack.check(FILES, "data", {}).inputs
        with pytest.raises(Partial) as failed:
            stack.provider.create(stack.instance, place, FILES, checked, 20, False)
    (said,) = failed.value.reasons
    assert "creating EFS file system" in said
    assert "unexpected state 'error', wanted target 'available'" in said
    assert "--replace" not in said
    kept = Kept(place, FILES, failed.value.id, checked, failed.value.outputs)
    stack.kept.append(kept)
    state = (kept.inputs, kept.outputs, checked)
    with pytest.raises(Partial, match=r"replace it with `up --replace URN`"):
        stack.provider.update(stack.instance, place, FILES, kept.id, *state, 20, False)
