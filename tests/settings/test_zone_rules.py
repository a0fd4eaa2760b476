"""Rules that need the account: its zones, and what they offer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from settings.account import Account
from tests.settings.configs import ACCOUNT, Case, assert_refused, errors, keys

CPU = "nodeGroups.cpu"


def account(**zone_ids: str) -> Account:
    """An account in us-west-2 whose zones a, b... have these ids, offering all types in all."""
    zones = {f"us-west-2{letter}": zone_id for letter, zone_id in zone_ids.items()}
    return replace(ACCOUNT, zones=zones, offerings={"m6i.large": set(zones)})


def test_a_zone_that_the_account_does_not_have_is_refused() -> None:
    case = Case(
        {"network.zones": ["us-west-2a", "us-west-2z"]},
        "network.zones[1]",
        "the account has",
        "us-west-2z",
        "us-west-2a, us-west-2b, us-west-2c, us-west-2d",
    )
    assert_refused(case)


def test_a_zone_of_another_region_is_refused_once() -> None:
    case = Case(
        {"network.zones": ["us-west-2a", "us-west-2b", "eu-west-1a"]},
        "network.zones[2]",
        "zone of the Region",
        "eu-west-1a",
        "us-west-2a",
    )
    assert_refused(case)


@pytest.mark.parametrize("zone_id", ["use1-az3", "usw1-az2", "cac1-az3"])
def test_a_zone_where_eks_puts_no_control_plane_is_refused_by_its_id(zone_id: str) -> None:
    case = Case(
        {"storage.backend": "efs"},
        "network.zones[1]",
        f"EKS takes no subnets in {zone_id}",
        "us-west-2b",
        "choose from us-west-2a, us-west-2c",
    )
    assert_refused(case, account(a="usw2-az1", b=zone_id, c="usw2-az3"))


def test_the_zone_that_fsx_gets_by_default_is_judged_too() -> None:
    case = Case({}, "storage.fsx.zone", "not offered in use1-az3", "us-west-2a", "set us-west-2b")
    assert_refused(case, account(a="use1-az3", b="usw2-az1"))


def test_a_zone_without_fsx_is_no_error_of_storage_on_efs() -> None:
    found = keys({"storage.backend": "efs"}, account(a="use1-az3", b="usw2-az1"))
    assert "storage.fsx.zone" not in found


def test_a_type_that_the_region_lacks_and_nothing_resembles_is_refused() -> None:
    case = Case(
        {f"{CPU}.instanceTypes": ["u-24tb1.metal"]},
        f"{CPU}.instanceTypes[0]",
        "the Region offers",
        "u-24tb1.metal",
        "choose another type",
    )
    assert_refused(case)


def test_a_zone_of_a_group_that_offers_none_of_its_types_is_refused() -> None:
    case = Case(
        {
            "network.zones": ["us-west-2a", "us-west-2d"],
            "nodeGroups.gpu": {"instanceTypes": ["g5.2xlarge"]},
        },
        "nodeGroups.gpu.zones",
        "each zone of the node group must offer",
        ["us-west-2d"],
        "set zones to us-west-2a",
    )
    assert_refused(case)


def test_a_group_in_the_zones_that_offer_its_types_is_taken() -> None:
    gpu = {"instanceTypes": ["g5.2xlarge"], "zones": ["us-west-2a"]}
    assert keys({"network.zones": ["us-west-2a", "us-west-2d"], "nodeGroups.gpu": gpu}) == []


def test_a_type_without_disks_of_its_own_has_no_instance_store() -> None:
    group = {"instanceTypes": ["g5.2xlarge", "m6i.large"], "instanceStore": True}
    found = errors({"nodeGroups.gpu": {**group, "zones": ["us-west-2a"]}})
    stores = [one for one in found if "disks of its own" in one.rule]
    assert [one.path for one in stores] == [("nodeGroups", "gpu", "instanceTypes", 1)]
    assert "instanceStore: false" in stores[0].remedy


def test_a_type_with_disks_of_its_own_may_have_an_instance_store() -> None:
    group = {"instanceTypes": ["g5.2xlarge"], "zones": ["us-west-2a"], "instanceStore": True}
    assert keys({"nodeGroups.gpu": group}) == []


def test_a_missing_region_is_the_only_error_where_no_zone_can_be_judged() -> None:
    assert [error.path for error in errors({}, ACCOUNT, region="")] == [("aws:region",)]
