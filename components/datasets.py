"""Datasets and models of local files, which are uploaded to the data bucket."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypedDict

import pulumi
import pulumi_aws as aws

from components.data_source_spec import MODEL_PREFIX, PREFIX, is_file, local_files
from components.file_digest import sha256_of

FIRST_BYTES = 8192
"""Bytes of a file by which a text is told from other content."""


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
    channels: Mapping[str, str | Sequence[str]]
    """Local files and folders of each of SageMaker's channels, such as train and validation."""


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
        alone = {channel for channel, paths in channels.items() if is_one_file(paths)}
        for file in self.files:
            channel = file.name.partition("/")[0]
            own_name = channel if channel in alone else file.name
            upload(f"{name}-{own_name}", args["bucket_name"], self.prefix, file, self)
        self.register_outputs({"digest": self.digest})


class LocalModelArgs(TypedDict):
    """Arguments of `LocalModel`."""

    name: str
    """Name of the model, part of its prefix."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    paths: Sequence[str]
    """Local files and folders of the model."""


class LocalModel(pulumi.ComponentResource):
    """The files of a model at s3://BUCKET/model-files/NAME/DIGEST/FILE."""

    prefix: str
    """Prefix of this content in the bucket, with a slash at its end."""
    digest: str
    """Digest of the files' contents and names, 12 hexadecimal digits."""

    def __init__(
        self, name: str, args: LocalModelArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:LocalModel", name, {}, opts)
        files = [data_file(*each) for each in local_files(args["paths"])]
        self.digest = content_digest(files)
        self.prefix = f"{MODEL_PREFIX}{args['name']}/{self.digest}/"
        for file in files:
            upload(f"{name}-{file.name}", args["bucket_name"], self.prefix.rstrip("/"), file, self)
        self.register_outputs({"digest": self.digest})


def upload(
    name: str,
    bucket_name: pulumi.Input[str],
    prefix: str,
    file: DataFile,
    parent: pulumi.Resource,
) -> None:
    """Put a file into the bucket, at its name below a prefix.

    Args:
        name: Name of the resource.
        bucket_name: Name of the bucket.
        prefix: Prefix of the content, no slash at either end.
        file: The file.
        parent: Component that the object belongs to.
    """
    aws.s3.BucketObjectv2(
        name,
        bucket=bucket_name,
        key=f"{prefix}/{file.name}",
        source=pulumi.FileAsset(file.path),
        content_type="text/csv" if is_text(file.path) else "application/octet-stream",
        opts=pulumi.ResourceOptions(parent=parent),
    )


def is_text(path: str) -> bool:
    """Return whether a file begins as a text: no media type of the machine decides it."""
    with Path(path).open("rb") as stream:
        return b"\0" not in stream.read(FIRST_BYTES)


def is_one_file(paths: str | Sequence[str]) -> bool:
    """Return whether a channel is one file by itself, as every channel of the last release."""
    one = paths if isinstance(paths, str) else paths[0] if len(paths) == 1 else ""
    return is_file(one)


def data_files(channels: Mapping[str, str | Sequence[str]]) -> list[DataFile]:
    """Return the files of the channels, in the order of the channels.

    Raises:
        FileNotFoundError: A file does not exist.
    """
    found: list[DataFile] = []
    for channel, given in channels.items():
        for path in (given,) if isinstance(given, str) else given:
            files = local_files([path]) or [(Path(path).name, path)]
            found += [data_file(f"{channel}/{name}", file) for name, file in files]
    return found


def data_file(name: str, path: str) -> DataFile:
    """Return a file with its size and SHA-256.

    Raises:
        FileNotFoundError: The file does not exist.
    """
    return DataFile(name, path, Path(path).stat().st_size, sha256_of(path))


def content_digest(files: Iterable[DataFile]) -> str:
    """Return a digest of the names and contents of files, 12 hexadecimal digits."""
    lines = (f"{file.name} {file.sha256}\n" for file in sorted(files))
    return sha256("".join(lines).encode()).hexdigest()[:12]


def manifest(files: Iterable[DataFile]) -> str:
    """Return a line of SHA-256, size in bytes and CHANNEL/FILE for each file, with tabs between."""
    return "".join(f"{file.sha256}\t{file.size}\t{file.name}\n" for file in files)
