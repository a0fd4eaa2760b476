"""Classic load balancers: their network interfaces, which moto does not create."""

from __future__ import annotations

from typing import Any

from moto.elb.models import ELBBackend, LoadBalancer, elb_backends

from rehearsal.aws import interfaces
from rehearsal.aws.replacement import use_backend


def install() -> None:
    """Replace moto's Elastic Load Balancing with this one."""
    use_backend(elb_backends, ELB)


class ELB(ELBBackend):
    """Classic load balancers of the account in one Region."""

    def create_load_balancer(self, name: str, *args: Any, **kwargs: Any) -> LoadBalancer:
        """Create a load balancer with an interface in each of its subnets."""
        made = super().create_load_balancer(name, *args, **kwargs)
        made.dns_name = f"{name}-0123456789.{self.region_name}.elb.amazonaws.com"
        ec2 = interfaces.network(self.account_id, self.region_name)
        interfaces.create(ec2, made.subnets or [], made.security_groups, f"ELB {name}")
        return made

    def delete_load_balancer(self, load_balancer_name: str) -> None:
        """Delete a load balancer; its interfaces disappear a moment later, as on AWS."""
        super().delete_load_balancer(load_balancer_name)
        ec2 = interfaces.network(self.account_id, self.region_name)
        placed = [
            eni.id for eni in ec2.enis.values() if eni.description == f"ELB {load_balancer_name}"
        ]
        interfaces.leave(ec2, placed)
