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
