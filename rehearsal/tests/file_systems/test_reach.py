"""Networks between file systems and their clients: zones, VPCs and security groups."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.file_systems.contents import Contents
from tests.kubernetes.controllers.account import REGION, Account


class Network:
    """Network between the account's file systems and clients of one subnet."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def obstacle(self, system: str, subnet: str, groups: list[str]) -> str | None:
        return self._contents.obstacle(system, REGION, [subnet], groups)


@pytest.fixture
def network(contents: Contents) -> Network:
    return Network(contents)


def group(account: Account, name: str, vpc: str = "") -> str:
    ec2 = account.client("ec2")
    made: str = ec2.create_security_group(
        GroupName=name, Description=name, VpcId=vpc or account.vpc
    )["GroupId"]
    return made


def rule(low: int, high: int, **peer: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": low, "ToPort": high, **peer}]


def admit(account: Account, owner: str, low: int, high: int, **peer: Any) -> None:
    ec2 = account.client("ec2")
    ec2.authorize_security_group_ingress(GroupId=owner, IpPermissions=rule(low, high, **peer))


def pair(group_id: str) -> dict[str, Any]:
    return {"UserIdGroupPairs": [{"GroupId": group_id}]}


def test_a_member_of_an_admitted_group_reaches_efs(account: Account, network: Network) -> None:
    assert network.obstacle(account.nfs(), account.subnets[0], [account.group]) is None


def test_a_zone_without_a_mount_target_does_not_reach_efs(
    account: Account, network: Network
) -> None:
    system = account.nfs()
    said = network.obstacle(system, account.subnets[1], [account.group])
    assert said == (f"{system} has no mount target in {REGION}b, the zone of {account.subnets[1]}")


def test_a_group_that_nobody_admitted_is_named_with_the_port(
    account: Account, network: Network
) -> None:
    stranger = group(account, "stranger")
    said = network.obstacle(account.nfs(), account.subnets[0], [stranger])
    assert said == f"no rule of {account.group} allows inbound TCP 2049 from {stranger}"


def test_the_addresses_of_a_subnet_can_be_admitted_as_a_whole_only(
    account: Account, network: Network
) -> None:
    stranger, system = group(account, "stranger"), account.nfs()
    admit(account, account.group, 2049, 2049, IpRanges=[{"CidrIp": "10.0.0.0/25"}])
    assert network.obstacle(system, account.subnets[0], [stranger]) is not None
    admit(account, account.group, 2049, 2049, IpRanges=[{"CidrIp": "10.0.0.0/24"}])
    assert network.obstacle(system, account.subnets[0], [stranger]) is None


def test_a_client_whose_group_lets_nothing_out_reaches_nothing(
    account: Account, network: Network
) -> None:
    shut = group(account, "shut")
    admit(account, account.group, 2049, 2049, **pair(shut))
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    account.client("ec2").revoke_security_group_egress(GroupId=shut, IpPermissions=everything)
    said = network.obstacle(account.nfs(), account.subnets[0], [shut])
    assert said == f"no rule of {shut} allows outbound TCP 2049 to {account.group}"


def test_lustre_needs_rules_in_both_directions_on_all_its_ports(
    account: Account, network: Network
) -> None:
    client, system = group(account, "client"), account.lustre()["FileSystemId"]
    for low, high in ((988, 988), (1018, 1022)):
        admit(account, account.group, low, high, **pair(client))
    said = network.obstacle(system, account.subnets[0], [client])
    assert said == (
        f"no rule of {account.group} allows inbound TCP 1018-1023 from {client}; "
        f"no rule of {client} allows inbound TCP 988, 1018-1023 from {account.group}"
    )
    admit(account, account.group, 1023, 1023, **pair(client))
    admit(account, client, 988, 1023, **pair(account.group))
    assert network.obstacle(system, account.subnets[1], [client]) is None


def test_another_vpc_reaches_no_file_system(account: Account, network: Network) -> None:
    ec2, system = account.client("ec2"), account.lustre()["FileSystemId"]
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24", AvailabilityZone=f"{REGION}a")[
        "Subnet"
    ]["SubnetId"]
    said = network.obstacle(system, subnet, [group(account, "there", vpc)])
    assert said == (
        f"its network interfaces are in {account.vpc}, and the subnet {subnet} is in {vpc}"
    )
