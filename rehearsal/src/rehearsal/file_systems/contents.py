"""The file systems of a rehearsal, for the clients that mount them.

Each file system has a folder, named by its id, which is removed with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients import own_calls
from rehearsal.clients.aws import Cloud, code_of
from rehearsal.faults import active
from rehearsal.file_systems import (
    efs,
    efs_rights,
    exporting,
    queue,
    restoring,
    s3_files,
    unlinking,
)
from rehearsal.file_systems.backups import Backups, restored_from
from rehearsal.file_systems.importing import Importer
from rehearsal.file_systems.link_role import LinkStorage
from rehearsal.file_systems.links import Link, links
from rehearsal.file_systems.objects import UnreadableError
from rehearsal.file_systems.store import Store
from rehearsal.file_systems.transfers import Route, recorded
from rehearsal.paths import Environment

log = logging.getLogger(__name__)


IMPORT_VARIABLE = "REHEARSAL_IMPORT_SECONDS"
IMPORT_SECONDS = 10.0
"""Default delay of an import, in seconds; FSx takes seconds to minutes and guarantees nothing."""


def import_delay() -> float:
    """Return the delay, in seconds, after which FSx imports a change of a bucket.

    The environment variable REHEARSAL_IMPORT_SECONDS sets it.
    """
    return float(os.environ.get(IMPORT_VARIABLE, IMPORT_SECONDS))


class Contents:
    """Contents of the file systems of a rehearsal's account.

    Args:
        environment: The rehearsal environment.
        cloud: Its emulated AWS.
        delay: Delay after which FSx imports a change of a bucket, in seconds.
    """

    def __init__(self, environment: Environment, cloud: Cloud, delay: float = 0.0) -> None:
        self._environment = environment
        self._cloud = cloud
        self._delay = delay
        self._backups = Backups(environment.file_systems, cloud)
        self._next: float | None = None
        self._pending: dict[str, int] = {}

    def folder(self, system_id: str) -> Path:
        """Return the folder of a file system, and create it if it does not exist."""
        folder = self._store(system_id).folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def mount(  # noqa: PLR0913 - the options of a mount command
        self,
        system_id: str,
        region: str,
        subpath: str = "",
        *,
        lazy: bool = False,
        access_point: str = "",
        holder: str = "",
    ) -> Path:
        """Return the folder that a program sees of a file system, ready to be read.

        Args:
            system_id: Id of an FSx for Lustre, EFS or S3 Files file system.
            region: Region of the file system.
            subpath: Directory below the file system's root, or below the access point's, that the
                program sees. It is not created and need not exist.
            lazy: Keep files released until the program restores them with `lfs`. Otherwise the data
                of every file under the subpath is present before this method returns, and files
                that are imported there later come with their data.
            access_point: Id of an access point of EFS or S3 Files, whose root directory replaces
                the file system's.
            holder: Owner of the mount until `unmount`: a pod's uid or a training job's name.

        Raises:
            LookupError: The file system, access point or mount target does not exist, or a file
                cannot be restored; the text says which.
        """
        path = _within(subpath)
        if efs.exists(self._cloud, system_id, region):
            return efs.root(self._cloud, region, self.folder(system_id), access_point) / path
        store, top = self._store(system_id), ""
        if s3_files.describe(self._cloud, system_id, region):
            # S3 Files needs no `lfs`: it has the data of each file when a program reads it.
            self.look(system_id, region)
            root = s3_files.root(self._cloud, region, store.folder, access_point)
            top, lazy = str(root.relative_to(store.folder)).removeprefix("."), False
        path = f"{top}/{path}".strip("/")
        found = self.look(system_id, region, attend=None if lazy else (holder, path))
        if not lazy:
            self._restore(store, region, path, found)
        if not store.exists:
            raise _not_there(system_id, region)
        return store.folder / path

    def rights(
        self, system_id: str, region: str, *, tls: bool, access_point: str = ""
    ) -> efs_rights.Rights:
        """Return the rights of a client without IAM credentials on an EFS file system.

        Args:
            system_id: Id of the file system.
            region: Region of the file system.
            tls: True if the client mounts over TLS.
            access_point: Id of the access point that it mounts; empty for none.
        """
        return efs_rights.rights(self._cloud, region, system_id, tls=tls, access_point=access_point)

    def obstacle(
        self,
        system_id: str,
        region: str,
        subnet_ids: Iterable[str],
        group_ids: list[str],
        zone: str = "",
    ) -> str | None:
        """Return what keeps clients from mounting a file system; None if nothing does.

        Args:
            system_id: Id of an EFS file system, or of an FSx for Lustre one.
            region: Region of the file system.
            subnet_ids: Subnets of the clients.
            group_ids: Ids of the clients' security groups.
            zone: Zone of the mount target that they ask for; by default their own.
        """
        target = own_calls.Target(region, system_id, zone)
        asked = partial(own_calls.obstacle, self._environment, target, group_ids)
        return next(filter(None, map(asked, subnet_ids)), None)

    def unmount(self, holder: str) -> None:
        """End the mounts of a holder, which from now on reads no files."""
        for system_id in self.present():
            with contextlib.suppress(sqlite3.OperationalError):  # being created or removed
                store = self._store(system_id)
                store.index.let_go(holder)
                if (region := store.index.fact("region")) and store.index.fact("s3files"):
                    self._count_pending(store, region)

    def look(
        self, system_id: str, region: str, *, attend: tuple[str, str] | None = None
    ) -> list[Link]:
        """Import names according to the links of a file system of FSx or S3 Files; return these.

        Args:
            system_id: Id of the file system.
            region: Region of the file system.
            attend: A holder and a subpath under which imported files come with their data from now
                on.

        Raises:
            LookupError: There is no such file system.
        """
        files, backup = s3_files.describe(self._cloud, system_id, region), None
        if files is not None:
            every, facts = s3_files.link(files), {"region": region, "s3files": True}
        else:
            system = self.describe(system_id, region)
            every = list(links(self._cloud, system, region))
            facts, backup = _lustre_facts(system, region), restored_from(system)
        found = [link for link in every if not link.deleted]
        store = self._store(system_id)
        with store.alone():
            if backup and not store.folder.exists():
                self._backups.restore(backup, store.folder, region)
            store.create()
            unlinking.forget_gone(store, found)
            unlinking.empty(store, [link for link in every if link.deleted])
            store.index.note({**facts, "links": [link.to_json() for link in found]})
            s3 = LinkStorage.of(self._cloud, region, system_id)
            importer = Importer(store, s3, 0.0 if files else self._delay_of(system_id))
            for link in found:
                route = Route("import", system_id, link.source, f"{system_id}:/{link.folder}")
                recorded(self._environment, route, partial(importer.bring, link))
            if importer.next is not None:
                self._next = min(importer.next, self._next or importer.next)
            if attend:  # later imports bring the data too; this import's files are restored next
                store.index.hold(*attend)
        return found

    def describe(self, system_id: str, region: str) -> dict[str, Any]:
        """Return FSx's description of a file system.

        Raises:
            LookupError: There is no such file system.
        """
        fsx = self._cloud.client("fsx", region)
        try:
            found = fsx.describe_file_systems(FileSystemIds=[system_id])["FileSystems"]
        except ClientError as error:
            if code_of(error) != "FileSystemNotFound":
                raise
            found = []
        if not found:
            raise _not_there(system_id, region)
        system: dict[str, Any] = found[0]
        return system

    @property
    def has_imports_due(self) -> bool:
        """True if a change that was too recent to be imported is now due."""
        return self._next is not None and self._next <= time.time()

    def present(self) -> list[str]:
        """Return the ids of the file systems that have a folder."""
        if not self._environment.file_systems.is_dir():
            return []
        return sorted(
            one.name
            for one in self._environment.file_systems.iterdir()
            if one.name.startswith("fs-")
        )

    def refresh(self, region: str) -> None:
        """Synchronize every folder with its bucket; remove those of deleted file systems."""
        self._next = None
        self._backups.take(region)
        for system_id in self.present():
            try:
                self._refresh(system_id, region)
            except UnreadableError as error:
                log.warning("file system %s is looked at later: %s", system_id, error)
            except LookupError:
                if not efs.exists(self._cloud, system_id, region):
                    self.remove(system_id)
            except (ClientError, OSError, sqlite3.OperationalError) as error:
                log.warning("file system %s is looked at later: %s", system_id, error)

    def remove(self, system_id: str) -> None:
        """Remove everything that is stored of a file system."""
        log.info("file system %s is gone: its folder goes too", system_id)
        self._store(system_id).remove()

    def _refresh(self, system_id: str, region: str) -> None:
        store = self._store(system_id)
        s3 = LinkStorage.of(self._cloud, region, system_id)
        for link in self.look(system_id, region):
            route = Route("export", system_id, f"{system_id}:/{link.folder}", link.target)
            recorded(self._environment, route, partial(exporting.export_changes, store, s3, link))
        if store.index.fact("s3files"):
            self._count_pending(store, region)
        else:
            queue.ensure(store)

    def _count_pending(self, store: Store, region: str) -> None:
        """Tell the emulated AWS how many files S3 Files has not exported yet."""
        told = [Link.from_json(one) for one in store.index.fact("links") or []]
        count = sum(exporting.pending(store, link) for link in told)
        if self._pending.get(store.system_id) != count:
            own_calls.count_pending_exports(self._environment, region, store.system_id, count)
            self._pending[store.system_id] = count

    def _restore(self, store: Store, region: str, path: str, found: list[Link]) -> None:
        s3 = LinkStorage.of(self._cloud, region, store.system_id)
        source = ", ".join(link.source for link in found)
        route = Route("import", store.system_id, source, f"{store.system_id}:/{path}")
        recorded(self._environment, route, partial(restoring.restore_all, store, s3, path))

    def _delay_of(self, system_id: str) -> float:
        """Return the delay of imports into a file system, which a fault makes longer."""
        fault = active.applied("late-import", name=system_id)
        return self._delay + (fault.seconds if fault else 0.0)

    def _store(self, system_id: str) -> Store:
        return Store(self._environment.file_systems, system_id)


def _lustre_facts(system: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Return the data that `lfs` and its worker need, because they do not call AWS."""
    return {"region": region, "mount name": system["LustreConfiguration"].get("MountName", "fsx")}


def _within(subpath: str) -> str:
    """Return a path relative to a root, without slashes at its ends.

    Raises:
        LookupError: The path contains "..".
    """
    parts = PurePosixPath(subpath.lstrip("/")).parts  # two slashes are a root of their own
    if ".." in parts:
        raise LookupError(f"path {subpath!r}: a path in a file system has no '..'")
    return "/".join(parts)


def _not_there(system_id: str, region: str) -> LookupError:
    return LookupError(f"file system {system_id} does not exist in {region}")
