"""Settings of a dataset, and what SageMaker asks of its channels.

Sources: SageMaker API Reference, Channel (ChannelName) and CreateTrainingJob (InputDataConfig).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import Field

from components.data_source_spec import (
    DataSourceSpec,
    file_errors,
    number_errors,
    one_source,
)
from components.spec.errors import ConfigError, Path

MAX_CHANNELS = 20
CHANNEL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
WHOLE = "training"
"""Channel of a dataset whose prefix is not divided, as SageMaker's own examples call it."""

Paths = str | tuple[str, ...]


class DatasetSpec(DataSourceSpec):
    """A dataset, declared once: jobs, patterns and pods name it, and read it where they are."""

    files: dict[str, Paths] = Field(
        default_factory=dict,
        examples=[{"train": "data/train.csv", "validation": ["data/a.csv", "data/b.csv"]}],
    )
    """Local files of each channel: a file, a folder, or a list of these, relative to the project.
    They are uploaded to datasets/NAME/DIGEST/CHANNEL/ of the data bucket. The digest is a hash of
    their contents and names. Files of a folder that begin with a dot are left out."""

    channels: dict[str, str] = Field(
        default_factory=dict, examples=[{"train": "train/", "test": "eval/2026/"}]
    )
    """Folder below `uri` of each channel. Without it, the whole prefix is the channel
    `training`."""

    storage: bool | None = Field(default=None, examples=[False])
    """Bring the data of `uri` to the shared storage, by a link if it shows them, else by a copy. By
    default it is brought unless all jobs that read it read it from S3. Files are always brought."""

    @property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """Local files and folders of each channel."""
        return {
            channel: (paths,) if isinstance(paths, str) else paths
            for channel, paths in self.files.items()
        }

    @property
    def folders(self) -> dict[str, str]:
        """Folder below the prefix of each channel, no slash at either end; empty for all of it."""
        found = {name: folder.strip("/") for name, folder in self.channels.items()}
        return found or {WHOLE: ""}

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels."""
        return tuple(self.files or self.folders)

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a dataset's source, channels and files."""
        yield from super().own_problems()
        given = {"files": self.files, "uri": self.uri}
        yield from one_source(given, "name its files, or where it lies in S3")
        yield from channel_errors(("files",), self.files)
        yield from channel_errors(("channels",), self.channels)
        yield from _files(self)
        yield from _folders(self)


def channel_errors(where: Path, channels: Mapping[str, object]) -> Iterator[ConfigError]:
    """Yield an error for a name that is none of SageMaker's channels, and for too many of them."""
    for name in channels:
        if not CHANNEL.fullmatch(name):
            rule = "must be a channel of SageMaker: at most 64 letters, digits, dots, - and _"
            yield ConfigError((*where, name), rule, name, "rename it")
    if len(channels) > MAX_CHANNELS:
        rule = f"a training job has at most {MAX_CHANNELS} channels"
        yield ConfigError(where, rule, len(channels), "put several folders into one channel")


def _files(spec: DatasetSpec) -> Iterator[ConfigError]:
    everything: list[str] = []
    for channel, paths in spec.paths.items():
        yield from file_errors(("files", channel), paths)
        everything += paths
    yield from number_errors(("files",), everything)
    if spec.files and spec.storage is not None:
        rule = "has a meaning only with uri: files are always brought to the shared storage"
        yield ConfigError(("storage",), rule, spec.storage, "remove it", (("files",),))


def _folders(spec: DatasetSpec) -> Iterator[ConfigError]:
    if spec.channels and spec.uri is None:
        rule = "names folders below uri, and there is none"
        yield ConfigError(("channels",), rule, spec.channels, "name the channels under files")
    for channel, folder in spec.channels.items():
        parts = folder.strip("/").split("/")
        if folder.strip("/") and any(part in {"", ".", ".."} for part in parts):
            rule = "must be a folder below uri, such as train/"
            yield ConfigError(("channels", channel), rule, folder, "write it without . and //")
