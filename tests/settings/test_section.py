"""Sections as the arguments of components."""

import pytest

from settings.network import Network
from tests.settings.configs import checked


def test_a_section_s_settings_become_arguments_of_the_same_names() -> None:
    given = Network(zones=("us-west-2a", "us-west-2b")).arguments()
    assert given == {
        "cidr": "10.0.0.0/16",
        "zones": ["us-west-2a", "us-west-2b"],
        "nat": "single",
    }


def test_a_section_among_the_other_arguments_becomes_arguments_too() -> None:
    given = Network().arguments(other=Network(nat="none"), vpc="made elsewhere")
    assert given["other"]["nat"] == "none"
    assert given["vpc"] == "made elsewhere"


@pytest.mark.parametrize("back_end", ["efs", "fsx"])
def test_file_system_and_driver_are_those_of_the_active_back_end(back_end: str) -> None:
    settings, _ = checked({"storage.backend": back_end})
    assert settings.storage.file_system is getattr(settings.storage, back_end)
    assert settings.driver is getattr(settings.drivers, back_end)
