"""Metadata performance, EFA, Intelligent-Tiering and backups of FSx for Lustre."""

from __future__ import annotations

from typing import Any

import pytest

from components.spec.errors import NOT_SET, ConfigError, format_path
from settings.deployed import DataStore, Deployed
from tests.settings.configs import Case, Changes, assert_refused, checked, errors

FSX = "storage.fsx"
UNLINKED: Changes = {f"{FSX}.link": None}
NEWER: Changes = {**UNLINKED, f"{FSX}.deploymentType": "PERSISTENT_2"}
METADATA, IOPS = f"{FSX}.metadataConfiguration", f"{FSX}.metadataConfiguration.iops"
CACHE = f"{FSX}.dataReadCacheConfiguration"
TIERING: Changes = {
    **NEWER,
    f"{FSX}.storageType": "INTELLIGENT_TIERING",
    f"{FSX}.throughputCapacity": 8000,
    METADATA: {"mode": "USER_PROVISIONED", "iops": 6000},
    CACHE: {"sizingMode": "USER_PROVISIONED", "sizeGib": 1024},
}
EFA: Changes = {
    **NEWER,
    METADATA: {"mode": "AUTOMATIC"},
    f"{FSX}.efaEnabled": True,
    f"{FSX}.storageCapacityGib": 38400,
}
BACKUP = "backup-0123456789abcdef0"
PROVISIONED = {"mode": "USER_PROVISIONED"}


def without(config: Changes, key: str) -> dict[str, Any]:
    return {one: value for one, value in config.items() if one != key}


