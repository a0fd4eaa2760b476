"""A stack's second life: upgraded, left alone while AWS moves on, destroyed and made again."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rehearsal.clone import Clone

pytestmark = pytest.mark.rehearsal

CLUSTER = "eks-ml-storage-dev"
LOG_GROUP = f"/aws/eks/{CLUSTER}/cluster"
GROUPS = {"cpu", "scratch"}
"""The node groups; the second is on instance storage."""
IMAGE = "1.35.1-20261023"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("upgrades"))
    yield found
    found.rehearsal("cloud", "stop", "-s", "dev")


def eks(clone: Clone, call: str, *arguments: str) -> dict[str, Any]:
    said = clone.in_environment("dev", "aws", "eks", call, *arguments)
    found: dict[str, Any] = json.loads(said)
    return found


def node_groups(clone: Clone) -> dict[str, dict[str, Any]]:
    """The node groups as EKS describes them, by their names in the stack's file."""
    found = {}
    for name in eks(clone, "list-nodegroups", "--cluster-name", CLUSTER)["nodegroups"]:
        asked = ("--cluster-name", CLUSTER, "--nodegroup-name", name)
        group = eks(clone, "describe-nodegroup", *asked)["nodegroup"]
        found[group["labels"]["eks-ml-storage/node-group"].removeprefix("nodes-")] = group
    return found


def addons(clone: Clone) -> dict[str, str]:
    """The version of each add-on."""
    asked = ("--cluster-name", CLUSTER)
    return {
        name: eks(clone, "describe-addon", *asked, "--addon-name", name)["addon"]["addonVersion"]
        for name in eks(clone, "list-addons", *asked)["addons"]
    }


def log_groups(clone: Clone) -> dict[str, Any]:
    """The retention of each log group, in days; None is for ever."""
    said = clone.in_environment("dev", "aws", "logs", "describe-log-groups")
    found = json.loads(said)["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in found}


def release_addon(clone: Clone, name: str, version: str) -> None:
    """Have AWS release a newer version of an add-on."""
    world = json.loads((clone.home / "worlds/dev/world.json").read_text())
    address = f"http://127.0.0.1:{world['ports']['cloud']}/rehearsal/eks/add-ons/{name}"
    body = json.dumps({"version": version}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def set_version(clone: Clone, version: str, **of_groups: dict[str, Any]) -> None:
    """Set the Kubernetes version, and more of the groups."""
    groups = {
        "cpu": {"instanceTypes": ["m6i.large"], "desiredSize": 2},
        "scratch": {
            "instanceTypes": ["m6id.large"],
            "instanceStore": True,
            "zones": ["us-west-2a"],
            "taints": [{"key": "scratch", "value": "true", "effect": "NO_SCHEDULE"}],
        },
    }
    changed = {name: group | of_groups.get(name, {}) for name, group in groups.items()}
    clone.edit("dev", cluster={"version": version}, nodeGroups=changed)


def up(clone: Clone, *more: str) -> str:
    return clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview", *more)


def test_an_upgrade_takes_nodes_and_add_ons_along_and_a_newer_release_alone_nothing(
    clone: Clone,
) -> None:
    set_version(clone, "1.35", cpu={"releaseVersion": IMAGE})
    up(clone)
    groups, first = node_groups(clone), addons(clone)
    assert set(groups) == GROUPS
    assert {group["version"] for group in groups.values()} == {"1.35"}
    assert groups["cpu"]["releaseVersion"] == IMAGE, "the image that was asked for"
    assert "launchTemplate" in groups["scratch"]
    assert first["kube-proxy"].startswith("v1.35.")

    for name in first:
        newer = "v1.35.9-eksbuild.9" if name == "kube-proxy" else "v9.9.9-eksbuild.1"
        release_addon(clone, name, newer)
    up(clone, "--expect-no-changes")
    assert addons(clone) == first, "an update alone moves no add-on"

    set_version(clone, "1.34")
    said = clone.rehearsal("preview", "-s", "dev", ok=False)
    assert "must not be below what the cluster runs, 1.35" in said

    set_version(clone, "1.36")
    up(clone)
    cluster = eks(clone, "describe-cluster", "--name", CLUSTER)["cluster"]
    assert cluster["version"] == "1.36"
    for name, group in node_groups(clone).items():
        assert group["version"] == "1.36", name
        assert group["releaseVersion"].startswith("1.36."), name
        assert group["nodegroupArn"] == groups[name]["nodegroupArn"], "updated in place"
    assert set(addons(clone).values()) == {"v9.9.9-eksbuild.1", "v1.35.9-eksbuild.9"}
    up(clone, "--expect-no-changes")

    set_version(clone, "1.36", scratch={"diskSizeGib": 80})
    up(clone)
    scratch = node_groups(clone)["scratch"]
    assert scratch["launchTemplate"]["version"] == "2"
    assert scratch["nodegroupArn"] == groups["scratch"]["nodegroupArn"], "rolled in place"


def test_a_destroyed_stack_goes_up_again_in_the_same_account(clone: Clone) -> None:
    up(clone)
    jobs = set(clone.outputs("dev")["trainingJobs"].values())
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert clone.inventory("dev") == {}
    assert log_groups(clone)[LOG_GROUP] == 30, "what EKS writes late does not stay for ever"

    up(clone)
    assert log_groups(clone)[LOG_GROUP] == 30
    again = set(clone.outputs("dev")["trainingJobs"].values())
    assert not jobs & again, "SageMaker takes a name once"
    up(clone, "--expect-no-changes")

    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    clone.in_environment("dev", "aws", "logs", "delete-log-group", "--log-group-name", LOG_GROUP)
    assert log_groups(clone)[LOG_GROUP] is None, "EKS has made it again"
    clone.edit("dev", cluster={"logRetentionDays": 7})
    up(clone)
    assert log_groups(clone)[LOG_GROUP] == 7, "taken over, with the retention of the config"
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert clone.inventory("dev") == {}
    assert clone.left_in_the_cluster("dev") == set()
