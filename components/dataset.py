"""A dataset: files of this machine as objects of the data bucket, a prefix for each channel."""

from hashlib import sha256
from pathlib import Path
from typing import TypedDict

import pulumi
import pulumi_aws as aws

PREFIX = "datasets/"
"""Where all datasets are, in the bucket and on storage that is not linked to the bucket."""


class DatasetArgs(TypedDict):
    """What a Dataset is made of."""

    name: str
    """What it is called in the bucket."""
    bucket_name: pulumi.Input[str]
    """The data bucket."""
    channels: dict[str, str]
    """Path of a file for each of SageMaker's channels, as train and validation."""


class Dataset(pulumi.ComponentResource):
    """The files of a dataset at s3://BUCKET/datasets/NAME/CHANNEL/FILE."""

    name: str
    prefix: str
    """Where it is in the bucket, no slash at either end."""
    keys: dict[str, str]
    """Where each channel is in the bucket, no slash at either end."""
    digest: str
    """Changes when, and only when, a file's content or place does: 12 hexadecimal digits."""
    objects: list[pulumi.Resource]

    def __init__(
        self, name: str, args: DatasetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:Dataset", name, {}, opts)
        self.name = args["name"]
        self.prefix = f"{PREFIX}{self.name}"
        self.keys = {channel: f"{self.prefix}/{channel}" for channel in args["channels"]}
        self.digest = digest(args["channels"])
        self.objects = [
            aws.s3.BucketObjectv2(
                f"{name}-{channel}",
                bucket=args["bucket_name"],
                key=f"{self.keys[channel]}/{Path(path).name}",
                source=pulumi.FileAsset(path),
                content_type="text/csv",
                opts=pulumi.ResourceOptions(parent=self),
            )
            for channel, path in args["channels"].items()
        ]
        self.register_outputs({"digest": self.digest})


def digest(channels: dict[str, str]) -> str:
    """A digest of what the channels' files are called and hold.

    Raises:
        FileNotFoundError: A file is not there.
    """
    total = sha256()
    for channel, path in sorted(channels.items()):
        content = sha256(Path(path).read_bytes()).hexdigest()
        total.update(f"{channel}/{Path(path).name} {content}\n".encode())
    return total.hexdigest()[:12]
