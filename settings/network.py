"""The VPC: its addresses, its zones, its way out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.section import Section

Nat = Literal["none", "single", "perZone"]


class Network(Section):
    """A VPC with a public and a private subnet in each zone."""

    cidr: str = "10.0.0.0/16"
    """The VPC's IPv4 block, /16 to /28; its subnets are carved from it."""

    zones: tuple[str, ...] = Field(default=(), json_schema_extra={"minItems": 2})
    """Availability Zones by name, at least two, such as us-west-2a. EKS needs two."""

    nat: Nat = "single"
    """NAT gateways: none, a single one, or one per zone. About 33 USD a month each, and traffic."""
