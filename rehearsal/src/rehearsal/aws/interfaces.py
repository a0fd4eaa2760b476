"""Network interfaces that AWS services create in a subnet of the account.

They connect a file system or a control plane to the network: a subnet or security group that one of
them uses cannot be deleted, as on AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.subnets import Subnet

from rehearsal.aws import clock

LINGER_SECONDS = 0.5
"""Seconds for which interfaces outlive their file system or load balancer; on AWS it is minutes."""


def network(account_id: str, region: str) -> EC2Backend:
    """Return the account's EC2 in a Region."""
    return ec2_backends[account_id][region]


def find_subnet(ec2: EC2Backend, subnet_id: str) -> Subnet | None:
    """Return the subnet with an id, or None."""
    return next((zone[subnet_id] for zone in ec2.subnets.values() if subnet_id in zone), None)


def create(
    ec2: EC2Backend, subnet_ids: Iterable[str], group_ids: Sequence[str], description: str
) -> list[str]:
    """Create an interface of a service in each subnet; return their ids.

    Without security groups they use the VPC's default group.
    """
    return [_create(ec2, subnet_id, group_ids, description).id for subnet_id in subnet_ids]


def _create(ec2: EC2Backend, subnet_id: str, group_ids: Sequence[str], description: str) -> Any:
    address = free_address(ec2, subnet_id)
    interface = ec2.create_network_interface(
        subnet_id, address, group_ids=list(group_ids), description=description
    )
    interface.requester_managed = True
    interface.status = "in-use"
    return interface


def free_address(ec2: EC2Backend, subnet_id: str) -> str:
    """Return the first address of a subnet that no interface has."""
    subnet = ec2.get_subnet(subnet_id)
    taken = {eni.private_ip_address for eni in ec2.enis.values() if eni.subnet_id == subnet_id}
    # AWS reserves the first four addresses of every subnet.
    addresses = (str(address) for address in islice(subnet.cidr, 4, None))
    return next(address for address in addresses if address not in taken)


def leave(ec2: EC2Backend, interface_ids: Iterable[str]) -> None:
    """Let interfaces of a service disappear after a delay, as AWS does.

    Until then their subnets and security groups cannot be deleted.
    """
    due = clock.now() + LINGER_SECONDS
    for interface_id in interface_ids:
        if interface_id in ec2.enis:
            ec2.enis[interface_id].gone_at = due  # type: ignore[attr-defined] # moto has no such


def sweep(ec2: EC2Backend) -> None:
    """Remove the interfaces whose delay has passed."""
    now = clock.now()
    remove(ec2, [key for key, eni in ec2.enis.items() if getattr(eni, "gone_at", now + 1) <= now])


def remove(ec2: EC2Backend, interface_ids: Iterable[str]) -> None:
    """Remove interfaces of a service."""
    for interface_id in interface_ids:
        ec2.enis.pop(interface_id, None)
