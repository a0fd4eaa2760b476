"""Rules of the networks that may reach the Kubernetes API server.

Sources: EKS User Guide, "Cluster API server endpoint"; EKS API Reference, VpcConfigRequest; IANA
IPv4 Special-Purpose Address Registry, for addresses that nobody on the internet has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from components.network_spec import ipv4_network
from components.spec.errors import NOT_SET, ConfigError, Path

CIDRS: Path = ("publicAccessCidrs",)

MAX_CIDRS = 40
MIN_PREFIX_LENGTH = 8
"""Prefix length of the largest block. Two /1 blocks would be the whole internet."""
ADDRESS = "with the address from which you reach the internet for ADDRESS"
EXAMPLE = f"ADDRESS/32, {ADDRESS}"
SET_YOURS = f"`pulumi config set --path 'cluster.publicAccessCidrs[0]' ADDRESS/32`, {ADDRESS}"
DOCUMENTATION = [
    IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
]
RELAYS = IPv4Network("192.88.99.0/24")
"""Withdrawn by RFC 7526."""
INTERNAL = [
    IPv4Network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
]


def access_errors(cidrs: Sequence[str], *, deployed_from_inside: bool) -> Iterator[ConfigError]:
    """Yield the broken rules of the networks that may reach the API server.

    Args:
        cidrs: Networks in CIDR notation.
        deployed_from_inside: True if Pulumi reaches the private endpoint.
    """
    yield from _networks(cidrs)
    if len(cidrs) > MAX_CIDRS:
        yield ConfigError(
            CIDRS, f"must have at most {MAX_CIDRS} networks", len(cidrs), "merge some"
        )
    if not cidrs and not deployed_from_inside:
        rule = "names who may reach the API server from outside the VPC, this update among them"
        remedy = f"run {SET_YOURS}; or set cluster.deployedFromInside"
        yield ConfigError(CIDRS, rule, NOT_SET, remedy, (("deployedFromInside",),))


def _networks(cidrs: Sequence[str]) -> Iterator[ConfigError]:
    for i, value in enumerate(cidrs):
        path, block = (*CIDRS, i), ipv4_network(value)
        if block is None or str(block) != value:
            rule = "must be an IPv4 network in CIDR notation, ADDRESS/LENGTH, that begins there"
            serves = block is not None and _unreachable(block) is None
            yield ConfigError(path, rule, value, f"set {block}" if serves else f"set {EXAMPLE}")
        elif broken := _unreachable(block):
            rule, remedy = broken
            yield ConfigError(path, rule, value, remedy)
        if value in cidrs[:i]:
            yield ConfigError(path, "must be named once", value, "remove it")


def _unreachable(block: IPv4Network) -> tuple[str, str] | None:
    """Return the rule that a well-formed network breaks, and the remedy; None if it breaks none."""
    if block.prefixlen == 0:
        return "the API server must not be open to the whole internet", f"set {EXAMPLE}"
    if block.prefixlen < MIN_PREFIX_LENGTH:
        return (
            f"must be a /{MIN_PREFIX_LENGTH} or smaller: this is much of the internet",
            f"set {EXAMPLE}",
        )
    if any(block.subnet_of(one) for one in DOCUMENTATION):
        rule = "must be addresses that somebody has: these are for examples in documentation only"
        return rule, f"set your own: {SET_YOURS}"
    if any(block.subnet_of(one) for one in INTERNAL):
        rule = "must be public addresses: the VPC's own reach the private endpoint anyway"
        return rule, "remove it, and name the public addresses of those who come from elsewhere"
    if not block.is_global or block.is_multicast or block.subnet_of(RELAYS):
        rule = "must be public addresses: nobody comes from these (loopback, link-local, reserved)"
        return rule, f"set your own: {SET_YOURS}"
    return None
