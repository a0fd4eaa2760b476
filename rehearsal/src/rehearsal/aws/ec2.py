"""EC2 networking: errors for resources in use, and idempotent creation by client token.

moto deletes everything that it is asked to. AWS refuses to delete a resource that another one
depends on, and a teardown in the wrong order fails for exactly that reason.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, ip_address
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    DependencyViolationError,
    EC2ClientError,
    InvalidAvailabilityZoneError,
    InvalidCIDRBlockParameterError,
    InvalidSubnetRangeError,
    InvalidVPCRangeError,
)
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.amis import Ami
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses import EC2Response

from rehearsal.aws import interfaces, offerings, tags
from rehearsal.aws.replacement import use_backend, use_responses
from rehearsal.aws.service import RequestTokens
from rehearsal.aws.vpc_endpoints import VpcEndpoints

NOTATION = re.compile(r"\d+\.\d+\.\d+\.\d+/([1-9]\d?|0)", re.ASCII)
SMALLEST_SUBNET = 28
"""Prefix length."""
NO_VPCS = tuple(
    IPv4Network(block)
    for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "198.19.0.0/16", "224.0.0.0/3")
)
"""Blocks that no VPC has. Source: VPC User Guide, "VPC CIDR blocks", of 198.19.0.0/16; that the
other reserved ones are refused too, and by this code, is believed and not documented."""
RESERVED_TAG = "Tag keys starting with 'aws:' are reserved for internal use"


def install() -> None:
    """Replace moto's EC2 with this one."""
    use_backend(ec2_backends, EC2)
    use_responses("ec2", EC2Responses, path="/$")
    offerings.install()


