"""List the instance types on offer; a Region's table is read when it is first needed.

moto would read the tables of all thirty Regions at import and keep them: 40 MiB, of which an
account in one Region needs one. Imported before the rest of moto's EC2, this module prevents that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

Offering = dict[str, str]


class Offerings(dict[str, list[Offering]]):
    """Table of moto for one type of location: offerings by Region."""

    def __init__(self, location_type: str) -> None:
        super().__init__()
        self._location_type = location_type

    def __missing__(self, region: str) -> list[Offering]:
        """Read a Region's offerings from moto's file.

        Raises:
            KeyError: moto has no offerings of the Region.
        """
        path = f"{FOLDER}/{self._location_type}/{region}.json"
        try:
            found: list[Offering] = load_resource(path)
        except FileNotFoundError as error:
            raise KeyError(region) from error
        self[region] = [one | {"LocationType": self._location_type} for one in found]
        return self[region]

    def get(self, region: str, default: Any = None) -> Any:
        """Return a Region's offerings, or the default if moto has none."""
        try:
            return self[region]
        except KeyError:
            return default


def install() -> None:
    """Put these tables in the place of moto's."""
    for location_type in INSTANCE_TYPE_OFFERINGS:
        INSTANCE_TYPE_OFFERINGS[location_type] = Offerings(location_type)
