"""A mounted directory as a source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workloads.downloads.sources import ChangedError, Content, Item
from workloads.faults import MissingInputError
from workloads.files import existing_directory, files_below


class DirectorySource:
    """The files of a directory that is mounted here."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def items(self) -> list[Item]:
        """The finished files, by name.

        Raises:
            MissingInputError: the directory is not there.
        """
        existing_directory(self.directory)
        try:
            return [self._item(path) for path in files_below(self.directory)]
        except MissingInputError:
            return []

    def _item(self, path: Path) -> Item:
        facts = path.stat()
        return Item(
            path.relative_to(self.directory).as_posix(),
            f"{facts.st_size} {facts.st_mtime_ns}",
            facts.st_size,
            int(facts.st_mtime),
        )

    @contextmanager
    def opened(self, item: Item, offset: int) -> Iterator[Content]:
        """See Source."""
        path = self.directory / item.name
        if not path.is_file() or self._item(path).version != item.version:
            raise ChangedError(str(path))
        with path.open("rb") as stream:
            stream.seek(offset)
            yield Content(stream, offset)
