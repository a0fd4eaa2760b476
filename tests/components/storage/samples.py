"""Arguments that the tests of the storage share."""

from typing import Any

import pulumi

from components.storage.base import Claim, FileSystemArgs
from components.storage.efs_spec import EfsSpec
from components.storage.file_system_spec import FileSystemSpec
from components.storage.fsx_spec import FsxSpec
from components.storage.s3_files_spec import S3FilesSpec
from tests.components.samples import ZONES

SPECS: dict[str, FileSystemSpec] = {
    "fsx": FsxSpec(),
    "efs": EfsSpec(),
    "s3files": S3FilesSpec(),
}


def wiring(**changes: Any) -> FileSystemArgs:
    """Arguments of a back end with subnets in two zones."""
    given: Any = {
        "vpc_id": "vpc-1",
        "subnet_ids": {zone: f"subnet-private-{zone}" for zone in ZONES},
        "bucket_name": "data",
    }
    made: FileSystemArgs = {**given, **changes}
    return made


class Volume(pulumi.CustomResource):
    """Stands for the volume behind a claim."""

    def __init__(self, namespace: str) -> None:
        super().__init__("test:index:Volume", namespace, {})


def claim(namespace: str = "training", file_system_id: str = "fs-1") -> Claim:
    """A claim of a namespace on a file system."""
    return Claim(
        namespace=pulumi.Output.from_input(namespace),
        name=pulumi.Output.from_input("shared"),
        mount_path="/data",
        volume=Volume(namespace),
        file_system_id=pulumi.Output.from_input(file_system_id),
    )
