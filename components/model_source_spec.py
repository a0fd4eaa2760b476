"""Settings of a model that the stack does not train itself."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from components.data_source_spec import (
    DataSourceSpec,
    file_errors,
    number_errors,
    one_source,
)
from components.spec.errors import ConfigError


class ModelSourceSpec(DataSourceSpec):
    """A model, declared once: servers name it, and read it from the shared storage."""

    files: str | tuple[str, ...] = Field(default=(), examples=[["models/digits/"]])
    """Local files of the model: a file, a folder, or a list of these, relative to the project. They
    are uploaded to model-files/NAME/DIGEST/ of the data bucket."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Local files and folders."""
        return (self.files,) if isinstance(self.files, str) else self.files

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a model's source and files."""
        yield from super().own_problems()
        given = {"files": self.files, "uri": self.uri}
        yield from one_source(given, "name its files, or where it lies in S3")
        yield from file_errors(("files",), self.paths)
        yield from number_errors(("files",), self.paths)
