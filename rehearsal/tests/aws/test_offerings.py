import pytest
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from moto.utilities.utils import load_resource

from rehearsal.aws.offerings import Offerings, install


def test_a_regions_instance_types_are_those_that_moto_knows() -> None:
    install()
    for location_type in ("region", "availability-zone", "availability-zone-id"):
        found = INSTANCE_TYPE_OFFERINGS[location_type].get("us-west-2", [])
        file = f"ec2/resources/instance_type_offerings/{location_type}/us-west-2.json"
        assert found == [one | {"LocationType": location_type} for one in load_resource(file)]
        assert found[0]["LocationType"] == location_type


def test_a_region_is_read_when_it_is_asked_about_and_no_other() -> None:
    offerings = Offerings("region")
    assert not dict(offerings)
    assert any(one["InstanceType"] == "m5.large" for one in offerings["eu-central-1"])
    assert list(offerings) == ["eu-central-1"]


def test_a_region_that_moto_does_not_know_offers_nothing() -> None:
    assert Offerings("region").get("xx-nowhere-1", []) == []


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1", "us-gov-west-1"])
@pytest.mark.difference(
    of="Amazon EC2",
    what=(
        "China and AWS GovCloud (US) offer the instance types that nearly every other "
        "Region offers."
    ),
    direction="kinder",
    why="There is no list of what these Regions offer.",
    told="A warning when a program asks for the offerings of such a Region.",
)
def test_china_and_govcloud_offer_what_nearly_every_region_does(region: str) -> None:
    offered = {one["InstanceType"] for one in Offerings("region")[region]}
    assert {"m5.large", "m6i.large", "m6g.large", "r5.large"} <= offered
    assert "p4d.24xlarge" not in offered
    assert ("c6in.large" in offered) is not region.startswith("cn-")
    zones = {one["Location"] for one in Offerings("availability-zone")[region]}
    assert zones >= {f"{region}a", f"{region}b"}
