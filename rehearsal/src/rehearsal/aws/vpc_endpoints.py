"""VPC endpoints: routes and interfaces that are created, changed and deleted with them.

moto creates them with an endpoint and does not change them when the endpoint is modified.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint

from rehearsal.aws import interfaces


class VpcEndpoints(EC2Backend):
    """EC2 of the account, as far as VPC endpoints are concerned."""

    def create_vpc_endpoint(
        self, vpc_id: str, service_name: str, endpoint_type: str | None, *args: Any, **kwargs: Any
    ) -> VPCEndPoint:
        """Create an endpoint, of type Gateway by default."""
        kind = endpoint_type or "Gateway"
        endpoint = super().create_vpc_endpoint(vpc_id, service_name, kind, *args, **kwargs)
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
