"""Files of the backups of FSx file systems: copies that are taken, restored and dropped.

A copy is taken when the backup is first seen, not at the moment of the request. A file system with
backups is linked to no bucket, so that all of its files have their data.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.clients.aws import Cloud
from rehearsal.paths import STATE

log = logging.getLogger(__name__)

FOLDER = "backups"
RESTORED = "restored from "
"""Beginning of the message by which the emulated FSx tells whose files a file system has."""


def restored_from(system: Mapping[str, Any]) -> str:
    """Return the id of the backup that a file system was made of; "" for none."""
    messages = (one.get("Message", "") for one in system.get("AdministrativeActions", []))
    found = (one.removeprefix(RESTORED) for one in messages if one.startswith(RESTORED))
    return next(found, "")


class Backups:
    """Copies of the folders of file systems, by the id of the backup.

    Args:
        root: Folder of all file systems, Environment.file_systems.
        cloud: The emulated AWS.
    """

    def __init__(self, root: Path, cloud: Cloud) -> None:
        self._root = root
        self._cloud = cloud

    def take(self, region: str) -> None:
        """Copy the folders of new backups, and drop the copies of deleted ones."""
        if not self._root.is_dir():
            return
        present = self._described(region)
        for backup_id, system_id in present.items():
            self._take(backup_id, system_id)
        for copy in self._copies.iterdir() if self._copies.is_dir() else ():
            if copy.name.partition(".")[0] not in present:
                shutil.rmtree(copy, ignore_errors=True)

    def restore(self, backup_id: str, folder: Path, region: str) -> None:
        """Copy the files of a backup to the folder of a new file system."""
        system_id = self._described(region).get(backup_id)
        if system_id is not None:
            self._take(backup_id, system_id)
        copy = self._copies / backup_id
        if copy.is_dir():
            draft = copy.with_name(f"{backup_id}.{folder.name}.part")
            _copy(copy, draft, folder)
            log.info("file system %s has the files of %s", folder.name, backup_id)

    @property
    def _copies(self) -> Path:
        return self._root / STATE / FOLDER

    def _described(self, region: str) -> dict[str, str]:
        """Return the id of the backed-up file system, by the id of each backup."""
        pages = self._cloud.client("fsx", region).get_paginator("describe_backups").paginate()
        return {
            one["BackupId"]: one["FileSystem"]["FileSystemId"]
            for page in pages
            for one in page["Backups"]
        }

    def _take(self, backup_id: str, system_id: str) -> None:
        copy, folder = self._copies / backup_id, self._root / system_id
        if not copy.exists() and folder.is_dir():
            _copy(folder, copy.with_name(f"{backup_id}.part"), copy)


def _copy(source: Path, draft: Path, target: Path) -> None:
    """Copy a folder by way of a draft, so that a kill leaves no half of it."""
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, draft, symlinks=True)
    draft.rename(target)