class EC2(VpcEndpoints):
    """EC2 of the account in one Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        self._has_images = False
        super().__init__(region_name, account_id)
        self.tokens = RequestTokens()

    def _load_amis(self) -> None:
        """Load no machine images; `describe_images` loads these 1,300 when they are needed."""

    def describe_images(self, *args: Any, **kwargs: Any) -> list[Ami]:
        """Describe machine images; the first call loads those that AWS offers."""
        if not self._has_images:
            self._has_images = True
            super()._load_amis()
        return super().describe_images(*args, **kwargs)

    def create_vpc(self, cidr_block: str, *args: Any, **kwargs: Any) -> VPC:
        """Create a VPC; its block begins at the address of its network."""
        network = _network(cidr_block)
        if any(network.overlaps(block) for block in NO_VPCS):
            raise InvalidVPCRangeError(cidr_block)
        return super().create_vpc(str(network), *args, **kwargs)

    def create_subnet(
        self,
        vpc_id: str,
        cidr_block: str,
        ipv6_cidr_block: str | None = None,
        availability_zone: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Subnet:
        """Create a subnet in a zone of the Region."""
        network = _network(cidr_block)
        if network.prefixlen > SMALLEST_SUBNET:
            raise InvalidSubnetRangeError(cidr_block)
        zones = [zone.name for zone in self.describe_availability_zones()]
        if availability_zone is not None and availability_zone not in zones:
            raise InvalidAvailabilityZoneError(availability_zone, ", ".join(zones))
        return super().create_subnet(
            vpc_id, str(network), ipv6_cidr_block, availability_zone, *args, **kwargs
        )

    def create_launch_template(
        self,
        name: str,
        description: str,
        template_data: dict[str, Any],
        tag_spec: dict[str, dict[str, str]],
    ) -> LaunchTemplate:
        """Create a launch template, whose own tags moto has added to those of what it launches."""
        launched = template_data.get("TagSpecifications", [])
        del launched[len(launched) - len(tag_spec) :]
        if not launched:
            template_data.pop("TagSpecifications", None)
        return super().create_launch_template(name, description, template_data, tag_spec)

    def delete_subnet(self, subnet_id: str) -> Subnet:
        """Delete a subnet without network interfaces, and its route table associations."""
        interfaces.sweep(self)
        if any(eni.subnet_id == subnet_id for eni in self.enis.values()):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        for table in self.route_tables.values():
            table._associations = {
                key: subnet for key, subnet in table._associations.items() if subnet != subnet_id
            }
        return super().delete_subnet(subnet_id)

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        """Delete a security group that no interface uses and no other group's rule names."""
        interfaces.sweep(self)
        group = self.get_security_group_by_name_or_id(group_id or name or "")
        if group and group.is_default:
            raise EC2ClientError(
                "CannotDelete",
                f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
            )
        if group and (self._members(group) or self._referring(group)):
            raise DependencyViolationError(f"resource {group.id} has a dependent object")
        super().delete_security_group(name=name, group_id=group_id)

    def delete_vpc(self, vpc_id: str) -> VPC:
        """Delete a VPC that contains only what AWS created in it."""
        self.get_vpc(vpc_id)
        gateways = [g for g in self.internet_gateways.values() if g.vpc and g.vpc.id == vpc_id]
        endpoints = [e for e in self.vpc_end_points.values() if e.vpc_id == vpc_id]
        default = [g for g in self.groups[vpc_id].values() if g.is_default]
        if gateways or endpoints or len(self.groups[vpc_id]) > len(default):
            raise DependencyViolationError(
                f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
            )
        for group in default:
            # moto deletes it with the VPC, through the call that refuses default groups.
            group.is_default = False
        try:
            return super().delete_vpc(vpc_id)
        finally:
            for group in default:
                group.is_default = True

    def detach_internet_gateway(self, internet_gateway_id: str, vpc_id: str) -> None:
        """Detach an internet gateway from a VPC that has no public NAT gateway left."""
        if any(
            nat.vpc_id == vpc_id and nat.state != "deleted" and nat.connectivity_type != "private"
            for nat in self.nat_gateways.values()
        ):
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public "
                "address(es) before detaching the gateway."
            )
        super().detach_internet_gateway(internet_gateway_id, vpc_id)

    def delete_nat_gateway(self, nat_gateway_id: str) -> NatGateway:
        """Delete a NAT gateway with its interface, and disassociate its address."""
        gateway = self.nat_gateways.get(nat_gateway_id)
        if gateway is None or gateway.state == "deleted":
            raise EC2ClientError(
                "NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found"
            )
        for address in self.addresses:
            if address.eni is gateway._eni:
                self.disassociate_address(association_id=address.association_id)
        interfaces.remove(self, [gateway._eni.id])
        return super().delete_nat_gateway(nat_gateway_id)

    def release_address(self, address: str | None = None, allocation_id: str | None = None) -> None:
        """Release an address that is not in use."""
        for one in self.addresses:
            named = one.public_ip == address or one.allocation_id == allocation_id
            if named and (one.eni or one.instance):
                raise EC2ClientError(
                    "InvalidIPAddress.InUse", f"Address {one.public_ip} is in use."
                )
        super().release_address(address=address, allocation_id=allocation_id)

    def create_network_interface(
        self, subnet: Any, private_ip_address: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Create an interface; an address outside its subnet is replaced by a free one.

        moto invents such addresses.
        """
        subnet_id = subnet if isinstance(subnet, str) else subnet.id
        network = self.get_subnet(subnet_id).cidr
        if isinstance(private_ip_address, str) and ip_address(private_ip_address) not in network:
            private_ip_address = interfaces.free_address(self, subnet_id)
        return super().create_network_interface(subnet, private_ip_address, *args, **kwargs)

    def get_all_network_interfaces(self, *args: Any, **kwargs: Any) -> Any:
        """Describe the interfaces, without those whose time to disappear has come."""
        interfaces.sweep(self)
        return super().get_all_network_interfaces(*args, **kwargs)

    def delete_network_interface(self, eni_id: str) -> None:
        """Delete an interface that no AWS service manages."""
        if self.get_network_interface(eni_id).requester_managed:
            raise EC2ClientError(
                "InvalidParameterValue", f"Network interface '{eni_id}' is currently in use."
            )
        super().delete_network_interface(eni_id)

    def _members(self, group: SecurityGroup) -> list[str]:
        return [
            eni.id
            for eni in self.enis.values()
            if any(member.id == group.id for member in eni.group_set)
        ]

    def _referring(self, group: SecurityGroup) -> list[str]:
        return [
            other.id
            for other in self.groups[cast(str, group.vpc_id)].values()
            if other.id != group.id
            for rule in [*other.ingress_rules, *other.egress_rules]
            if rule.source_group.get("GroupId") == group.id
        ]


class EC2Responses(EC2Response):
    """EC2's API calls; a repeated client token gets the same answer again."""

    def call_action(self) -> Any:
        """Answer a call, unless EC2 refuses its tags."""
        if refused := tags.fault(tags.of_call(self.params), RESERVED_TAG):
            error = EC2ClientError("InvalidParameterValue", refused)
            return self.serialized(ActionResult(error))
        return super().call_action()

    def create_nat_gateway(self) -> ActionResult:
        """Create one NAT gateway for each client token."""
        return self._once(super().create_nat_gateway)

    def create_route_table(self) -> ActionResult:
        """Create one route table for each client token."""
        return self._once(super().create_route_table)

    def create_vpc_endpoint(self) -> ActionResult:
        """Create one VPC endpoint for each client token."""
        return self._once(super().create_vpc_endpoint)

    def create_launch_template(self) -> ActionResult:
        """Create one launch template for each client token."""
        return self._once(super().create_launch_template)

    def _once(self, create: Callable[[], ActionResult]) -> ActionResult:
        tokens = cast(EC2, self.ec2_backend).tokens
        for _, answered in [*tokens.answered.values()]:
            if _is_gone(self.ec2_backend, answered):
                tokens.forget(answered)
        # A copy, because moto adds to what the parameters hold.
        request = copy.deepcopy({"Action": self._get_action(), **dict(self.params)})
        answer: ActionResult = tokens.once(
            request,
            "ClientToken",
            create,
            lambda: EC2ClientError(
                "IdempotentParameterMismatch",
                "The client token was used before with other parameters.",
            ),
        )
        return answer


def _network(cidr_block: str) -> IPv4Network:
    """Return the network of a block in CIDR notation, which may have host bits set.

    Raises:
        EC2ClientError: The block is not in CIDR notation.
    """
    try:
        network = IPv4Network(cidr_block, strict=False)
    except ValueError as error:
        raise InvalidCIDRBlockParameterError(cidr_block) from error
    if not NOTATION.fullmatch(cidr_block):
        raise InvalidCIDRBlockParameterError(cidr_block)
    return network


def _is_gone(ec2: EC2Backend, answer: ActionResult) -> bool:
    """Return whether an answer's resource was deleted, so that its token creates another."""
    kept: dict[str, Mapping[str, Any]] = {
        "LaunchTemplate": ec2.launch_templates,
        "NatGateway": ec2.nat_gateways,
        "RouteTable": ec2.route_tables,
        "VpcEndpoint": ec2.vpc_end_points,
    }
    ((kind, made),) = cast("dict[str, Any]", answer.result).items()
    return _id(made) not in kept[kind] or getattr(made, "state", "") == "deleted"


def _id(made: Any) -> str:
    """Return the id of a resource, which is an object of moto's or a description."""
    return str(made["LaunchTemplateId"] if isinstance(made, dict) else made.id)
