"""Look-up of the file systems that a config names and somebody else made."""

from __future__ import annotations

from collections.abc import Callable

from components.storage.fsx_spec import FILE_SYSTEM_ID, FsxSpec
from settings.found_storage import FoundStorage, StorageQuery
from settings.stack import Settings

ReadStorage = Callable[[StorageQuery], FoundStorage]


def storage_query(settings: Settings) -> StorageQuery | None:
    """Return the ids to look up; None for none, and for one that cannot be asked for."""
    fsx = settings.storage.used_fsx
    named = fsx.existing if fsx is not None else None
    return StorageQuery(named) if named and FILE_SYSTEM_ID.fullmatch(named) else None


def read_storage(query: StorageQuery) -> FoundStorage:
    """Return the facts, read by the AWS provider with the stack's own credentials."""
    # The rules are importable without the SDK.
    from components.storage.fsx_existing import find_lustre  # noqa: PLC0415

    if query.lustre is None:
        return FoundStorage()
    try:
        return FoundStorage(find_lustre(query.lustre))
    except Exception as error:  # the SDK raises a bare Exception when a read fails
        return FoundStorage(problem=" ".join(str(error).split()))


def with_found_storage(settings: Settings, found: FoundStorage) -> Settings:
    """Return settings with what was found: the zone of an adopted file system is its own."""
    storage = settings.storage
    if found.lustre is not None:
        fsx = storage.fsx
        values = {**dict(fsx), "zone": found.lustre.zone}
        placed = FsxSpec.model_construct(_fields_set={*fsx.model_fields_set}, **values)
        storage = storage.model_copy(update={"fsx": placed})
    return settings.model_copy(update={"storage": storage, "found_storage": found})
