"""Which prefix of which bucket a folder of a file system shows, and which changes it follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.clients import Cloud  # takes longer to import than `lfs` to run

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
    """Which changes of objects become changes of files: NEW, CHANGED, DELETED."""
    exports: frozenset[str] = frozenset()
    """Which changes of files become changes of objects, without being asked for."""
    export_bucket: str = ""
    export_prefix: str = ""
    """Where files become objects, asked for or not; no bucket: nowhere."""
    since: datetime | None = None
    """Objects that are older are not imported at first; None: all are."""
    created: datetime | None = None
    """When it was made. What was in the bucket then is imported whatever the policy, and what came
    later is a change; None: all was there."""

    @classmethod
    def of(cls, path: str, folder: str, follows: frozenset[str], **more: Any) -> Link:
        """The link of an S3 path such as s3://bucket/datasets/."""
        return cls(folder.strip("/"), *_place(path), follows, **more)

    @property
    def name(self) -> str:
        """What tells it from the others of its file system."""
        return f"{self.folder}={self.bucket}/{self.prefix}"

    @property
    def source(self) -> str:
        """Where its files come from, as people write it."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def target(self) -> str:
        """Where its files are exported to, as people write it."""
        return f"s3://{self.export_bucket}/{self.export_prefix}"

    def path(self, key: str) -> str | None:
        """The file that an object shows as, relative to the file system's root; None if none can.

        Lustre has no name for the prefix itself, nor for empty steps or steps up.
        """
        rest = key.removeprefix(self.prefix).removesuffix("/")
        steps = rest.split("/")
        if any(step in {"", ".", ".."} or len(step.encode()) > 255 for step in steps):
            return None
        return f"{self.folder}/{rest}".strip("/")

    def key(self, path: str) -> str:
        """The object that a file is exported to."""
        return f"{self.export_prefix}{PurePosixPath(path).relative_to(self.folder)}"

    def holds(self, path: str) -> bool:
        """Whether a path is under its folder."""
        return not self.folder or path.startswith(f"{self.folder}/")

    def exports_back(self, bucket: str, key: str) -> bool:
        """Whether an exported object is one that it imports, too."""
        return bucket == self.bucket and key.startswith(self.prefix)

    def told(self) -> dict[str, Any]:
        """What a process without AWS needs of it, for JSON."""
        names = ("folder", "bucket", "prefix", "export_bucket", "export_prefix")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def tell(cls, told: Mapping[str, Any]) -> Link:
        """The link that `told` tells of."""
        return cls(follows=frozenset(), **told)


def links(cloud: Cloud, system: Mapping[str, Any], region: str) -> Iterator[Link]:
    """The links of an FSx file system, of either kind."""
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
    """The link that exports a file."""
    return next((one for one in known if one.export_bucket and one.holds(path)), None)


def _of_association(association: Mapping[str, Any]) -> Link:
    policies = association.get("S3", {})
    imports, exports = (
        frozenset(policies.get(f"Auto{way}Policy", {}).get("Events", []))
        for way in ("Import", "Export")
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
    )


def _hears(described: Mapping[str, Any]) -> bool:
    """Whether FSx is told of the bucket's changes: somebody may have taken its notification."""
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
    """The bucket and prefix of an S3 path; a prefix is a whole folder."""
    bucket, _, prefix = path.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""


@dataclass(frozen=True)
class Changes:
    """Which keys to fetch and to drop."""

    fetch: list[str]
    drop: list[str]


def changed(
    known: Mapping[str, str] | None, objects: Mapping[str, str], follows: frozenset[str]
) -> Changes:
    """What to do about a bucket's objects (their ETags by key); all are new at the first look."""
    if known is None:
        return Changes(sorted(objects), [])
    new = {key for key in objects if key not in known and "NEW" in follows}
    other = {key for key in objects if known.get(key) not in (None, objects[key])}
    other = other if "CHANGED" in follows else set()
    gone = {key for key in known if key not in objects} if "DELETED" in follows else set()
    return Changes(sorted(new | other), sorted(gone))
