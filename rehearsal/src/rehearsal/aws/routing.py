"""Routes of a VPC and the gateways they lead to: rules that moto lacks.

The words are those of EC2 in https://github.com/binlab/terraform-aws-vault-ha-raft/issues/54 (two
gateways), https://github.com/hashicorp/terraform-provider-aws/issues/38960 (two route tables) and
https://github.com/giantswarm/aws-operator/pull/632 (networks). Source of the rules of NAT gateways:
VPC User Guide, "NAT gateway basics" and "Troubleshoot NAT gateways".
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.vpn_gateway import VPCGatewayAttachment


class Routing(EC2Backend):
    """EC2 of the account, as far as routes are concerned."""

    def attach_internet_gateway(
        self, internet_gateway_id: str, vpc_id: str
    ) -> VPCGatewayAttachment:
        """Attach an internet gateway to a VPC that has none."""
        gateway = self.get_internet_gateway(internet_gateway_id)
        if not gateway.vpc and self._has_internet_gateway(vpc_id):
            raise _invalid(f"Network {vpc_id} already has an internet gateway attached")
        return super().attach_internet_gateway(internet_gateway_id, vpc_id)

    def associate_route_table(
        self, route_table_id: str, gateway_id: str | None = None, subnet_id: str | None = None
    ) -> str:
        """Associate a route table with a subnet of its VPC that has no other one."""
        table = self.get_route_table(route_table_id)
        if subnet_id and self.get_subnet(subnet_id).vpc_id != table.vpc_id:
            raise _invalid(
                f"route table {route_table_id} and subnet {subnet_id} belong to different networks"
            )
        others = [one for one in self.route_tables.values() if one.id != route_table_id]
        if subnet_id and any(subnet_id in one._associations.values() for one in others):
            raise EC2ClientError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {route_table_id} conflicts with an "
                "existing association",
            )
        return super().associate_route_table(route_table_id, gateway_id, subnet_id)

    def create_route(self, route_table_id: str, *args: Any, **kwargs: Any) -> Any:
        """Create a route; the gateway that it leads to is in the VPC of the route table."""
        vpc_id = self.get_route_table(route_table_id).vpc_id
        internet, nat = kwargs.get("gateway_id") or "", kwargs.get("nat_gateway_id")
        if internet.startswith("igw-"):
            gateway = self.get_internet_gateway(internet)
            if gateway.vpc is None or gateway.vpc.id != vpc_id:
                raise _invalid(
                    f"route table {route_table_id} and network gateway {internet} belong to "
                    "different networks"
                )
        if nat and (nat not in self.nat_gateways or self.nat_gateways[nat].vpc_id != vpc_id):
            raise EC2ClientError(
                "InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist"
            )
        return super().create_route(route_table_id, *args, **kwargs)

    def create_nat_gateway(
        self,
        subnet_id: str,
        allocation_id: str,
        tags: dict[str, str] | None = None,
        connectivity_type: str = "public",
    ) -> NatGateway:
        """Create a NAT gateway; a public one fails without a way out or a free address."""
        public = connectivity_type != "private"
        if public and not allocation_id:
            raise EC2ClientError(
                "MissingParameter", "The request must contain the parameter allocationId"
            )
        failure = self._nat_failure(subnet_id, allocation_id) if public else None
        gateway = super().create_nat_gateway(
            subnet_id, "" if failure else allocation_id, tags, connectivity_type
        )
        if failure:
            gateway.state = "failed"
            gateway.failure_code, gateway.failure_message = failure  # type: ignore[attr-defined] # the API has them
        return gateway

    def _nat_failure(self, subnet_id: str, allocation_id: str) -> tuple[str, str] | None:
        vpc_id = self.get_subnet(subnet_id).vpc_id
        if not self._has_internet_gateway(vpc_id):
            return "Gateway.NotAttached", f"Network {vpc_id} has no Internet gateway attached"
        (address,) = self.address_by_allocation([allocation_id])
        if address.association_id:
            return (
                "Resource.AlreadyAssociated",
                f"Elastic IP address [{allocation_id}] is already associated",
            )
        return None

    def _has_internet_gateway(self, vpc_id: str) -> bool:
        gateways = self.internet_gateways.values()
        return any(one.vpc is not None and one.vpc.id == vpc_id for one in gateways)


def _invalid(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameterValue", message)
