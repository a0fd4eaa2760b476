"""What lies in the emulated file systems: a folder for each, under World.file_systems.

A file system linked to S3 shows the objects under its import path as files. FSx imports names at
once and bytes when first read; here both come when something asks for the folder, and again when
objects changed, as far as the link's policy says. A folder goes with its file system.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients import Cloud, code_of
from rehearsal.file_systems import efs

log = logging.getLogger(__name__)

POLICIES = {
    "NONE": frozenset[str](),
    "NEW": frozenset({"NEW"}),
    "NEW_CHANGED": frozenset({"NEW", "CHANGED"}),
    "NEW_CHANGED_DELETED": frozenset({"NEW", "CHANGED", "DELETED"}),
}


@dataclass(frozen=True)
class Link:
    """A folder of a file system that shows a prefix of a bucket."""

    folder: str
    bucket: str
    prefix: str
    follows: frozenset[str]

    @classmethod
    def of(cls, path: str, folder: str, follows: frozenset[str]) -> Link:
        """The link of an S3 path such as s3://bucket/datasets/."""
        bucket, _, prefix = path.removeprefix("s3://").partition("/")
        return cls(folder.strip("/"), bucket, f"{prefix.rstrip('/')}/" if prefix else "", follows)


class Contents:
    """The contents of one account's file systems, in one region."""

    def __init__(self, root: Path, cloud: Cloud) -> None:
        self._root = root
        self._cloud = cloud
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def folder(self, system_id: str) -> Path:
        """The folder of a file system, made if it is not there."""
        folder = self._root / system_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def mount(  # noqa: PLR0913 - what a mount command is told
        self,
        system_id: str,
        region: str,
        subpath: str = "",
        *,
        lazy: bool = False,  # noqa: ARG002
        access_point: str = "",
        holder: str = "",  # noqa: ARG002
    ) -> Path:
        """The folder that a program sees of a file system, ready to be read.

        Args:
            system_id: An FSx for Lustre or EFS file system.
            region: Where it is.
            subpath: The directory below the file system's root, or below the access point's, that
                the program will see. It is not made, and need not be there.
            lazy: Files stay released until the program restores them with `lfs`. Otherwise every
                file under the subpath has its bytes before this returns.
            access_point: Of EFS; its root directory takes the place of the file system's.
            holder: Whose mount it is (a pod's uid, a training job's name), until `unmount`.

        Raises:
            LookupError: The file system, access point or mount target is not there, or a file
                can't be brought; the text says which.
        """
        if efs.exists(self._cloud, system_id, region):
            root = efs.root(self._cloud, region, self.folder(system_id), access_point)
        else:
            root = self.materialise(system_id, region)
        return below(root, subpath)

    def unmount(self, holder: str) -> None:
        """Ends the mounts of a holder: nothing of its reads their files any more."""

    def materialise(self, system_id: str, region: str) -> Path:
        """The folder of an FSx file system, with what its links import put into it.

        Raises:
            LookupError: there is no such file system.
        """
        system = self.describe(system_id, region)
        folder = self.folder(system_id)
        with self._locks[system_id]:
            for link in self._links(system, region):
                self._import(system_id, link, region)
        return folder

    def describe(self, system_id: str, region: str) -> dict[str, Any]:
        """What FSx says of a file system.

        Raises:
            LookupError: there is no such file system.
        """
        fsx = self._cloud.client("fsx", region)
        try:
            found = fsx.describe_file_systems(FileSystemIds=[system_id])["FileSystems"]
        except ClientError as error:
            if code_of(error) != "FileSystemNotFound":
                raise
            found = []
        if not found:
            raise LookupError(f"file system {system_id} does not exist in {region}")
        system: dict[str, Any] = found[0]
        return system

    def present(self) -> list[str]:
        """The file systems that have a folder."""
        if not self._root.is_dir():
            return []
        return sorted(one.name for one in self._root.iterdir() if one.name.startswith("fs-"))

    def refresh(self, region: str) -> None:
        """Brings new objects into linked folders; removes the folders of deleted file systems."""
        for system_id in self.present():
            try:
                self.materialise(system_id, region)
            except LookupError:
                if not efs.exists(self._cloud, system_id, region):
                    self.remove(system_id)

    def remove(self, system_id: str) -> None:
        """Removes what is kept of a file system."""
        with self._locks[system_id]:
            log.info("file system %s is gone: its folder goes too", system_id)
            shutil.rmtree(self._root / system_id, ignore_errors=True)
            self._index(system_id).unlink(missing_ok=True)

    def _links(self, system: Mapping[str, Any], region: str) -> Iterator[Link]:
        data = system.get("LustreConfiguration", {}).get("DataRepositoryConfiguration", {})
        if path := data.get("ImportPath"):
            yield Link.of(path, "", POLICIES[data.get("AutoImportPolicy", "NONE")])
        for association in self._associations(system["FileSystemId"], region):
            policy = association.get("S3", {}).get("AutoImportPolicy", {}).get("Events", [])
            path, folder = association["DataRepositoryPath"], association.get("FileSystemPath", "")
            yield Link.of(path, folder, frozenset(policy))

    def _associations(self, system_id: str, region: str) -> list[dict[str, Any]]:
        fsx = self._cloud.client("fsx", region)
        wanted = [{"Name": "file-system-id", "Values": [system_id]}]
        try:
            found = fsx.describe_data_repository_associations(Filters=wanted)
        except ClientError:
            return []  # the emulated FSx has none of them
        associations: list[dict[str, Any]] = found["Associations"]
        return associations

    def _import(self, system_id: str, link: Link, region: str) -> None:
        """Brings one linked folder to what its bucket holds, as far as the link follows it."""
        s3 = self._cloud.client("s3", region)
        name = f"{link.bucket}/{link.prefix}"
        index = self._read_index(system_id)
        known: dict[str, str] | None = index.get(name)
        objects = dict(_objects(s3, link))
        changes = changed(known, objects, link.follows)
        for key in changes.fetch:
            self._fetch(s3, link, key, self.folder(system_id))
        for key in changes.drop:
            target(self.folder(system_id), link, key).unlink(missing_ok=True)
        if known != changes.known:
            index[name] = changes.known
            self._write_index(system_id, index)

    def _fetch(self, s3: Any, link: Link, key: str, folder: Path) -> None:
        file = target(folder, link, key)
        if key.endswith("/"):
            file.mkdir(parents=True, exist_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.import")
        s3.download_file(link.bucket, key, str(draft))
        draft.replace(file)

    def _index(self, system_id: str) -> Path:
        return self._root / ".imports" / f"{system_id}.json"

    def _read_index(self, system_id: str) -> dict[str, dict[str, str]]:
        file = self._index(system_id)
        if not file.exists():
            return {}
        index: dict[str, dict[str, str]] = json.loads(file.read_text())
        return index

    def _write_index(self, system_id: str, index: Mapping[str, Mapping[str, str]]) -> None:
        file = self._index(system_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(index))
        draft.replace(file)


@dataclass(frozen=True)
class Changes:
    """Which keys to fetch and to drop, and the ETag of each key that is then known."""

    fetch: list[str]
    drop: list[str]
    known: dict[str, str]


def changed(
    known: Mapping[str, str] | None, objects: Mapping[str, str], follows: frozenset[str]
) -> Changes:
    """What to do about a bucket's objects (their ETags by key); all are new at the first look."""
    if known is None:
        return Changes(sorted(objects), [], dict(objects))
    new = {key for key in objects if key not in known and "NEW" in follows}
    other = {key for key in objects if known.get(key) not in (None, objects[key])}
    other = other if "CHANGED" in follows else set()
    gone = {key for key in known if key not in objects} if "DELETED" in follows else set()
    kept = {key: etag for key, etag in known.items() if key not in gone}
    kept |= {key: objects[key] for key in new | other}
    return Changes(sorted(new | other), sorted(gone), kept)


def target(folder: Path, link: Link, key: str) -> Path:
    """The file that an object shows as."""
    return folder / link.folder / key.removeprefix(link.prefix)


def below(root: Path, subpath: str) -> Path:
    """A directory under a root, by a path that leads nowhere else.

    Raises:
        LookupError: The path has a step up.
    """
    if ".." in PurePosixPath(subpath).parts:
        raise LookupError(f"path {subpath!r}: a path in a file system has no '..'")
    return root / subpath.strip("/")


def _objects(s3: Any, link: Link) -> Iterator[tuple[str, str]]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=link.bucket, Prefix=link.prefix)
    for page in pages:
        for one in page.get("Contents", []):
            # Lustre has no name for the prefix itself, nor for steps up.
            if one["Key"] != link.prefix and ".." not in PurePosixPath(one["Key"]).parts:
                yield one["Key"], one["ETag"]
