"""Prepare the input of a job: the folders of its channels under /opt/ml/input/data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from rehearsal.file_systems.contents import Contents
from rehearsal.sagemaker.failures import JobFailure, by_client
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.storage import REFUSALS, RoleStorage, error_message, split
from rehearsal.sagemaker.xgboost.layout import Layout

OTHERS_READ, OTHERS_ENTER = 0o004, 0o005
"""Modes of files and directories that other users than the owner read."""


@dataclass(frozen=True)
class Input:
    """Source and size of a channel's data."""

    channel: str
    source: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Inputs:
    """Preparation of the channels in an instance's folders."""

    contents: Contents
    storage: RoleStorage
    job: Job

    def put(self, layout: Layout, host: str) -> list[Input]:
        """Fill or link the folder of each channel.

        Raises:
            JobFailure: A directory does not exist, a prefix has no object, or the role has no
                access.
        """
        return [self._put(channel, layout, host) for channel in self.job.channels]

    def release(self) -> None:
        """Unmount the file systems."""
        self.contents.unmount(f"training-job/{self.job.name}")

    def _put(self, channel: dict[str, Any], layout: Layout, host: str) -> Input:
        source, folder = channel["DataSource"], layout.channel(channel["ChannelName"])
        if channel.get("InputMode") == "Pipe":
            raise by_client(
                f"The rehearsal has no pipes: channel {channel['ChannelName']} wants File."
            )
        if "FileSystemDataSource" in source:
            shown = self._link(source["FileSystemDataSource"], folder)
        else:
            shown = self._download(source["S3DataSource"], folder, host)
        files = [file for file in folder.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files)
        return Input(channel["ChannelName"], shown, len(files), size)

    def _link(self, source: dict[str, str], folder: Path) -> str:
        system, path = source["FileSystemId"], source["DirectoryPath"]
        subpath = path.strip("/")
        start = f"Unable to mount file system: {system} directory path: {path}"
        try:
            if source["FileSystemType"] == "FSxLustre":
                subpath = self._below_mount_name(system, path)
            found = self.contents.mount(
                system, self.job.region, subpath, holder=f"training-job/{self.job.name}"
            )
            self._refuse_unreachable(system, start)
        except LookupError as error:
            raise by_client(f"{start}: {error.args[0]}.") from error
        if not found.is_dir():
            raise _incorrect(system, path)
        if source["FileSystemType"] == "EFS":
            self._refuse_denied(system, start)
            self._refuse_closed(system, path, found)
        folder.symlink_to(found, target_is_directory=True)
        return f"{system}:{path}"

    def _refuse_unreachable(self, system: str, start: str) -> None:
        """Refuse a file system that the network keeps from instances in one of the job's subnets.

        SageMaker chooses among the subnets. The words are ours: its own tell of a time-out.
        """
        network = self.job.description.get("VpcConfig") or {}
        groups = network.get("SecurityGroupIds", [])
        obstacle = self.contents.obstacle(
            system, self.job.region, network.get("Subnets", []), groups
        )
        if obstacle:
            raise by_client(f"{start}. The mount timed out: {obstacle}.")

    def _refuse_denied(self, system: str, start: str) -> None:
        """Refuse a file system whose policy denies to read it.

        A job mounts EFS without credentials and without an access point, and promises no TLS.
        """
        region = self.job.region
        if not self.contents.rights(system, region, tls=False).mount:
            raise by_client(f"{start}: access denied by server while mounting {system}:/.")

    def _refuse_closed(self, system: str, path: str, found: Path) -> None:
        """Refuse a directory or file that lets nobody in but its owner and group.

        A job mounts EFS without an access point, and reads it as nobody in particular. The words
        are ours: those of SageMaker are not documented.
        """
        root = self.contents.folder(system)
        on_the_way = [one for one in (found, *found.parents) if one.is_relative_to(root)]
        for one in (*on_the_way[:-1], *found.rglob("*")):
            needed = OTHERS_ENTER if one.is_dir() else OTHERS_READ
            if one.stat().st_mode & needed != needed:
                raise by_client(
                    f"Unable to mount file system: {system} directory path: {path}. Permission "
                    f"denied: /{one.relative_to(root)} has mode "
                    f"{one.stat().st_mode & 0o7777:04o}, and lets no other users read it."
                )

    def _below_mount_name(self, system: str, path: str) -> str:
        """Return the path without its first segment, which is the file system's mount name."""
        found = self.contents.describe(system, self.job.region)
        name = found["LustreConfiguration"]["MountName"]
        first, _, rest = path.strip("/").partition("/")
        if first != name:
            raise _incorrect(system, path, f" Begin it with /{name}, the mount name of {system}.")
        return rest

    def _download(self, source: dict[str, Any], folder: Path, host: str) -> str:
        path = source["S3Uri"]
        if source["S3DataType"] != "S3Prefix":
            raise by_client(
                f"The rehearsal reads no {source['S3DataType']}: use S3Prefix ({path})."
            )
        bucket, prefix = split(path)
        folder.mkdir(parents=True)
        try:
            keys = list(self.storage.keys(path))
            for key in self._share(keys, source, host):
                self.storage.download(bucket, key, _target(folder, prefix, key))
        except REFUSALS as error:
            raise by_client(
                f"Data download failed:{error_message(error)}. Please ensure that the role "
                f"{self.job.role} has s3:ListBucket on bucket {bucket} and s3:GetObject on what is "
                f"under {path}."
            ) from error
        if not keys:
            raise by_client(
                f'Data download failed:No S3 objects found under S3 URL "{path}" given in input '
                "data source. Please ensure that objects exist under that S3 prefix."
            )
        return str(path)

    def _share(self, keys: list[str], source: dict[str, Any], host: str) -> list[str]:
        """Return the keys for one instance: all keys, or each nth one."""
        if source.get("S3DataDistributionType") != "ShardedByS3Key":
            return keys
        hosts = self.job.hosts
        return keys[hosts.index(host) :: len(hosts)]


def _incorrect(system: str, path: str, hint: str = "") -> JobFailure:
    return by_client(
        f"Unable to mount file system: {system} directory path: {path}. Incorrect mount path. "
        f"Please ensure the mount path specified exists on the filesystem.{hint}"
    )


def _target(folder: Path, prefix: str, key: str) -> Path:
    """Return an object's file: its key after the last slash of the prefix."""
    name = key[prefix.rfind("/") + 1 :]
    if ".." in PurePosixPath(name).parts:
        raise by_client(f"Data download failed:the key {key} has a step up, which no file can have")
    return folder / name
