"""Nodes as node groups want them, and the way there."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws.node_config import LocalStorage
from rehearsal.kubernetes.instances import InstanceType
from rehearsal.kubernetes.node_objects import (
    Location,
    Node,
    NodeGroup,
    host_name,
    node,
    shows_gpus,
    with_endpoint,
)
from rehearsal.kubernetes.node_plan import configuration_patch, name_of, plan

M6I_LARGE = InstanceType("m6i.large", "amd64", 2, 8192, 0, 3, 10)
G5_XLARGE = InstanceType("g5.xlarge", "amd64", 4, 16384, 1, 4, 15)


def group(addresses: list[str], name: str = "cpu", **described: Any) -> NodeGroup:
    description = {
        "nodegroupName": name,
        "nodegroupArn": f"arn:aws:eks:us-west-2:123456789012:nodegroup/main/{name}/1",
        "status": "ACTIVE",
        "version": "1.34",
        "capacityType": "SPOT",
        "amiType": "AL2023_x86_64_STANDARD",
        "labels": {"team": "vision"},
        "taints": [{"key": "dedicated", "value": "training", "effect": "NO_SCHEDULE"}],
    }
    locations = tuple(Location(address, "us-west-2a", "usw2-az1") for address in addresses)
    return NodeGroup(description | described, "us-west-2", M6I_LARGE, locations)


def made(one: NodeGroup) -> list[Node]:
    return [node(one, location) for location in one.locations]


@pytest.mark.parametrize(
    ("kind", "strategy", "disk"),
    [
        ("m6i.large", "", "200Gi"),
        ("m6i.large", "RAID0", "200Gi"),
        ("m6id.large", "", "200Gi"),
        ("m6id.large", "RAID0", "109Gi"),
        ("m6id.large", "Mount", "200Gi"),
        ("p4d.24xlarge", "RAID10", "3725Gi"),
    ],
)
def test_what_pods_keep_is_on_the_instances_own_disks_where_they_are_one_array(
    kind: str, strategy: str, disk: str
) -> None:
    store = {"m6i.large": 0, "m6id.large": 109, "p4d.24xlarge": 7450}[kind]
    one = replace(
        group(["10.20.1.23"]),
        instance_type=replace(M6I_LARGE, name=kind, instance_store_gib=store),
        root_volume_gib=200,
        local_storage=LocalStorage(strategy),
    )
    (found,) = made(one)
    assert found["status"]["capacity"]["ephemeral-storage"] == disk
    assert int(found["status"]["allocatable"]["ephemeral-storage"]) < int(disk[:-2]) * 2**30


@pytest.mark.parametrize(
    ("disks", "storage", "paths"),
    [
        (2, LocalStorage("RAID0"), "/mnt/k8s-disks/0"),
        (2, LocalStorage("Mount"), "/mnt/k8s-disks/1 /mnt/k8s-disks/2"),
        (1, LocalStorage("RAID0", "/fast/"), "/fast/0"),
        (0, LocalStorage("RAID0"), None),
        (2, LocalStorage(), None),
    ],
)
def test_a_node_says_where_its_own_disks_are_mounted(
    disks: int, storage: LocalStorage, paths: str | None
) -> None:
    kind = replace(M6I_LARGE, instance_store_disks=disks)
    (found,) = made(replace(group(["10.20.1.23"]), instance_type=kind, local_storage=storage))
    assert found["metadata"]["annotations"].get("rehearsal/local-disks") == paths


def test_a_node_has_the_name_labels_and_place_eks_gives_it() -> None:
    one = made(group(["10.20.1.23"]))[0]
    assert name_of(one) == "ip-10-20-1-23.us-west-2.compute.internal"
    assert one["spec"]["providerID"].startswith("aws:///us-west-2a/i-")
    labels = one["metadata"]["labels"]
    assert (
        labels.items()
        >= {
            "eks.amazonaws.com/nodegroup": "cpu",
            "eks.amazonaws.com/capacityType": "SPOT",
            "node.kubernetes.io/instance-type": "m6i.large",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/os": "linux",
            "kubernetes.io/hostname": name_of(one),
            "topology.kubernetes.io/zone": "us-west-2a",
            "topology.k8s.aws/zone-id": "usw2-az1",
            "team": "vision",
        }.items()
    )


def test_a_node_leads_the_api_server_to_the_kubelet_endpoint() -> None:
    one = made(group(["10.20.1.23"]))[0]
    status = with_endpoint(one, 4711)["status"]
    assert status["daemonEndpoints"] == {"kubeletEndpoint": {"Port": 4711}}
    assert status["addresses"] == [
        *one["status"]["addresses"],
        {"type": "ExternalDNS", "address": "127.0.0.1"},
    ]


def test_virginia_has_a_domain_of_its_own() -> None:
    assert host_name("10.0.0.4", "us-east-1") == "ip-10-0-0-4.ec2.internal"


def test_taints_are_written_as_kubernetes_does() -> None:
    one = made(group(["10.20.1.23"]))[0]
    taint = {"key": "dedicated", "value": "training", "effect": "NoSchedule"}
    assert one["spec"]["taints"] == [taint]


def test_nodes_that_are_as_they_should_be_are_left_alone() -> None:
    wanted = group(["10.20.1.4", "10.20.1.5"])
    changes = plan([wanted], made(wanted))
    assert (changes.create, changes.delete, changes.configure) == ([], [], [])


def test_a_new_version_replaces_every_node() -> None:
    old, new = group(["10.20.1.4"]), group(["10.20.1.4"], version="1.35")
    changes = plan([new], made(old))
    assert [name_of(one) for one in changes.delete] == [name_of(one) for one in changes.create]


def test_another_group_of_the_same_name_is_not_the_same_group() -> None:
    old, new = group(["10.20.1.4"]), group(["10.20.1.4"], nodegroupArn="arn:aws:eks:::other")
    assert len(plan([new], made(old)).delete) == 1


def test_new_labels_and_taints_reach_running_nodes() -> None:
    one = made(group(["10.20.1.4"]))[0]
    new = group(["10.20.1.4"], labels={"tier": "gold"}, taints=[])
    changes = plan([new], [one])
    assert (changes.create, changes.delete) == ([], [])
    assert [name_of(changed) for changed, _ in changes.configure] == [name_of(one)]
    patch = configuration_patch(one, new)
    assert patch["metadata"]["labels"] == {"team": None, "tier": "gold"}
    assert patch["spec"]["taints"] == []


def test_what_others_put_on_a_node_stays() -> None:
    one = made(group(["10.20.1.4"]))[0]
    unreachable = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    one["spec"]["taints"].append(unreachable)
    patch = configuration_patch(one, group(["10.20.1.4"], taints=[]))
    assert patch["spec"]["taints"] == [unreachable]


def test_a_start_up_taint_that_a_driver_took_away_does_not_come_back() -> None:
    startup = {"key": "efs.csi.aws.com/agent-not-ready", "effect": "NO_EXECUTE"}
    wanted = group(["10.20.1.4"], taints=[startup])
    one = made(wanted)[0]
    one["spec"]["taints"] = []
    assert plan([wanted], [one]).configure == []


ADDRESSES = st.sets(st.integers(4, 250), max_size=8).map(
    lambda hosts: [f"10.20.1.{host}" for host in sorted(hosts)]
)


@given(before=ADDRESSES, after=ADDRESSES)
def test_carrying_out_the_plan_gives_exactly_the_wanted_nodes(
    before: list[str], after: list[str]
) -> None:
    nodes = made(group(before))
    wanted = group(after)
    changes = plan([wanted], nodes)
    gone = {name_of(one) for one in changes.delete}
    result = [one for one in nodes if name_of(one) not in gone] + changes.create
    names = [name_of(one) for one in result]
    assert len(names) == len(set(names)), "each node has a name of its own"
    assert set(names) == {host_name(address, "us-west-2") for address in after}
    assert len(changes.delete) == len(set(before) - set(after)), "no node goes that may stay"


@given(first=ADDRESSES, second=ADDRESSES)
def test_groups_do_not_touch_each_others_nodes(first: list[str], second: list[str]) -> None:
    cpu = group(first)
    other = group([address.replace("10.20.1.", "10.20.2.") for address in second], name="gpu")
    assert plan([cpu, other], [*made(cpu), *made(other)]).delete == []


@pytest.mark.parametrize(
    ("image", "plugin_runs", "shown"),
    [
        ("AL2023_x86_64_NVIDIA", True, True),
        ("AL2023_x86_64_NVIDIA", False, False),
        ("AL2023_x86_64_STANDARD", True, False),
        ("BOTTLEROCKET_x86_64_NVIDIA", False, True),
        ("BOTTLEROCKET_x86_64", True, False),
        ("CUSTOM", True, True),
    ],
)
def test_gpus_show_with_a_driver_and_a_device_plugin(
    image: str, plugin_runs: bool, shown: bool
) -> None:
    one = replace(group(["10.20.1.4"], amiType=image), instance_type=G5_XLARGE)
    assert shows_gpus(one, plugin_runs) is shown


def test_an_instance_without_gpus_shows_none() -> None:
    assert not shows_gpus(group(["10.20.1.4"], amiType="AL2023_x86_64_NVIDIA"), True)


def test_a_plan_changes_nothing_by_itself() -> None:
    nodes = made(group(["10.20.1.4"]))
    before = copy.deepcopy(nodes)
    plan([group([])], nodes)
    assert nodes == before
