"""Rules of overrides that concern several of them, or what is deployed.

Source: the arguments that make pulumi-aws replace a resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.overrides_spec import OverrideSpec, value_at
from components.spec.errors import ConfigError, Path, format_path, overlap
from settings.deployed import DataStore
from settings.stack import Settings
from settings.storage_spec import BACKEND_SPECS

OVERRIDES: Path = ("overrides",)

STORES: Mapping[tuple[str, str], frozenset[str]] = {
    ("aws:efs/fileSystem:FileSystem", "storage-file-system"): frozenset(
        {"lifecyclePolicies", "protection", "provisionedThroughputInMibps", "throughputMode"}
    ),
    ("aws:fsx/lustreFileSystem:LustreFileSystem", "storage-file-system"): frozenset(
        {
            "autoImportPolicy",
            "automaticBackupRetentionDays",
            "dailyAutomaticBackupStartTime",
            "dataCompressionType",
            "finalBackupTags",
            "logConfiguration",
            "metadataConfiguration",
            "rootSquashConfiguration",
            "skipFinalBackup",
            "weeklyMaintenanceStartTime",
        }
    ),
    ("aws:s3/filesFileSystem:FilesFileSystem", "storage-file-system"): frozenset(
        {"acceptBucketWarning"}
    ),
    ("aws:s3/bucket:Bucket", "data-bucket"): frozenset(
        {
            "accelerationStatus",
            "acl",
            "corsRules",
            "forceDestroy",
            "grants",
            "lifecycleRules",
            "loggings",
            "logging",
            "objectLockConfiguration",
            "policy",
            "replicationConfiguration",
            "requestPayer",
            "serverSideEncryptionConfiguration",
            "versioning",
            "website",
        }
    ),
}
"""Resources with data in them, and their inputs that change in place, whatever their value."""


def once(settings: Settings) -> Iterator[ConfigError]:
    """Yield an error for each input that is set twice."""
    done: list[tuple[str, str, Path, Path]] = []
    for i, one in enumerate(settings.overrides):
        for path in one.paths:
            where = (*OVERRIDES, i, "inputs", *path)
            for type_, name, earlier, first in done:
                if (type_, name) == (one.type, one.name) and overlap(earlier, path):
                    rule = (
                        f"an input is set in one place, and {format_path(first[:2])} sets this one"
                    )
                    remedy = "remove one of the two"
                    yield ConfigError(where, rule, value_at(one.inputs, path), remedy, (first,))
                    break
            else:
                done.append((one.type, one.name, path, where))


def replacements(settings: Settings) -> Iterator[ConfigError]:
    """Yield an error for each input that may replace a file system or bucket with data in it."""
    for i, one in enumerate(settings.overrides):
        store = _deployed_store(settings, one)
        in_place = STORES.get((one.type, one.name), frozenset())
        if store is None or store.id in settings.allow_replacement_of:
            continue
        for name, value in one.inputs.items():
            if name not in {*in_place, "tags"} and value != store.outputs.get(name):
                rule = f"another value may replace {store.id} and lose its data"
                remedy = f"remove it, or set `allowReplacementOf: [{store.id}]`"
                where = (*OVERRIDES, i, "inputs", name)
                yield ConfigError(where, rule, value, remedy, (("allowReplacementOf",),))


def _deployed_store(settings: Settings, override: OverrideSpec) -> DataStore | None:
    """Return the deployed file system or bucket that an override changes, or None."""
    if (override.type, override.name) not in STORES:
        return None
    there = settings.deployed
    if override.name == "data-bucket":
        return there.bucket
    stores = there.file_systems.items()
    return next(
        (one for name, one in stores if BACKEND_SPECS[name].resource_type == override.type), None
    )


RULES = (once,)
OF_UPDATES = (replacements,)
