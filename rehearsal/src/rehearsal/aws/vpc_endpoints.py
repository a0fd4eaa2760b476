"""VPC endpoints: routes and interfaces that are created, changed and deleted with them.

moto creates them with an endpoint and does not change them when the endpoint is modified.

The words of errors are those of EC2 in https://github.com/eksctl-io/eksctl/issues/4377 (routes) and
https://github.com/hashicorp/terraform-provider-aws/issues/17535 (names); source of the other rules:
EC2 API Reference, CreateVpcEndpoint, and AWS PrivateLink Guide, "Access an AWS service".
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint

from rehearsal.aws import interfaces

OF_GATEWAYS = ("s3", "dynamodb")
"""Services that have an endpoint of type Gateway."""


class VpcEndpoints(EC2Backend):
    """EC2 of the account, as far as VPC endpoints are concerned."""

    def create_vpc_endpoint(  # noqa: PLR0913, PLR0917 - the arguments are moto's
        self,
        vpc_id: str,
        service_name: str,
        endpoint_type: str | None,
        policy_document: str | None,
        route_table_ids: list[str],
        subnet_ids: list[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> VPCEndPoint:
        """Create an endpoint, of type Gateway by default."""
        kind = endpoint_type or "Gateway"
        self._check_service(service_name, kind)
        if kind == "Gateway":
            self._check_tables(vpc_id, service_name, route_table_ids or [])
        else:
            self._check_subnets(vpc_id, subnet_ids or [])
        if kind == "Interface" and kwargs.get("private_dns_enabled"):
            self._check_names(vpc_id, service_name)
        endpoint = super().create_vpc_endpoint(
            vpc_id,
            service_name,
            kind,
            policy_document,
            route_table_ids,
            subnet_ids,
            *args,
            **kwargs,
        )
        interfaces.remove(self, endpoint.network_interface_ids)
        endpoint.network_interface_ids = []
        self._settle(endpoint)
        return endpoint

    def modify_vpc_endpoint(self, vpc_id: str, *args: Any, **kwargs: Any) -> None:
        """Change an endpoint; moto names the parameter for its id `vpc_id`."""
        super().modify_vpc_endpoint(vpc_id, *args, **kwargs)
        self._settle(self.vpc_end_points[vpc_id])

    def delete_vpc_endpoints(self, vpce_ids: list[str] | None = None) -> None:
        """Delete endpoints with their routes and interfaces."""
        for endpoint_id in vpce_ids or []:
            if endpoint := self.vpc_end_points.pop(endpoint_id, None):
                endpoint.route_table_ids, endpoint.subnet_ids = [], []
                self._settle(endpoint)

    def _check_service(self, service_name: str, kind: str) -> None:
        """Refuse a service of another Region, and one that has no gateways.

        That a service of this Region exists is believed.
        """
        ours = f"com.amazonaws.{self.region_name}."
        if service_name.startswith("com.amazonaws.") and not service_name.startswith(ours):
            raise EC2ClientError(
                "InvalidServiceName", f"The Vpc Endpoint Service '{service_name}' does not exist"
            )
        if kind == "Gateway" and service_name.removeprefix(ours) not in OF_GATEWAYS:
            raise _invalid(
                "Endpoint type (Gateway) does not match available service types ([Interface])."
            )

    def _check_tables(self, vpc_id: str, service_name: str, route_table_ids: list[str]) -> None:
        served = {
            table
            for endpoint in self.vpc_end_points.values()
            if endpoint.service_name == service_name and endpoint.vpc_endpoint_type == "Gateway"
            for table in endpoint.route_table_ids
        }
        for table in route_table_ids:
            if self.get_route_table(table).vpc_id != vpc_id:
                raise _invalid(f"Route table {table} does not belong to VPC {vpc_id}")
            if table in served:
                raise EC2ClientError(
                    "RouteAlreadyExists",
                    f"route table {table} already has a route with destination-prefix-list-id "
                    f"{self._prefixes(service_name)}",
                )

    def _prefixes(self, service_name: str) -> str:
        lists = self.managed_prefix_lists.values()
        return next((one.id for one in lists if one.prefix_list_name == service_name), "")

    def _check_subnets(self, vpc_id: str, subnet_ids: list[str]) -> None:
        zones: dict[str, str] = {}
        for subnet_id in subnet_ids:
            subnet = self.get_subnet(subnet_id)
            if subnet.vpc_id != vpc_id:
                raise _invalid(f"Subnet {subnet_id} does not belong to VPC {vpc_id}")
            if subnet.availability_zone in zones:
                raise EC2ClientError(
                    "DuplicateSubnetsInSameZone",
                    "Found another VPC endpoint subnet in the availability zone of "
                    f"{subnet_id}: {zones[subnet.availability_zone]}",
                )
            zones[subnet.availability_zone] = subnet_id

    def _check_names(self, vpc_id: str, service_name: str) -> None:
        """Refuse private names in a VPC without DNS, and those that another endpoint has."""
        vpc = self.get_vpc(vpc_id)
        if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
            raise _invalid(
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "
                f"attributes set to true for {vpc_id}"
            )
        for other in self.vpc_end_points.values():
            same = (other.vpc_id, other.service_name) == (vpc_id, service_name)
            if same and other.vpc_endpoint_type == "Interface" and other.private_dns_enabled:
                domain = service_name.removeprefix(f"com.amazonaws.{self.region_name}.")
                raise _invalid(
                    "private-dns-enabled cannot be set because there is already a conflicting DNS "
                    f"domain for {domain}.{self.region_name}.amazonaws.com in the VPC {vpc_id}"
                )

    def _settle(self, endpoint: VPCEndPoint) -> None:
        """Make an endpoint's routes and interfaces match its settings."""
        if endpoint.vpc_endpoint_type == "Gateway":
            self._settle_routes(endpoint)
        else:
            self._settle_interfaces(endpoint)

    def _settle_routes(self, endpoint: VPCEndPoint) -> None:
        prefixes = endpoint.destination_prefix_list_id
        for table in self.route_tables.values():
            has = any(route.gateway and route.gateway.id == endpoint.id for route in table.routes)
            wants = table.id in endpoint.route_table_ids
            if prefixes and wants and not has:
                self.create_route(
                    table.id, None, gateway_id=endpoint.id, destination_prefix_list_id=prefixes
                )
            elif prefixes and has and not wants:
                self.delete_route(table.id, prefixes)

    def _settle_interfaces(self, endpoint: VPCEndPoint) -> None:
        wanted = set(endpoint.subnet_ids or [])
        placed = [self.enis[one] for one in endpoint.network_interface_ids]
        interfaces.remove(self, [one.id for one in placed if one.subnet_id not in wanted])
        kept = [one for one in placed if one.subnet_id in wanted]
        groups = [self.get_security_group_from_id(one) for one in endpoint.security_group_ids]
        for interface in kept:
            interface._group_set = groups or interface._group_set
        endpoint.network_interface_ids = [one.id for one in kept] + interfaces.create(
            self,
            sorted(wanted - {one.subnet_id for one in kept}),
            endpoint.security_group_ids,
            f"VPC Endpoint Interface {endpoint.id}",
        )


def _invalid(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameter", message)
