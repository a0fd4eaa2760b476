from collections.abc import Mapping
from typing import get_args

import pytest

from components.storage import backends
from components.storage.base import FileSystem
from settings.storage_spec import Backend, StorageSpec
from tests.components.storage.samples import SPECS, wiring
from tests.mocks import deploy

PROMISED: Mapping[str, object] = FileSystem.__annotations__


def made(backend: str) -> FileSystem:
    found: list[FileSystem] = []
    deploy(lambda: found.append(backends.file_system("fs", SPECS[backend], wiring())))
    return found[0]


@pytest.mark.parametrize("backend", get_args(Backend))
def test_the_spec_of_each_back_end_makes_its_file_system(backend: Backend) -> None:
    assert made(backend).backend == backend
    assert isinstance(StorageSpec(backend=backend).active, type(SPECS[backend]))


@pytest.mark.parametrize("backend", SPECS)
def test_a_file_system_has_all_that_is_promised_of_it_once_it_is_constructed(backend: str) -> None:
    file_system = made(backend)
    assert [each for each in PROMISED if not hasattr(file_system, each)] == []
    of_efs = {"access_point_id", "access_point_ids", "replica_id"}
    later = {*vars(file_system)} - {*PROMISED, *of_efs, "urn", "id"}
    assert [each for each in later if not each.startswith("_")] == []
