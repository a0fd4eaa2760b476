"""Datasets: local files that are uploaded to the data bucket, a prefix for each channel."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypedDict

import pulumi
import pulumi_aws as aws

from components.file_digest import sha256_of

PREFIX = "datasets/"
"""Prefix of all datasets in the bucket, and of those on storage that is not linked to it."""


class DataFile(NamedTuple):
    """One file of a dataset."""

    name: str
    """Name in the dataset, as CHANNEL/FILE."""
    path: str
    """Path on this machine."""
    size: int
    """Size in bytes."""
    sha256: str
    """SHA-256 of the content, 64 hexadecimal digits."""


class DatasetArgs(TypedDict):
    """Arguments of `Dataset`."""

    name: str
    """Name of the dataset, part of its prefix."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    channels: Mapping[str, str]
    """Path of a file for each of SageMaker's channels, such as train and validation."""


class Dataset(pulumi.ComponentResource):
    """The files of a dataset at s3://BUCKET/datasets/NAME/DIGEST/CHANNEL/FILE.

    The digest is a hash of the content, so a prefix never has other content: a change makes a new
    prefix with new objects, and a reader of a prefix always reads the same content. The objects of
    the old prefix are deleted at the end of the update.
    """

    name: str
    """Name of the dataset."""
    root: str
    """Prefix of the dataset's contents, one below it for each digest; no slash at either end."""
    prefix: str
    """Prefix of this content in the bucket, no slash at either end."""
    keys: dict[str, str]
    """Prefix of each channel in the bucket, no slash at either end."""
    files: list[DataFile]
    """Files of the channels, in the order of the channels."""
    content_digest: str
    """Digest of the files' contents and names, 12 hexadecimal digits."""

    def __init__(
        self, name: str, args: DatasetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:Dataset", name, {}, opts)
        channels = args["channels"]
        self.name = args["name"]
        self.files = data_files(channels)
        self.digest = content_digest(self.files)
        self.root = f"{PREFIX}{self.name}"
        self.prefix = f"{self.root}/{self.digest}"
        self.keys = {channel: f"{self.prefix}/{channel}" for channel in channels}
        for channel, file in zip(channels, self.files, strict=True):
            aws.s3.BucketObjectv2(
                f"{name}-{channel}",
                bucket=args["bucket_name"],
                key=f"{self.prefix}/{file.name}",
                source=pulumi.FileAsset(file.path),
                content_type="text/csv",
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"digest": self.digest})


def data_files(channels: Mapping[str, str]) -> list[DataFile]:
    """Return the file of each channel, in the order of the channels.

    Raises:
        FileNotFoundError: A file does not exist.
    """
    return [
        DataFile(f"{channel}/{Path(path).name}", path, Path(path).stat().st_size, sha256_of(path))
        for channel, path in channels.items()
    ]


def content_digest(files: Iterable[DataFile]) -> str:
    """Return a digest of the names and contents of files, 12 hexadecimal digits."""
    lines = (f"{file.name} {file.sha256}\n" for file in sorted(files))
    return sha256("".join(lines).encode()).hexdigest()[:12]


def manifest(files: Iterable[DataFile]) -> str:
    """Return a line of SHA-256, size in bytes and CHANNEL/FILE for each file, with tabs between."""
    return "".join(f"{file.sha256}\t{file.size}\t{file.name}\n" for file in files)
