"""Stacks in a network and on a cluster that somebody else made, which stay as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.stacks import snapshots
from tests.stacks.clone import Clone, counts

pytestmark = pytest.mark.rehearsal

REGION = {"aws:region": "us-west-2"}
PLATFORM = {
    "network": {"cidr": "10.20.0.0/16", "zones": ["us-west-2a", "us-west-2b"]},
    "nodeGroups": {"cpu": {"instanceTypes": ["m6i.large"]}},
    "storage": {"backend": "fsx", "namespaces": ["training"]},
}
"""A stack with the driver of FSx and none of EFS."""


def write(clone: Clone, stack: str, sections: dict[str, Any]) -> None:
    """Write the stack's file."""
    config = REGION | {f"eks-ml-storage:{name}": value for name, value in sections.items()}
    (clone.root / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("existing"))
    yield found
    for stack in ("platform", "bare"):
        if (found.home / "environments" / stack).exists():
            found.rehearsal("cloud", "stop", "-s", stack)


@pytest.fixture(scope="module")
def platform(clone: Clone) -> dict[str, Any]:
    """Outputs of a stack that makes a network, a cluster and a bucket."""
    write(clone, "platform", PLATFORM)
    clone.rehearsal("up", "-s", "platform", "--yes", "--skip-preview")
    return clone.outputs("platform")


def test_a_stack_on_what_another_one_made_leaves_it_as_it_was(
    clone: Clone, platform: dict[str, Any]
) -> None:
    aws = ("aws", "ec2", "describe-subnets", "--filters")
    of = f"Name=vpc-id,Values={platform['vpcId']}"
    private = "Name=tag:kubernetes.io/role/internal-elb,Values=1"
    subnets = json.loads(clone.in_environment("platform", *aws, of, private))["Subnets"]
    account = snapshots.account(clone, "platform")
    cluster = snapshots.cluster(clone, "platform")
    guest = {
        "network": {
            "existing": {
                "vpcId": platform["vpcId"],
                "subnetIds": sorted(one["SubnetId"] for one in subnets),
            }
        },
        "cluster": {"existing": platform["clusterName"]},
        "bucket": {"existing": platform["bucket"]},
        "storage": {"backend": "efs", "namespaces": ["guest"]},
        "training": {"namespace": "guest"},
    }
    write(clone, "guest", guest)
    said = clone.rehearsal("up", "-s", "guest", "--environment", "platform", "--yes")
    assert set(counts(said)) <= {"created", "read"}, said
    assert "mount-driver-efs-release" in said, "the cluster had no driver of EFS"
    assert "training-controller" not in said, "there are no training jobs"
    claims = clone.objects("guest", "persistentvolumeclaims", "--all-namespaces")
    phases = {one["metadata"]["namespace"]: one["status"]["phase"] for one in claims}
    assert phases == {"training": "Bound", "guest": "Bound"}
    said = clone.rehearsal("up", "-s", "guest", "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, "its own driver is not taken for somebody else's"
    said = clone.rehearsal("up", "-s", "platform", "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, "the owner notices nothing"

    write(clone, "guest", guest | {"storage": {"backend": "fsx", "namespaces": ["guest"]}})
    said = clone.rehearsal("up", "-s", "guest", "--yes", "--skip-preview")
    assert "has the driver fsx.csi.aws.com" in said, "which is used as it is"
    said = clone.rehearsal("up", "-s", "guest", "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said

    clone.rehearsal("destroy", "-s", "guest", "--yes")
    assert [*snapshots.differences(account, snapshots.account(clone, "platform"))] == []
    assert [*snapshots.differences(cluster, snapshots.cluster(clone, "platform"))] == []
