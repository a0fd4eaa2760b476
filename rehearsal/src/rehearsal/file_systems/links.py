"""Links between folders of a file system and prefixes of buckets, and their policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.clients.aws import Cloud  # its import takes longer than a run of `lfs`

POLICIES = {
    "NONE": frozenset[str](),
    "NEW": frozenset({"NEW"}),
    "NEW_CHANGED": frozenset({"NEW", "CHANGED"}),
    "NEW_CHANGED_DELETED": frozenset({"NEW", "CHANGED", "DELETED"}),
}


@dataclass(frozen=True)
class Link:
    """Link between a folder of a file system and a prefix of a bucket."""

    folder: str
    bucket: str
    prefix: str
    follows: frozenset[str]
    """Kinds of object changes that are imported: NEW, CHANGED, DELETED."""
    exports: frozenset[str] = frozenset()
    """Kinds of file changes that are exported without a request: NEW, CHANGED, DELETED."""
    export_bucket: str = ""
    export_prefix: str = ""
    """Prefix in `export_bucket` to which files are exported; without a bucket nothing is exported.
    """
    since: datetime | None = None
    """Time before which objects are not imported at first; None imports all."""
    created: datetime | None = None
    """Creation time of the link. Objects that existed then are imported under any policy; later
    ones count as changes. None means that all objects existed."""
    owner: str = ""
    """Id of the association, so that one that is created again imports again; "" for the link of
    the file system itself."""
    quiet_seconds: float | None = None
    """Time without a write after which a file is exported; None for the usual time."""
    lost_and_found: str = ""
    """Folder for files that programs have changed and whose objects have changed too; it is not
    exported. Empty where the file system keeps no such files."""
    deleted: bool = False
    """True if the association is being deleted with the files of its folder."""

    @classmethod
    def of(cls, path: str, folder: str, follows: frozenset[str], **more: Any) -> Link:
        """Return the link of an S3 path such as s3://bucket/datasets/."""
        return cls(folder.strip("/"), *_place(path), follows, **more)

    @property
    def name(self) -> str:
        """Name that is unique among the links of its file system."""
        return f"{self.owner}{self.folder}={self.bucket}/{self.prefix}"

    @property
    def source(self) -> str:
        """S3 URI from which files are imported."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def target(self) -> str:
        """S3 URI to which files are exported."""
        return f"s3://{self.export_bucket}/{self.export_prefix}"

    def path(self, key: str) -> str | None:
        """Return the path of an object's file, relative to the file system's root, or None.

        Lustre cannot represent an object for the prefix itself, nor a key with a segment that is
        empty, ".", ".." or longer than 255 bytes.
        """
        rest = key.removeprefix(self.prefix).removesuffix("/")
        steps = rest.split("/")
        if any(step in {"", ".", ".."} or len(step.encode()) > 255 for step in steps):
            return None
        return f"{self.folder}/{rest}".strip("/")

    def key(self, path: str) -> str:
        """Return the key of the object that a file is exported to."""
        return f"{self.export_prefix}{PurePosixPath(path).relative_to(self.folder)}"

    def holds(self, path: str) -> bool:
        """Return whether a path is under its folder."""
        if self.lost_and_found and path.startswith(f"{self.lost_and_found}/"):
            return False
        return not self.folder or path.startswith(f"{self.folder}/")

    def exports_back(self, bucket: str, key: str) -> bool:
        """Return whether an exported object is one that the link also imports."""
        return bucket == self.bucket and key.startswith(self.prefix)

    def to_json(self) -> dict[str, Any]:
        """Return the fields that a process without access to AWS needs, for JSON."""
        names = ("folder", "bucket", "prefix", "export_bucket", "export_prefix", "owner")
        return {name: getattr(self, name) for name in (*names, "lost_and_found")}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Link:
        """Return the link from the fields that `to_json` returned."""
        return cls(follows=frozenset(), **fields)


def links(cloud: Cloud, system: Mapping[str, Any], region: str) -> Iterator[Link]:
    """Yield the links of an FSx file system: its own import path and its associations."""
    data = system.get("LustreConfiguration", {}).get("DataRepositoryConfiguration", {})
    if path := data.get("ImportPath"):
        bucket, prefix = _place(data["ExportPath"]) if data.get("ExportPath") else ("", "")
        follows = POLICIES[data.get("AutoImportPolicy", "NONE")] if _hears(data) else frozenset()
        yield Link.of(
            path,
            "",
            follows,
            export_bucket=bucket,
            export_prefix=prefix,
            created=system["CreationTime"],
        )
    for association in _associations(cloud, system["FileSystemId"], region):
        yield _of_association(association)


def exporter(known: Iterable[Link], path: str) -> Link | None:
    """Return the link that exports a file, or None."""
    return next((one for one in known if one.export_bucket and one.holds(path)), None)


def _of_association(association: Mapping[str, Any]) -> Link:
    policies = association.get("S3", {})
    imports, exports = (
        frozenset(policies.get(f"Auto{route}Policy", {}).get("Events", []))
        for route in ("Import", "Export")
    )
    path = association["DataRepositoryPath"]
    bucket, prefix = _place(path)
    # S3 keeps times in whole seconds.
    created = association["CreationTime"].replace(microsecond=0)
    return Link.of(
        path,
        association.get("FileSystemPath", "/"),
        imports if _hears(association) else frozenset(),
        exports=exports,
        export_bucket=bucket,
        export_prefix=prefix,
        since=None if association.get("BatchImportMetaDataOnCreate") else created,
        created=association["CreationTime"],
        owner=association["AssociationId"],
        # FSx lists an association under deletion only while it still deletes files.
        deleted=association["Lifecycle"] == "DELETING",
    )


def _hears(described: Mapping[str, Any]) -> bool:
    """Return whether FSx receives the bucket's events.

    It does not when somebody has replaced the bucket's notification configuration.
    """
    return described.get("Lifecycle") != "MISCONFIGURED"


def _associations(cloud: Cloud, system_id: str, region: str) -> Iterator[dict[str, Any]]:
    fsx = cloud.client("fsx", region)
    wanted: dict[str, Any] = {"Filters": [{"Name": "file-system-id", "Values": [system_id]}]}
    while True:
        found = fsx.describe_data_repository_associations(**wanted)
        yield from found["Associations"]
        if not found.get("NextToken"):
            return
        wanted["NextToken"] = found["NextToken"]


def _place(path: str) -> tuple[str, str]:
    """Return the bucket and the prefix of an S3 path; the prefix ends with a slash."""
    bucket, _, prefix = path.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""


@dataclass(frozen=True)
class Changes:
    """Keys of the objects to fetch and to drop."""

    fetch: list[str]
    drop: list[str]


def changed(
    known: Mapping[str, str] | None, objects: Mapping[str, str], follows: frozenset[str]
) -> Changes:
    """Return the changes to import for a bucket's objects (their ETags by key).

    All objects are new if `known` is None.
    """
    if known is None:
        return Changes(sorted(objects), [])
    new = {key for key in objects if key not in known and "NEW" in follows}
    other = {key for key in objects if known.get(key) not in (None, objects[key])}
    other = other if "CHANGED" in follows else set()
    gone = {key for key in known if key not in objects} if "DELETED" in follows else set()
    return Changes(sorted(new | other), sorted(gone))
