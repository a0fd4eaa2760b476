"""StorageClasses: what their drivers pass over in silence, and what AWS refuses late."""

from __future__ import annotations

from typing import Any

import pytest

from components.spec.errors import NOT_SET
from settings.rules import warnings
from tests.settings.configs import Case, assert_refused, checked, errors

FSX, EFS = "storage.fsx.classes", "storage.efs.classes"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
LINKED = {"s3ImportPath": "s3://data/in/"}
ON_EFS = {"storage.backend": "efs"}


def fsx(key: str, rule: str, value: Any, remedy: str, **parameters: Any) -> Case:
    """A class of FSx with parameters, one of which is refused."""
    return Case({f"{FSX}.one": parameters}, f"{FSX}.one.{key}", rule, value, remedy)


def efs(key: str, rule: str, value: Any, remedy: str, **parameters: Any) -> Case:
    """A class of EFS with parameters, one of which is refused."""
    changes = {**ON_EFS, f"{EFS}.one": parameters}
    return Case(changes, f"{EFS}.one.{key}", rule, value, remedy)


SCRATCH = {"deploymentType": "SCRATCH_2"}
SECOND = {"deploymentType": "PERSISTENT_2"}
CASES = {
    "throughput of another type": fsx(
        *("perUnitStorageThroughput", "must be 50, 100 or 200", 250, "set 200"),
        perUnitStorageThroughput=250,
    ),
    "throughput of scratch": fsx(
        *("perUnitStorageThroughput", "no choice of throughput", 200, "remove it"),
        **SCRATCH,
        perUnitStorageThroughput=200,
    ),
    "disks that the type lacks": fsx(
        *("storageType", "HDD storage is offered for PERSISTENT_1 only", "HDD", "set SSD"),
        **SECOND,
        storageType="HDD",
        driveCacheType="NONE",
    ),
    "a cache of SSD": fsx(
        "driveCacheType", "only HDD storage", "READ", "remove it", driveCacheType="READ"
    ),
    "a maintenance window without a day": fsx(
        *("weeklyMaintenanceStartTime", "must be d:HH:MM", "09:00", "7:03:00"),
        weeklyMaintenanceStartTime="09:00",
    ),
    "a time of backups that the driver drops": fsx(
        *("dailyAutomaticBackupStartTime", "only where automaticBackup", "00:00", "remove it"),
        dailyAutomaticBackupStartTime="00:00",
    ),
    "backups of scratch": fsx(
        *("automaticBackupRetentionDays", "a scratch file system has no backups", 1, "set 0"),
        **SCRATCH,
        automaticBackupRetentionDays=1,
    ),
    "backups of a link": fsx(
        *("automaticBackupRetentionDays", "linked to S3 has no backups", 1, "s3ImportPath"),
        **LINKED,
        automaticBackupRetentionDays=1,
    ),
    "tags of no backups": fsx(
        "copyTagsToBackups", "no backups to copy", True, "remove it", copyTagsToBackups=True
    ),
    "a key of scratch": fsx(
        *("kmsKeyArn", "AWS's key only", KEY.replace("eu-west-1", "us-west-2"), "remove it"),
        **SCRATCH,
        kmsKeyArn=KEY.replace("eu-west-1", "us-west-2"),
    ),
    "a key of another Region": fsx(
        "kmsKeyArn", "the stack's Region", KEY, "a key of us-west-2", kmsKeyArn=KEY
    ),
    "S3 on PERSISTENT_2": fsx(
        *("s3ImportPath", "PERSISTENT_2 takes no S3 paths", "s3://data/in/", "PERSISTENT_1"),
        **SECOND,
        **LINKED,
    ),
    "an export without an import": fsx(
        *("s3ExportPath", "only with s3ImportPath", "s3://data/out/", "set s3ImportPath"),
        s3ExportPath="s3://data/out/",
    ),
    "an import policy without an import": fsx(
        *("autoImportPolicy", "only with s3ImportPath", "NEW", "set s3ImportPath"),
        autoImportPolicy="NEW",
    ),
    "a path that is none of S3's": fsx(
        "s3ImportPath", "must be s3://BUCKET/PREFIX", "datasets/", "s3://", s3ImportPath="datasets/"
    ),
    "an export to another bucket": fsx(
        *("s3ExportPath", "in the bucket of s3ImportPath", "s3://other/out/", "s3://data/exports/"),
        **LINKED,
        s3ExportPath="s3://other/out/",
    ),
    "an export over its sources": fsx(
        *("s3ExportPath", "must differ from s3ImportPath", "s3://data/in/", "s3://data/exports/"),
        **LINKED,
        s3ExportPath="s3://data/in/",
    ),
    "metadata of PERSISTENT_1": fsx(
        *("metadataConfigurationMode", "no metadata configuration", "AUTOMATIC", "PERSISTENT_2"),
        metadataConfigurationMode="AUTOMATIC",
    ),
    "metadata operations that the driver passes over": fsx(
        *("metadataIops", "passes over it", 6000, "set that mode"),
        **SECOND,
        metadataIops=6000,
    ),
    "metadata operations that FSx does not have": fsx(
        *("metadataIops", "a multiple of 12000", 5000, "set 6000"),
        **SECOND,
        metadataConfigurationMode="USER_PROVISIONED",
        metadataIops=5000,
    ),
    "a tag that the driver would split": fsx(
        "extraTags.team", "splits tags at", "a,b", "without these", extraTags={"team": "a,b"}
    ),
    "a tag that is given twice": fsx(
        "extraTags.Stack", "sets this tag by itself", "mine", "rename", extraTags={"Stack": "mine"}
    ),
    "no subnet": fsx(
        "subnetId", "must be the id of one subnet", "a, b", "aws ec2", subnetId="a, b"
    ),
    "no group at all": fsx(
        "securityGroupIds", "sends an empty id", [], "remove the key", securityGroupIds=[]
    ),
    "groups with a space between": fsx(
        *("securityGroupIds[0]", "trims nothing", "sg-0123456789abcdef0, sg-1", "without spaces"),
        securityGroupIds=["sg-0123456789abcdef0, sg-1"],
    ),
    "a mode that is none": efs(
        "directoryPerms",
        "must be a POSIX mode",
        "rwx",
        'set for instance "700"',
        directoryPerms="rwx",
    ),
    "a mode that keeps out the owner": efs(
        "directoryPerms", "who must read, write", "077", 'set "777"', directoryPerms="077"
    ),
    "half a range": efs(
        "gidRangeEnd", "a range of ids has both ends", NOT_SET, "set it", gidRangeStart=1000
    ),
    "a range that is none": efs(
        *("gidRangeStart", "below gidRangeEnd", 2000, "50000 and 60000"),
        gidRangeStart=2000,
        gidRangeEnd=1000,
    ),
    "a range beside ids": efs(
        *("gidRangeStart", "passes over the range", 1000, "remove the range"),
        gidRangeStart=1000,
        gidRangeEnd=2000,
        uid=1,
        gid=1,
    ),
    "a base path that is relative": efs(
        "basePath", "must be an absolute path", "dynamic", "/dynamic", basePath="dynamic"
    ),
    "a variable that the driver does not know": efs(
        *("subPathPattern", "no other variables", "${.PVC.uid}", "remove ${.PVC.uid}"),
        subPathPattern="${.PVC.uid}",
    ),
    "a pattern with a hidden directory": efs(
        "subPathPattern", "plain names", ".x/${.PV.name}", "${.PVC", subPathPattern=".x/${.PV.name}"
    ),
    "directories too deep": efs(
        *("subPathPattern", "4 levels", "d/${.PVC.namespace}/${.PVC.name}", "shorten"),
        basePath="/a/b",
        subPathPattern="d/${.PVC.namespace}/${.PVC.name}",
    ),
    "a path too long": efs(
        "basePath", "100 characters", f"/{'a' * 100}", "shorten", basePath=f"/{'a' * 100}"
    ),
    "one directory for claims of two namespaces": efs(
        *("ensureUniqueDirectory", "two namespaces", False, "${.PVC.namespace}"),
        subPathPattern="${.PVC.name}",
        ensureUniqueDirectory=False,
    ),
    "a unique directory without a pattern": efs(
        *("ensureUniqueDirectory", "no effect without subPathPattern", False, "remove it"),
        ensureUniqueDirectory=False,
    ),
    "an expansion that never comes": efs(
        *("allowVolumeExpansion", "expands no claim", True, "EFS grows by itself"),
        allowVolumeExpansion=True,
    ),
    "one access point for two namespaces": Case(
        {
            **ON_EFS,
            f"{EFS}.one": {"reuseAccessPoint": True},
            "storage.namespaces": ["training", "ml"],
        },
        f"{EFS}.one.reuseAccessPoint",
        "claims of one name in two namespaces",
        True,
        "remove it",
    ),
    "a name that is no label": Case(
        {f"{FSX}.Fast": {}}, f"{FSX}.Fast", "lower-case letters", "Fast", "rename it"
    ),
    "a name that EKS has taken": Case(
        {f"{FSX}.gp2": {}}, f"{FSX}.gp2", "EKS has a class of this name", "gp2", "rename it"
    ),
    "one name for two storages": Case(
        {f"{FSX}.fast": {}, f"{EFS}.fast": {}, "storage.also": ["efs"]},
        f"{EFS}.fast",
        "one class of a name",
        "fast",
        "rename it",
    ),
    "no nodes beside FSx for Lustre": Case(
        {"nodeGroups.cpu.zones": ["us-west-2b"], "storage.fsx.zone": "us-west-2a"},
        "storage.fsx.zone",
        "no node group has nodes there",
        "us-west-2a",
        "add us-west-2a to the zones",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


GUIDE = {
    "deploymentType": "PERSISTENT_1",
    "perUnitStorageThroughput": 200,
    "automaticBackupRetentionDays": 1,
    "dailyAutomaticBackupStartTime": "00:00",
    "copyTagsToBackups": True,
    "dataCompressionType": "NONE",
}
HDD = {"storageType": "HDD", "driveCacheType": "READ", "perUnitStorageThroughput": 40}
METADATA = {"metadataConfigurationMode": "USER_PROVISIONED", "metadataIops": 12000}


@pytest.mark.parametrize(
    "parameters",
    [{}, GUIDE, HDD, SCRATCH, {**SECOND, **METADATA}, {**SCRATCH, **LINKED}],
)
def test_a_class_that_fsx_makes_file_systems_of_is_taken(parameters: dict[str, Any]) -> None:
    assert errors({f"{FSX}.one": parameters, f"{FSX}.other": {}}) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"directoryPerms": "0770", "uid": 1000, "gid": 1000},
        {"gidRangeStart": 1000, "gidRangeEnd": 2000, "basePath": "/dynamic"},
        {"subPathPattern": "${.PVC.namespace}/${.PVC.name}", "ensureUniqueDirectory": False},
        {"reuseAccessPoint": True},
    ],
)
def test_a_class_that_efs_makes_directories_of_is_taken(parameters: dict[str, Any]) -> None:
    assert errors({**ON_EFS, f"{EFS}.one": parameters}) == []


def test_classes_of_a_storage_that_is_not_in_use_may_have_any_name() -> None:
    assert errors({f"{FSX}.fast": {}, f"{EFS}.fast": {}}) == []


@pytest.mark.parametrize(
    ("group", "warned"),
    [
        ({"minSize": 1}, True),
        ({"minSize": 2}, False),
        ({"minSize": 1, "zones": ["us-west-2a"]}, False),
        ({"minSize": 0, "desiredSize": 1, "zones": ["us-west-2a"]}, True),
    ],
)
def test_a_group_that_may_leave_the_zone_of_the_file_system_empty_is_warned_of(
    group: dict[str, Any], warned: bool
) -> None:
    changes = {f"nodeGroups.cpu.{key}": value for key, value in group.items()}
    settings, found = checked({**changes, "storage.fsx.zone": "us-west-2a"})
    assert found == []
    said = [one for one in warnings(settings) if "may leave no node in us-west-2a" in one.rule]
    assert len(said) == warned
