"""An example program on an account that has a VPC of another stack, by plain `pulumi`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks import eks
from tests.stacks.clone import Clone

pytestmark = pytest.mark.rehearsal

DEV = "dev"
EXAMPLE = "examples/file_system_in_a_vpc"
STACK = "research"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("examples"))
    yield found
    found.rehearsal("cloud", "stop", "-s", DEV)


def pulumi(clone: Clone, *arguments: str) -> str:
    """Run a command of Pulumi on the example, as its README says."""
    library = f"PYTHONPATH={clone.root}"
    command = ("pulumi", *arguments, "--cwd", EXAMPLE, "--stack", STACK, "--non-interactive")
    return clone.in_environment(DEV, "env", "-u", "PULUMI_STACK", library, *command)


def described(clone: Clone, *question: str) -> Any:
    return eks.aws(clone, DEV, *question)


def test_a_file_system_comes_to_the_vpc_of_another_stack_and_goes_again(clone: Clone) -> None:
    clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview")
    clone.rehearsal("results", "-s", DEV)  # a job that ends later would be a difference too
    before = clone.inventory(DEV)
    vpc = clone.outputs(DEV)["vpcId"]
    of_vpc = ("--filters", f"Name=vpc-id,Values={vpc}")
    subnets = {
        one["AvailabilityZone"]: one["SubnetId"]
        for one in described(clone, "ec2", "describe-subnets", *of_vpc)["Subnets"]
        if not one["MapPublicIpOnLaunch"]
    }
    groups = described(clone, "ec2", "describe-security-groups", *of_vpc)["SecurityGroups"]
    client = next(one["GroupId"] for one in groups if one["Description"].startswith("SageMaker"))

    pulumi(clone, "stack", "init")
    pulumi(clone, "config", "set", "aws:region", "us-west-2")
    pulumi(clone, "config", "set", "vpcId", vpc)
    pulumi(clone, "config", "set", "clientSecurityGroupId", client)
    for zone, subnet in subnets.items():
        pulumi(clone, "config", "set", "--path", f"subnetIds.{zone}", subnet)
    pulumi(clone, "up", "--yes", "--skip-preview")

    made = json.loads(pulumi(clone, "stack", "output", "--json"))
    (file_system,) = described(clone, "fsx", "describe-file-systems")["FileSystems"]
    assert file_system["FileSystemId"] == made["fileSystemId"]
    assert file_system["VpcId"] == vpc
    assert {*file_system["SubnetIds"]} <= {*subnets.values()}
    assert file_system["StorageCapacity"] == 2400
    assert made["mountCommand"].startswith("mount -t lustre")
    rules = described(
        clone,
        *("ec2", "describe-security-group-rules"),
        *("--filters", f"Name=group-id,Values={client}"),
    )["SecurityGroupRules"]
    ports = {(one["FromPort"], one["ToPort"]) for one in rules if not one["IsEgress"]}
    assert {(988, 988), (1018, 1023)} <= ports, "Lustre servers may call their clients"
    pulumi(clone, "up", "--yes", "--skip-preview", "--expect-no-changes")

    pulumi(clone, "destroy", "--yes", "--skip-preview")
    assert clone.inventory(DEV) == before
    clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview", "--expect-no-changes")
