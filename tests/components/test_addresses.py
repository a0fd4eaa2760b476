from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.addresses import MAX_ZONES, share_out

blocks = st.builds(
    lambda prefix, number: str(IPv4Network((number << (32 - prefix), prefix))),
    st.integers(16, 22),
    st.integers(0, 2**16 - 1),
)


@given(cidr=blocks, zones=st.integers(1, MAX_ZONES))
def test_subnets_lie_in_the_vpc_and_do_not_overlap(cidr: str, zones: int) -> None:
    subnets = [IPv4Network(each) for share in share_out(cidr, zones) for each in share]
    assert len(subnets) == 2 * zones
    assert all(subnet.subnet_of(IPv4Network(cidr)) for subnet in subnets)
    assert not any(one.overlaps(other) for one in subnets for other in subnets if one is not other)


@given(cidr=blocks, zones=st.integers(1, MAX_ZONES - 1))
def test_another_zone_moves_no_subnet_that_exists(cidr: str, zones: int) -> None:
    assert share_out(cidr, zones + 1)[:zones] == share_out(cidr, zones)


@given(cidr=blocks, zones=st.integers(1, MAX_ZONES))
def test_no_subnet_is_smaller_than_aws_takes(cidr: str, zones: int) -> None:
    assert all(
        IPv4Network(each).prefixlen <= 28 for share in share_out(cidr, zones) for each in share
    )


@pytest.mark.parametrize(
    ("cidr", "zones"), [("10.0.0.0/23", 2), ("10.0.0.0/16", 0), ("10.0.0.0/16", 8)]
)
def test_what_cannot_be_shared_out_is_refused(cidr: str, zones: int) -> None:
    with pytest.raises(ValueError, match="got:"):
        share_out(cidr, zones)
