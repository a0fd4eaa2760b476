"""Rules of the networks that may reach the API server."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spec.errors import NOT_SET
from tests.settings.configs import Case, assert_refused, errors, keys

CIDRS = "cluster.publicAccessCidrs"
OWN = "`pulumi config set --path 'cluster.publicAccessCidrs[0]' ADDRESS/32`, with the address"
PUBLIC = "52.94.76.0/22"


def one(value: str, rule: str, remedy: str) -> Case:
    """A network that is refused beside one that is taken."""
    return Case({CIDRS: [PUBLIC, value]}, f"{CIDRS}[1]", rule, value, remedy)


CASES = {
    "everyone": one("0.0.0.0/0", "whole internet", "ADDRESS/32"),
    "half of the internet": one("128.0.0.0/1", "/8 or smaller", "ADDRESS/32"),
    "the VPC itself": one("10.1.0.0/16", "reach the private endpoint anyway", "remove it"),
    "addresses behind a carrier": one("100.64.0.0/16", "private endpoint anyway", "remove it"),
    "the first block of documentation": one("192.0.2.0/24", "documentation", OWN),
    "the second block of documentation": one("198.51.100.7/32", "documentation", OWN),
    "the third block of documentation": one("203.0.113.0/24", "documentation", OWN),
    "loopback": one("127.0.0.1/32", "nobody comes from these", OWN),
    "link-local": one("169.254.169.254/32", "nobody comes from these", OWN),
    "multicast": one("224.0.0.0/4", "/8 or smaller", "ADDRESS/32"),
    "one group of multicast": one("224.0.0.1/32", "nobody comes from these", OWN),
    "addresses that are reserved": one("240.0.0.0/8", "nobody comes from these", OWN),
    "addresses that were relays once": one("192.88.99.1/32", "nobody comes from these", OWN),
    "a single address": one("52.94.77.5", "ADDRESS/LENGTH", "set 52.94.77.5/32"),
    "a netmask": one("52.94.76.0/255.255.252.0", "ADDRESS/LENGTH", "set 52.94.76.0/22"),
    "a network that begins in the middle": one("52.94.77.5/22", "begins there", "52.94.76.0/22"),
    "a length that is too long": one("52.94.77.5/33", "ADDRESS/LENGTH", "set ADDRESS/32"),
    "IPv6": one("2001:db8::/32", "IPv4", "set ADDRESS/32"),
    "a word": one("here", "IPv4 network", "set ADDRESS/32"),
    "a network named twice": one(PUBLIC, "once", "remove it"),
    "nobody": Case({CIDRS: []}, CIDRS, "this update among them", NOT_SET, OWN),
    "more networks than EKS takes": Case(
        {CIDRS: [f"52.94.{i}.0/24" for i in range(41)]}, CIDRS, "at most 40", 41, "merge"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


@given(st.ip_addresses(v=4), st.integers(8, 32))
def test_a_network_that_a_remedy_names_is_taken(address: object, length: int) -> None:
    for value in (
        f"{address}",
        f"{address}/{length}",
        f"{address}/{IPv4Network((0, length)).netmask}",
    ):
        for error in errors({CIDRS: [value]}):
            named = error.remedy.removeprefix("set ")
            if error.remedy.startswith("set ") and named[0].isdigit():
                assert keys({CIDRS: [named]}) == [], value
