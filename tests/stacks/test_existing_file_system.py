"""FSx for Lustre that is there already, used by a second stack and left as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.stacks import eks
from tests.stacks.clone import Clone, counts

pytestmark = pytest.mark.rehearsal

DEV, GUEST = "dev", "guest"
NAMESPACE = "research"
NOBODYS = "fs-0000000000000000f"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("existing-file-system"))
    yield found
    found.rehearsal("cloud", "stop", "-s", DEV)


def aws(clone: Clone, *question: str) -> Any:
    return eks.aws(clone, DEV, *question)


def write_guest(clone: Clone, file_system: str) -> None:
    """Write the file of a stack in the cluster of dev, on a file system that exists."""
    config = {
        "aws:region": "us-west-2",
        "eks-ml-storage:cluster": {"existing": clone.outputs(DEV)["clusterName"]},
        "eks-ml-storage:bucket": {"forceDestroy": True},
        "eks-ml-storage:storage": {
            "backend": "fsx",
            "namespaces": [NAMESPACE],
            "fsx": {"existing": file_system},
        },
        "eks-ml-storage:training": {"namespace": NAMESPACE},
    }
    (clone.root / f"Pulumi.{GUEST}.yaml").write_text(yaml.safe_dump({"config": config}))


def make_file_system(clone: Clone) -> str:
    """Make a file system in the VPC of dev, by hand, and return its id."""
    vpc = clone.outputs(DEV)["vpcId"]
    (subnet, *_) = (
        one["SubnetId"]
        for one in aws(clone, "ec2", "describe-subnets")["Subnets"]
        if one["VpcId"] == vpc
        and one["AvailabilityZone"] == "us-west-2a"
        and not one["MapPublicIpOnLaunch"]
    )
    named = ("--group-name", "theirs", "--description", "lustre", "--vpc-id", vpc)
    group = aws(clone, "ec2", "create-security-group", *named)["GroupId"]
    itself = [
        {
            "IpProtocol": "tcp",
            "FromPort": low,
            "ToPort": high,
            "UserIdGroupPairs": [{"GroupId": group}],
        }
        for low, high in ((988, 988), (1018, 1023))
    ]
    rules = ("--group-id", group, "--ip-permissions", json.dumps(itself))
    aws(clone, "ec2", "authorize-security-group-ingress", *rules)
    lustre = "DeploymentType=PERSISTENT_2,PerUnitStorageThroughput=125"
    made = aws(
        clone,
        *("fsx", "create-file-system", "--file-system-type", "LUSTRE"),
        *("--storage-capacity", "2400", "--file-system-type-version", "2.15"),
        *("--subnet-ids", subnet, "--security-group-ids", group),
        *("--lustre-configuration", lustre),
    )
    found: str = made["FileSystem"]["FileSystemId"]
    return found


def rules_of(clone: Clone) -> list[Any]:
    """The rules of all security groups, without what tells of the time they were made."""
    found = aws(clone, "ec2", "describe-security-group-rules")["SecurityGroupRules"]
    return sorted(json.dumps(one, sort_keys=True) for one in found)


def up(clone: Clone, *more: str, ok: bool = True) -> str:
    options = ("--yes", "--skip-preview", "--environment", DEV)
    return clone.rehearsal("up", "-s", GUEST, *options, *more, ok=ok)


def test_a_file_system_of_others_is_used_and_left_as_it_was(clone: Clone) -> None:
    clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview")
    clone.rehearsal("results", "-s", DEV)  # a job that ends later would be a difference too
    system = make_file_system(clone)
    describe = ("fsx", "describe-file-systems", "--file-system-ids", system)
    seen = aws(clone, *describe)
    before, rules = clone.inventory(DEV), rules_of(clone)

    write_guest(clone, NOBODYS)
    said = up(clone, ok=False)
    assert NOBODYS in said
    assert "Traceback" not in said
    assert clone.inventory(DEV) == before, "nothing was created"

    write_guest(clone, system)
    up(clone)
    volumes = clone.objects(DEV, "persistentvolumes")
    handles = {one["spec"]["csi"]["volumeHandle"] for one in volumes if "csi" in one["spec"]}
    assert system in handles
    assert len(aws(clone, "fsx", "describe-file-systems")["FileSystems"]) == 1, "none was made"
    assert len(rules_of(clone)) > len(rules), "clients were let in"
    said = up(clone, "--expect-no-changes")
    assert "created" not in counts(said), said

    clone.rehearsal("destroy", "-s", GUEST, "--yes", "--skip-preview", "--environment", DEV)
    assert aws(clone, *describe) == seen
    assert rules_of(clone) == rules
    assert clone.inventory(DEV) == before
    clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview", "--expect-no-changes")
