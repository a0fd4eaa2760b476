"""AWS's rules for the settings of clusters."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any

from rehearsal.aws.eks.catalogue import status
from rehearsal.aws.eks.models import invalid

MOST_CIDRS = 40
"""Source: EKS User Guide, service quotas, "Public endpoint access CIDR ranges per cluster"."""
NOT_PUBLIC = tuple(
    ip_network(cidr)
    for cidr in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.168.0.0/16", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
    )
)
"""Reserved addresses, which EKS refuses: those of documentation too, though its guide shows them.

Source: EKS User Guide, "Cluster API server endpoint" ("the block cannot include reserved
addresses"), and answers of EKS for 203.0.113.0/24 and 10.1.0.128/27 in public repositories. Which
of the reserved blocks beside these two it knows is not documented."""


def check_upgrade_policy(version: str, policy: Mapping[str, str]) -> None:
    """Raise an error for a policy that declines extended support of a version already in it.

    Source: EKS user guide, "Disable EKS extended support".
    """
    if policy.get("supportType") == "STANDARD" and status(version) != "STANDARD_SUPPORT":
        raise invalid(
            f"The upgrade policy STANDARD is not possible for Kubernetes {version}, which is in "
            "extended support."
        )


def check_endpoints(vpc: Mapping[str, Any]) -> None:
    """Raise an error unless the API server has an endpoint, public only for public addresses."""
    if not vpc.get("endpointPublicAccess", True) and not vpc.get("endpointPrivateAccess", False):
        raise invalid("Private and public endpoint access cannot both be false")
    cidrs = vpc.get("publicAccessCidrs") or []
    if len(cidrs) > MOST_CIDRS:
        raise invalid(f"publicAccessCidrs can have at most {MOST_CIDRS} CIDRs, got {len(cidrs)}.")
    for cidr in cidrs:
        try:
            network_ = IPv4Network(cidr)
        except ValueError as error:
            raise invalid(f"The following CIDRs are invalid: [{cidr}]: {error}") from error
        if str(network_) != cidr:
            raise invalid(f"The following CIDRs are invalid: [{cidr}]")
        if any(network_.subnet_of(reserved) for reserved in NOT_PUBLIC):  # type: ignore[arg-type]
            raise invalid(f"The following CIDRs are not allowed in publicAccessCidrs: [{cidr}]")
