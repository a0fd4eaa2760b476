"""A network that exists is checked before anything is created in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.found_network import FoundNetwork, FoundSubnet, FoundVpc, one_in_each_zone
from components.spec.errors import NOT_SET, format_path
from settings.deployed import Deployed
from settings.existing import Existing
from settings.rules import warnings
from tests.settings.configs import checked
from tests.settings.existing import (
    IN_A,
    IN_B,
    IN_C,
    IN_NETWORK,
    NETWORK,
    ON_CLUSTER,
    OTHER_VPC,
    SUBNETS,
    VPC,
    A,
    B,
    C,
    ExistingCase,
    network,
    platform,
    subnet,
    vpc,
)

EXISTING = "network.existing"
BY_TAGS = {
    **IN_NETWORK,
    "network": {"existing": {"tags": {"Name": "x"}, "subnetTags": {"Tier": "private"}}},
}
FOUND = Existing(NETWORK)


def spec(**values: Any) -> dict[str, Any]:
    """Changes in which network.existing has these values."""
    return {**IN_NETWORK, "network": {"existing": values}}


CASES = {
    "no id of a VPC": ExistingCase(
        spec(vpcId="platform", subnetIds=[IN_A, IN_B]),
        FOUND,
        f"{EXISTING}.vpcId",
        "must be the id of a VPC",
        "platform",
        "tags: {Name: ...}",
    ),
    "a VPC by id and by tags": ExistingCase(
        spec(vpcId=VPC, tags={"Name": "x"}, subnetIds=[IN_A, IN_B]),
        FOUND,
        f"{EXISTING}.tags",
        "not by both",
        {"Name": "x"},
        "remove tags",
    ),
    "subnets of no VPC": ExistingCase(
        spec(subnetIds=[IN_A, IN_B]),
        FOUND,
        f"{EXISTING}.vpcId",
        "the VPC of the subnets must be named",
        None,
        "set vpcId",
    ),
    "no id of a subnet": ExistingCase(
        spec(vpcId=VPC, subnetIds=["10.8.0.0/24"]),
        FOUND,
        f"{EXISTING}.subnetIds[0]",
        "must be the id of a subnet",
        "10.8.0.0/24",
        "subnetTags",
    ),
    "a subnet twice": ExistingCase(
        spec(vpcId=VPC, subnetIds=[IN_A, IN_B, IN_A]),
        FOUND,
        f"{EXISTING}.subnetIds[2]",
        "must be named once",
        IN_A,
        "remove it",
    ),
    "subnets by ids and by tags": ExistingCase(
        spec(vpcId=VPC, subnetIds=[IN_A], subnetTags={"Tier": "x"}),
        FOUND,
        f"{EXISTING}.subnetTags",
        "not by both",
        {"Tier": "x"},
        "remove subnetTags",
    ),
    "no subnets": ExistingCase(
        spec(vpcId=VPC),
        FOUND,
        f"{EXISTING}.subnetIds",
        "the subnets must be named",
        None,
        "set subnetIds",
    ),
    "too many tags": ExistingCase(
        spec(tags={f"k{number}": "v" for number in range(51)}, subnetIds=[IN_A]),
        FOUND,
        f"{EXISTING}.tags",
        "at most 50 tags",
        51,
        "remove some",
    ),
    "a block beside it": ExistingCase(
        {**IN_NETWORK, "network.cidr": "10.0.0.0/16"},
        FOUND,
        "network.cidr",
        "used as it is",
        "10.0.0.0/16",
        "remove cidr",
    ),
    "zones beside it": ExistingCase(
        {**IN_NETWORK, "network.zones": [A, B]},
        FOUND,
        "network.zones",
        "used as it is",
        (A, B),
        "remove zones",
    ),
    "NAT beside it": ExistingCase(
        {**IN_NETWORK, "network.nat": "none"},
        FOUND,
        "network.nat",
        "used as it is",
        "none",
        "remove nat",
    ),
    "nothing named, and no cluster": ExistingCase(
        spec(),
        Existing(),
        EXISTING,
        "must name a VPC and its subnets",
        {},
        "set vpcId",
    ),
    "a VPC that is not there": ExistingCase(
        IN_NETWORK,
        network(vpcs=()),
        f"{EXISTING}.vpcId",
        "must be a VPC that the account has",
        VPC,
        "aws ec2 describe-vpcs --region us-west-2",
    ),
    "tags of no VPC": ExistingCase(
        BY_TAGS,
        Existing(FoundNetwork()),
        f"{EXISTING}.tags",
        "those of a VPC that the account has",
        {"Name": "x"},
        "describe-vpcs",
    ),
    "tags of several VPCs": ExistingCase(
        BY_TAGS,
        Existing(FoundNetwork((FoundVpc(VPC), FoundVpc(OTHER_VPC)))),
        f"{EXISTING}.tags",
        "2 have them",
        {"Name": "x"},
        f"{VPC} or {OTHER_VPC}",
    ),
    "a subnet that is not there": ExistingCase(
        IN_NETWORK,
        network(subnets=SUBNETS[:1], missing_subnets=(IN_B,)),
        f"{EXISTING}.subnetIds[1]",
        "must be a subnet that the account has",
        IN_B,
        "describe-subnets",
    ),
    "a subnet of another VPC": ExistingCase(
        IN_NETWORK,
        network(subnets=(SUBNETS[0], replace(SUBNETS[1], vpc_id=OTHER_VPC))),
        f"{EXISTING}.subnetIds[1]",
        f"is one of {OTHER_VPC}",
        IN_B,
        f"set vpcId to {OTHER_VPC}",
    ),
    "tags of no subnet": ExistingCase(
        BY_TAGS,
        network(subnets=()),
        f"{EXISTING}.subnetTags",
        "those of subnets of the VPC",
        {"Tier": "private"},
        "describe-subnets",
    ),
    "two subnets in a zone": ExistingCase(
        spec(vpcId=VPC, subnetIds=[IN_A, IN_B, IN_C]),
        network(subnets=(*SUBNETS, FoundSubnet(IN_C, VPC, B))),
        f"{EXISTING}.subnetIds",
        f"{B} would have more",
        [IN_B, IN_C],
        f"such as {IN_B}",
    ),
    "one zone for a control plane": ExistingCase(
        spec(vpcId=VPC, subnetIds=[IN_A]),
        network(subnets=SUBNETS[:1]),
        f"{EXISTING}.subnetIds",
        "at least two zones",
        [A],
        f"another zone than {A}",
    ),
    "a zone without EKS": ExistingCase(
        IN_NETWORK,
        subnet(zone_id="use1-az3"),
        f"{EXISTING}.subnetIds",
        "EKS takes no subnets in use1-az3",
        IN_A,
        "another zone",
    ),
    "no DNS": ExistingCase(
        IN_NETWORK,
        vpc(dns_support=False),
        f"{EXISTING}.vpcId",
        "DNS support must be on",
        VPC,
        "--enable-dns-support",
    ),
    "no names": ExistingCase(
        ON_CLUSTER,
        replace(platform(), network=replace(vpc(dns_hostnames=False).network, of_cluster=True)),  # type: ignore[type-var]
        "cluster.existing",
        "DNS hostnames must be on",
        VPC,
        "--enable-dns-hostnames",
    ),
    "a kind of subnets for nodes": ExistingCase(
        {**IN_NETWORK, "nodeGroups.cpu.subnets": "public"},
        FOUND,
        "nodeGroups.cpu.subnets",
        "in the subnets of network.existing",
        "public",
        "remove it",
    ),
    "nodes without a way out": ExistingCase(
        IN_NETWORK,
        subnet(has_default_route=False),
        "nodeGroups.cpu.zones",
        "without a default route",
        A,
        "NAT gateway",
    ),
    "nodes in a public subnet without addresses": ExistingCase(
        IN_NETWORK,
        subnet(is_public=True),
        "nodeGroups.cpu.zones",
        "assigns no public addresses",
        A,
        "private subnet",
    ),
    "jobs without a way to S3": ExistingCase(
        IN_NETWORK,
        subnet(is_public=True, assigns_public_addresses=True, has_s3_endpoint=False),
        f"{EXISTING}.subnetIds",
        "neither by NAT nor by a gateway endpoint",
        IN_A,
        "S3 gateway endpoint",
    ),
    "no room for a control plane": ExistingCase(
        IN_NETWORK,
        subnet(free_addresses=5),
        f"{EXISTING}.subnetIds",
        f"an EKS control plane needs 6 free addresses in the subnet in {A}",
        5,
        "larger subnet",
    ),
    "no room for a mount target": ExistingCase(
        ON_CLUSTER,
        replace(platform(), network=replace(subnet(free_addresses=0).network, of_cluster=True)),  # type: ignore[type-var]
        "cluster.existing",
        "a mount target or a file system needs 1",
        0,
        "larger subnet",
    ),
    "a network of the stack's own is there": ExistingCase(
        IN_NETWORK,
        FOUND,
        EXISTING,
        "made its own network",
        VPC,
        "destroy the stack first",
        Deployed(vpc_cidr="10.20.0.0/16"),
    ),
    "back to a network of its own": ExistingCase(
        {"storage.backend": "efs"},
        Existing(),
        EXISTING,
        f"the stack is in {VPC}",
        NOT_SET,
        f"name {VPC}",
        Deployed(existing_vpc=VPC),
    ),
    "another network": ExistingCase(
        IN_NETWORK,
        FOUND,
        f"{EXISTING}.vpcId",
        f"the stack is in {OTHER_VPC}",
        VPC,
        f"name {OTHER_VPC}",
        Deployed(existing_vpc=OTHER_VPC),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: ExistingCase) -> None:
    case.assert_refused()


def test_a_network_that_suits_is_taken_with_its_zones_in_their_order() -> None:
    changes = spec(vpcId=VPC, subnetIds=[IN_B, IN_A])
    found = Existing(replace(NETWORK, subnets=SUBNETS[::-1]))
    settings, errors = checked(changes, existing=found)
    assert errors == []
    assert settings.network.zones == (B, A)
    assert settings.network.cidr == "10.8.0.0/16"


def test_nothing_is_said_of_zones_that_nobody_has_looked_up() -> None:
    changes = {**IN_NETWORK, "nodeGroups.cpu.zones": [C], "storage.fsx.zone": C}
    settings, errors = checked(changes, region="", existing=Existing())
    assert settings.network.zones == ()
    assert [format_path(one.path) for one in errors] == ["aws:region"]


def test_a_subnet_in_use_stays_the_one_of_its_zone() -> None:
    lower = FoundSubnet("subnet-00000000000000000", VPC, A)
    public = FoundSubnet("subnet-00000000000000001", VPC, B, is_public=True)
    subnets = [*SUBNETS, lower, public]
    chosen = one_in_each_zone(subnets)
    assert {zone: one.id for zone, one in chosen.items()} == {A: lower.id, B: IN_B}
    kept = one_in_each_zone(subnets, {IN_A, public.id})
    assert {zone: one.id for zone, one in kept.items()} == {A: IN_A, B: public.id}


def test_addresses_that_the_stack_has_taken_itself_do_not_count() -> None:
    deployed = Deployed(existing_vpc=VPC, mount_target_subnets=(IN_A, IN_B))
    assert checked(IN_NETWORK, existing=subnet(free_addresses=0), deployed=deployed)[1] == []


def test_data_that_goes_through_nat_is_a_warning() -> None:
    settings, errors = checked(IN_NETWORK, existing=subnet(has_s3_endpoint=False))
    assert errors == []
    assert [one.value for one in warnings(settings) if "NAT is charged" in one.rule] == [[IN_A]]


def test_zones_of_deployed_parts_are_those_of_the_found_subnets() -> None:
    deployed = Deployed(
        existing_vpc=VPC,
        control_plane_subnets=(IN_A, IN_B),
        node_group_subnets={"cpu": (IN_B,)},
        file_system_subnet=IN_B,
    )
    settings, errors = checked(
        {**IN_NETWORK, "storage.backend": "fsx"}, existing=Existing(NETWORK), deployed=deployed
    )
    assert errors == []
    assert settings.deployed.control_plane_zones == (A, B)
    assert settings.node_groups["cpu"].zones == (B,)
    assert settings.storage.fsx.zone == B
