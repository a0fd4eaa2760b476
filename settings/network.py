"""The VPC: its addresses, its zones, its way out."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from components.spec.model import Spec

Nat = Literal["none", "single", "perZone"]


class Network(Spec):
    """A VPC with a public and a private subnet in each zone."""

    model_config = ConfigDict(json_schema_extra={"required": ["zones"]})

    cidr: str = "10.0.0.0/16"
    """The VPC's IPv4 block, /16 to /22; each zone gets a private and a public subnet of it. Fixed
    for the life of the stack. 172.17.0.0/16 is warned of: SageMaker uses it in its instances."""

    zones: tuple[str, ...] = Field(default=(), json_schema_extra={"minItems": 2, "maxItems": 7})
    """Availability Zones by name, such as us-west-2a: two at least for EKS, seven at most. A zone
    keeps its addresses for life, in whatever order the zones are named. Zones may be added at any
    time, for node groups and EFS; the control plane stays in those it was created in, so they stay
    in the list."""

    nat: Nat = "single"
    """NAT gateways: none (nodes then belong in public subnets), a single one, or one per zone. A
    single one is created in the first zone, and stays there while the list has that zone."""
