"""Which instance types are offered where, read for a region when it is first asked about.

moto reads the tables of all thirty regions when it is imported, and keeps them: 40 MiB, of which
an account in one region needs one.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from moto.utilities.utils import load_resource

Offering = dict[str, str]


class Offerings(dict[str, list[Offering]]):
    """moto's table for one type of location: the offerings by region."""

    def __init__(self, location_type: str) -> None:
        super().__init__()
        self._location_type = location_type

    def __missing__(self, region: str) -> list[Offering]:
        """A region's offerings, read from moto's file.

        Raises:
            KeyError: moto has none of it.
        """
        path = f"ec2/resources/instance_type_offerings/{self._location_type}/{region}.json"
        try:
            found: list[Offering] = load_resource(path)
        except FileNotFoundError as error:
            raise KeyError(region) from error
        self[region] = [one | {"LocationType": self._location_type} for one in found]
        return self[region]

    def get(self, region: str, default: Any = None) -> Any:
        """A region's offerings, or the default where moto has none of it."""
        try:
            return self[region]
        except KeyError:
            return default


def install() -> None:
    """Forget what moto has read; what is asked for is read again."""
    for location_type in INSTANCE_TYPE_OFFERINGS:
        INSTANCE_TYPE_OFFERINGS[location_type] = Offerings(location_type)
