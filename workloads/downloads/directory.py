"""Source that reads a mounted directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workloads.downloads.sources import Content, Item, ItemChangedError
from workloads.errors import MissingInputError
from workloads.files import list_files, require_directory


class DirectorySource:
    """Source of the files below a mounted directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def items(self) -> list[Item]:
        """Return the finished files, sorted by name; an empty list if there are none.

        Raises:
            MissingInputError: The directory does not exist.
        """
        require_directory(self.directory)
        try:
            return [self._item(path) for path in list_files(self.directory)]
        except MissingInputError:
            return []

    def _item(self, path: Path) -> Item:
        status = path.stat()
        return Item(
            path.relative_to(self.directory).as_posix(),
            f"{status.st_size} {status.st_mtime_ns}",
            status.st_size,
            int(status.st_mtime),
        )

    @contextmanager
    def open_item(self, item: Item, offset: int) -> Iterator[Content]:
        """Open a file; see `Source.open_item`."""
        path = self.directory / item.name
        if not path.is_file() or self._item(path).version != item.version:
            raise ItemChangedError(str(path))
        with path.open("rb") as stream:
            stream.seek(offset)
            yield Content(stream, offset)
