"""List the instance types on offer; a Region's table is read when it is first needed.

moto has no tables of the Regions in China and of AWS GovCloud (US). The types that nearly every
other Region offers are taken to be on offer there, in every zone.

moto would read the tables of all thirty Regions at import and keep them: 40 MiB, of which an
account in one Region needs one. Imported before the rest of moto's EC2, this module prevents that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from moto.utilities import utils
from moto.utilities.utils import load_resource

FOLDER = "ec2/resources/instance_type_offerings"


@contextmanager
def _empty_tables() -> Iterator[None]:
    """Have moto find no offering in any of its tables."""

    def read(resource: str) -> Any:
        return [] if resource.startswith(FOLDER) else load_resource(resource)

    utils.load_resource = read
    try:
        yield
    finally:
        utils.load_resource = load_resource


with _empty_tables():
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

Offering = dict[str, str]
WITHOUT_TABLES = ("cn-", "us-gov-")
NOT_IN_CHINA = ("c6in.", "c7a.", "m6idn.", "m6in.", "r6idn.", "r6in.")
"""Source: Getting Started with AWS in China, "AWS Compute Optimizer"."""
MISSING_IN_AT_MOST = 3
"""Regions that may lack a type which is taken to be in every other one."""


@cache
def widespread() -> list[str]:
    """Return the types that nearly every Region of moto's tables offers."""
    folder = Path(utils.__file__).parents[1] / FOLDER / "region"
    regions = [file.name.split(".")[0] for file in folder.iterdir()]
    counted = Counter(one["InstanceType"] for region in regions for one in _table("region", region))
    return sorted(
        type_ for type_, count in counted.items() if count >= len(regions) - MISSING_IN_AT_MOST
    )


def _table(location_type: str, region: str) -> list[Offering]:
    found: list[Offering] = load_resource(f"{FOLDER}/{location_type}/{region}.json")
    return found


def _places(location_type: str, region: str) -> list[str]:
    zones = RegionsAndZonesBackend.zones[region]
    places = {
        "region": [region],
        "availability-zone": [zone.name for zone in zones],
        "availability-zone-id": [zone.zone_id for zone in zones],
    }
    return places[location_type]


class Offerings(dict[str, list[Offering]]):
    """Table of moto for one type of location: offerings by Region."""

    def __init__(self, location_type: str) -> None:
        super().__init__()
        self._location_type = location_type

    def __missing__(self, region: str) -> list[Offering]:
        """Read a Region's offerings from moto's file.

        Raises:
            KeyError: There is no such Region.
        """
        try:
            found = _table(self._location_type, region)
        except FileNotFoundError as error:
            if not region.startswith(WITHOUT_TABLES) or region not in RegionsAndZonesBackend.zones:
                raise KeyError(region) from error
            found = [
                {"InstanceType": type_, "Location": place}
                for place in _places(self._location_type, region)
                for type_ in widespread()
                if not (region.startswith("cn-") and type_.startswith(NOT_IN_CHINA))
            ]
        self[region] = [one | {"LocationType": self._location_type} for one in found]
        return self[region]

    def get(self, region: str, default: Any = None) -> Any:
        """Return a Region's offerings, or the default if there is no such Region."""
        try:
            return self[region]
        except KeyError:
            return default


def install() -> None:
    """Put these tables in the place of moto's."""
    for location_type in INSTANCE_TYPE_OFFERINGS:
        INSTANCE_TYPE_OFFERINGS[location_type] = Offerings(location_type)
