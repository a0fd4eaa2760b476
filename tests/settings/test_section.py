"""The parts of the settings that belong to the storages in use."""

import pytest

from tests.settings.configs import checked


@pytest.mark.parametrize("back_end", ["efs", "fsx"])
def test_file_system_and_driver_are_those_of_the_active_back_end(back_end: str) -> None:
    settings, _ = checked({"storage.backend": back_end})
    assert settings.storage.active is getattr(settings.storage, back_end)
    label = settings.storage.active.driver_name.partition(".")[0]
    assert settings.drivers.of_storages[label] is getattr(settings.drivers, back_end)