CASES = {
    "metadata of an older type": Case(
        {**UNLINKED, METADATA: {"mode": "AUTOMATIC"}},
        METADATA,
        "PERSISTENT_2 only, not for PERSISTENT_1",
        {"mode": "AUTOMATIC"},
        "set deploymentType PERSISTENT_2",
    ),
    "metadata with an older version": Case(
        {**NEWER, METADATA: {"mode": "AUTOMATIC"}, f"{FSX}.fileSystemTypeVersion": "2.12"},
        METADATA,
        "Lustre 2.15 only",
        {"mode": "AUTOMATIC"},
        'fileSystemTypeVersion "2.15"',
    ),
    "IOPS in the mode that decides them": Case(
        {**NEWER, METADATA: {"mode": "AUTOMATIC", "iops": 6000}},
        IOPS,
        "decides them itself",
        6000,
        "set mode USER_PROVISIONED",
    ),
    "IOPS that nobody says": Case(
        {**NEWER, METADATA: PROVISIONED}, IOPS, "must be 1500", NOT_SET, "mode AUTOMATIC"
    ),
    "IOPS between those offered": Case(
        {**NEWER, METADATA: {**PROVISIONED, "iops": 13000}},
        IOPS,
        "multiple of 12000 up to 192000",
        13000,
        "set 12000",
    ),
    "more IOPS than there are": Case(
        {**NEWER, METADATA: {**PROVISIONED, "iops": 204000}}, IOPS, "192000", 204000, "set 192000"
    ),
    "EFA of an older type": Case(
        {**UNLINKED, f"{FSX}.efaEnabled": True},
        f"{FSX}.efaEnabled",
        "PERSISTENT_2 only",
        True,
        "metadataConfiguration",
    ),
    "EFA without metadata": Case(
        without(EFA, METADATA),
        f"{FSX}.efaEnabled",
        "needs a metadataConfiguration",
        True,
        "mode AUTOMATIC",
    ),
    "EFA with a small capacity": Case(
        {**EFA, f"{FSX}.storageCapacityGib": 4800},
        f"{FSX}.storageCapacityGib",
        "multiple of 38400 GiB with EFA at 125 MB/s per TiB",
        4800,
        "set 38400",
    ),
    "EFA between its capacities": Case(
        {**EFA, f"{FSX}.perUnitStorageThroughput": 1000, f"{FSX}.storageCapacityGib": 7200},
        f"{FSX}.storageCapacityGib",
        "multiple of 4800",
        7200,
        "set 4800 or 9600",
    ),
    "tiers of an older type": Case(
        {**TIERING, f"{FSX}.deploymentType": "PERSISTENT_1", METADATA: None},
        f"{FSX}.storageType",
        "PERSISTENT_2 only, not for PERSISTENT_1",
        "INTELLIGENT_TIERING",
        "set SSD, or deploymentType PERSISTENT_2",
    ),
    "tiers without a throughput": Case(
        without(TIERING, f"{FSX}.throughputCapacity"),
        f"{FSX}.throughputCapacity",
        "needs a throughput",
        NOT_SET,
        "4000",
    ),
    "tiers without metadata": Case(
        without(TIERING, METADATA), METADATA, "INTELLIGENT_TIERING", NOT_SET, "USER_PROVISIONED"
    ),
    "tiers without a word on the cache": Case(
        without(TIERING, CACHE), CACHE, "INTELLIGENT_TIERING", NOT_SET, "NO_CACHE"
    ),
    "tiers with metadata that FSx decides": Case(
        {**TIERING, METADATA: {"mode": "AUTOMATIC"}},
        f"{METADATA}.mode",
        "USER_PROVISIONED metadata only",
        "AUTOMATIC",
        "iops 6000 or 12000",
    ),
    "tiers with IOPS of SSD": Case(
        {**TIERING, METADATA: {**PROVISIONED, "iops": 24000}},
        IOPS,
        "6000 or 12000",
        24000,
        "set 12000",
    ),
    "tiers with a capacity": Case(
        {**TIERING, f"{FSX}.storageCapacityGib": 2400},
        f"{FSX}.storageCapacityGib",
        "no capacity",
        2400,
        "remove it",
    ),
    "tiers with a throughput of SSD": Case(
        {**TIERING, f"{FSX}.perUnitStorageThroughput": 125},
        f"{FSX}.perUnitStorageThroughput",
        "PERSISTENT_2 INTELLIGENT_TIERING has no choice",
        125,
        "remove it",
    ),
    "tiers linked to S3": Case(
        {
            **TIERING,
            f"{FSX}.associations": {"data": {"path": "datasets/", "fileSystemPath": "/d"}},
        },
        f"{FSX}.associations",
        "cannot be linked",
        ["data"],
        "storageType SSD",
    ),
    "tiers between the steps of throughput": Case(
        {**TIERING, f"{FSX}.throughputCapacity": 5000},
        f"{FSX}.throughputCapacity",
        "a multiple of 4000 MB/s",
        5000,
        "set 4000",
    ),
    "a cache without a size": Case(
        {**TIERING, CACHE: {"sizingMode": "USER_PROVISIONED"}},
        f"{CACHE}.sizeGib",
        "must be 64 to 262144 GiB",
        NOT_SET,
        "set 64",
    ),
    "a cache too small for the throughput": Case(
        {**TIERING, CACHE: {"sizingMode": "USER_PROVISIONED", "sizeGib": 32}},
        f"{CACHE}.sizeGib",
        "32 to 131072 for each 4000 MB/s",
        32,
        "set 64",
    ),
    "a size of no cache": Case(
        {**TIERING, CACHE: {"sizingMode": "NO_CACHE", "sizeGib": 64}},
        f"{CACHE}.sizeGib",
        "no meaning with sizingMode NO_CACHE",
        64,
        "USER_PROVISIONED",
    ),
    "a read cache of SSD": Case(
        {**NEWER, CACHE: {"sizingMode": "NO_CACHE"}},
        CACHE,
        "INTELLIGENT_TIERING storage only, not of SSD",
        {"sizingMode": "NO_CACHE"},
        "remove it",
    ),
    "a whole throughput of SSD": Case(
        {**NEWER, f"{FSX}.throughputCapacity": 4000},
        f"{FSX}.throughputCapacity",
        "INTELLIGENT_TIERING storage only",
        4000,
        "set perUnitStorageThroughput",
    ),
    "a final backup of a linked file system": Case(
        {f"{FSX}.finalBackup": True},
        f"{FSX}.finalBackup",
        "linked to S3 has no backups",
        True,
        "link: null",
    ),
    "a final backup of scratch": Case(
        {**UNLINKED, f"{FSX}.deploymentType": "SCRATCH_2", f"{FSX}.finalBackup": True},
        f"{FSX}.finalBackup",
        "a scratch file system has no backups",
        True,
        "a persistent type",
    ),
    "tags for backups of a linked file system": Case(
        {f"{FSX}.copyTagsToBackups": True},
        f"{FSX}.copyTagsToBackups",
        "linked to S3",
        True,
        "set false",
    ),
    "tags of no final backup": Case(
        {**UNLINKED, f"{FSX}.finalBackupTags": {"a": "b"}},
        f"{FSX}.finalBackupTags",
        "only where finalBackup is true",
        {"a": "b"},
        "remove the tags",
    ),
    "a backup that is none": Case(
        {**UNLINKED, f"{FSX}.backupId": "fs-0123456789abcdef0"},
        f"{FSX}.backupId",
        "the id of a backup",
        "fs-0123456789abcdef0",
        "describe-backups",
    ),
    "scratch of a backup": Case(
        {**UNLINKED, f"{FSX}.deploymentType": "SCRATCH_2", f"{FSX}.backupId": BACKUP},
        f"{FSX}.backupId",
        "a persistent file system",
        BACKUP,
        "that of the backup",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_fsx_refuses_is_refused_before(case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    "config",
    [
        EFA,
        {**EFA, f"{FSX}.perUnitStorageThroughput": 500, f"{FSX}.storageCapacityGib": 19200},
        TIERING,
        {**TIERING, CACHE: {"sizingMode": "NO_CACHE"}},
        {**TIERING, f"{FSX}.efaEnabled": True},
        {**NEWER, METADATA: {**PROVISIONED, "iops": 180000}},
        {**UNLINKED, f"{FSX}.finalBackup": True, f"{FSX}.finalBackupTags": {"a": "b"}},
        {**UNLINKED, f"{FSX}.backupId": BACKUP},
        {**UNLINKED, f"{FSX}.deploymentType": "SCRATCH_2"},
    ],
)
def test_what_fsx_takes_is_right(config: Changes) -> None:
    assert errors(config) == []


def test_the_backup_tells_the_capacity_unless_the_config_does() -> None:
    settings, _ = checked({**UNLINKED, f"{FSX}.backupId": BACKUP})
    assert settings.storage.fsx.capacity_gib is None
    restored = {**UNLINKED, f"{FSX}.backupId": BACKUP, f"{FSX}.storageCapacityGib": 2400}
    assert checked(restored)[0].storage.fsx.capacity_gib == 2400
    assert checked(TIERING)[0].storage.fsx.capacity_gib is None


LUSTRE: dict[str, Any] = {
    "deploymentType": "PERSISTENT_2",
    "storageType": "SSD",
    "storageCapacity": 38400.0,
    "perUnitStorageThroughput": 125.0,
    "fileSystemTypeVersion": "2.15",
    "metadataConfiguration": {"mode": "USER_PROVISIONED", "iops": 12000.0},
}
WANTED: Changes = {
    **NEWER,
    f"{FSX}.storageCapacityGib": 38400,
    METADATA: {**PROVISIONED, "iops": 12000},
}
TIERED = {
    "deploymentType": "PERSISTENT_2",
    "storageType": "INTELLIGENT_TIERING",
    "throughputCapacity": 8000.0,
    "fileSystemTypeVersion": "2.15",
    "metadataConfiguration": {"mode": "USER_PROVISIONED", "iops": 6000.0},
}


def updated(config: Changes, there: dict[str, Any], **more: Any) -> list[ConfigError]:
    """The errors of an update of a stack with a file system."""
    store = DataStore("fs-0123456789abcdef0", there)
    return checked(
        {**config, **more}, deployed=Deployed(backend="fsx", file_systems={"fsx": store})
    )[1]


@pytest.mark.parametrize(
    ("config", "there"),
    [
        (WANTED, LUSTRE),
        ({**WANTED, METADATA: {**PROVISIONED, "iops": 24000}}, LUSTRE),
        ({**WANTED, METADATA: {"mode": "AUTOMATIC"}}, LUSTRE),
        ({**WANTED, f"{FSX}.storageCapacityGib": 40800}, LUSTRE),
        ({**WANTED, f"{FSX}.finalBackup": True}, LUSTRE),
        (TIERING, TIERED),
        ({**TIERING, f"{FSX}.throughputCapacity": 12000}, TIERED),
        ({**TIERING, CACHE: {"sizingMode": "NO_CACHE"}}, TIERED),
        ({**WANTED, f"{FSX}.backupId": BACKUP}, LUSTRE | {"backupId": BACKUP}),
    ],
)
def test_what_changes_in_place_is_right(config: Changes, there: dict[str, Any]) -> None:
    assert updated(config, there) == []


@pytest.mark.parametrize(
    ("config", "there", "key", "rule", "remedy"),
    [
        (EFA | {METADATA: WANTED[METADATA]}, LUSTRE, "efaEnabled", "its EFA support", "set false"),
        (
            {**WANTED, METADATA: {**PROVISIONED, "iops": 6000}},
            LUSTRE,
            "metadataConfiguration.iops",
            "its metadata IOPS, or more",
            "set 12000",
        ),
        (
            {
                **WANTED,
                METADATA: {**PROVISIONED, "iops": 24000},
                f"{FSX}.storageCapacityGib": 40800,
            },
            LUSTRE,
            "metadataConfiguration.iops",
            "in separate updates",
            "after the growth",
        ),
        (
            without(WANTED, METADATA),
            LUSTRE,
            "metadataConfiguration",
            "created with it",
            "set mode USER_PROVISIONED",
        ),
        (
            WANTED,
            without(LUSTRE, "metadataConfiguration"),
            "metadataConfiguration",
            "created without it",
            "remove it",
        ),
        (
            {
                **EFA,
                f"{FSX}.perUnitStorageThroughput": 250,
                METADATA: WANTED[METADATA],
            },
            LUSTRE | {"efaEnabled": True},
            "perUnitStorageThroughput",
            "EFA-enabled file system is fixed for life",
            "set 125",
        ),
        (
            {**TIERING, f"{FSX}.throughputCapacity": 4000},
            TIERED,
            "throughputCapacity",
            "raises the throughput",
            "set 8000 or more",
        ),
        (WANTED, LUSTRE | {"backupId": BACKUP}, "backupId", "the backup it was made", "set backup"),
        (
            {**WANTED, f"{FSX}.backupId": BACKUP},
            LUSTRE,
            "backupId",
            "the backup it was made",
            "remove it",
        ),
        (
            {**WANTED, f"{FSX}.copyTagsToBackups": True},
            LUSTRE,
            "copyTagsToBackups",
            "its way to tag backups",
            "set false",
        ),
    ],
)
def test_a_change_that_fsx_refuses_or_that_loses_the_data_is_refused(
    config: Changes, there: dict[str, Any], key: str, rule: str, remedy: str
) -> None:
    (error,) = updated(config, there)
    assert format_path(error.path) == f"{FSX}.{key}"
    assert rule in error.rule
    assert remedy in error.remedy


def test_a_file_system_that_may_be_replaced_may_have_all_of_it() -> None:
    allowed = {"allowReplacementOf": ["fs-0123456789abcdef0"]}
    assert updated({**EFA}, without(LUSTRE, "metadataConfiguration"), **allowed) == []
