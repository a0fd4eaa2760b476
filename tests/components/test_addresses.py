from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.addresses import ZoneAddresses, allocate_subnets
from components.network_spec import MAX_ZONES

REGION = "us-west-2"
CIDR = "10.20.0.0/16"
blocks = st.builds(
    lambda prefix, number: str(IPv4Network((number << (32 - prefix), prefix))),
    st.integers(16, 22),
    st.integers(0, 2**16 - 1),
)
zones = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=MAX_ZONES, unique=True).map(
    lambda letters: [f"{REGION}{letter}" for letter in letters]
)


def named(letters: str) -> list[str]:
    return [f"{REGION}{letter}" for letter in letters]


def private(shares: dict[str, ZoneAddresses]) -> dict[str, str]:
    return {zone: share.private for zone, share in shares.items()}


def of_the_last_release(letters: str) -> dict[str, str]:
    """Private subnets whose blocks came from the order of the list."""
    every = IPv4Network(CIDR).subnets(prefixlen_diff=3)
    return {zone: str(block) for zone, block in zip(named(letters), every, strict=False)}


@given(cidr=blocks, zones=zones)
def test_subnets_lie_in_the_vpc_and_do_not_overlap(cidr: str, zones: list[str]) -> None:
    subnets = [
        IPv4Network(each) for share in allocate_subnets(cidr, zones).values() for each in share
    ]
    assert len(subnets) == 2 * len(zones)
    assert all(subnet.subnet_of(IPv4Network(cidr)) for subnet in subnets)
    assert not any(one.overlaps(other) for one in subnets for other in subnets if one is not other)


@given(first=zones, second=zones)
def test_a_zone_keeps_its_addresses_whatever_becomes_of_the_list(
    first: list[str], second: list[str]
) -> None:
    before = allocate_subnets(CIDR, first)
    if len({*first, *second}) > MAX_ZONES:
        return
    after = allocate_subnets(CIDR, second, private(before))
    for zone in {*first} & {*second}:
        assert after[zone] == before[zone]
    new = {block for zone, share in after.items() if zone not in first for block in share}
    assert not new & {block for share in before.values() for block in share}


@pytest.mark.parametrize("letters", ["ab", "abc", "ac", "bc", "ba", "dcb"])
def test_a_stack_of_the_last_release_keeps_the_addresses_of_its_order(letters: str) -> None:
    there = of_the_last_release(letters)
    assert private(allocate_subnets(CIDR, named(letters), there)) == there
    for more in (f"a{letters}", f"{letters}e", letters[::-1], letters[1:]):
        wanted = list(dict.fromkeys(named(more)))
        kept = private(allocate_subnets(CIDR, wanted, there))
        assert {zone: kept[zone] for zone in wanted if zone in there} == {
            zone: block for zone, block in there.items() if zone in wanted
        }


def test_the_first_zones_have_the_blocks_that_the_last_release_gave_them() -> None:
    for letters in ("ab", "abc", "abcd"):
        assert private(allocate_subnets(CIDR, named(letters))) == of_the_last_release(letters)


def test_the_order_of_a_new_list_moves_nothing() -> None:
    assert allocate_subnets(CIDR, named("cab")) == allocate_subnets(CIDR, named("abc"))


@given(cidr=blocks, zones=zones)
def test_no_subnet_is_smaller_than_aws_takes(cidr: str, zones: list[str]) -> None:
    shares = allocate_subnets(cidr, zones).values()
    assert all(IPv4Network(each).prefixlen <= 28 for share in shares for each in share)


@pytest.mark.parametrize(
    ("cidr", "letters"), [("10.0.0.0/23", "ab"), ("10.0.0.0/16", ""), ("10.0.0.0/16", "abcdefgh")]
)
def test_what_cannot_be_shared_out_is_refused(cidr: str, letters: str) -> None:
    with pytest.raises(ValueError, match="got:"):
        allocate_subnets(cidr, named(letters))
