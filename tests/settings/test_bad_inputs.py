"""The bad inputs that a person is most likely to give, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from settings.account import Account
from settings.report import SettingsError, config_key
from tests.settings.configs import ACCOUNT, REGION, Changes, errors

VIRGINIA = replace(
    ACCOUNT,
    zones={"us-east-1a": "use1-az6", "us-east-1b": "use1-az1", "us-east-1e": "use1-az3"},
    offerings={"m6i.large": {"us-east-1a", "us-east-1b"}},
)


def entry(changes: Changes, key: str, account: Account = ACCOUNT, region: str = REGION) -> str:
    """Return the entry of that key in the report."""
    found = [
        one
        for one in errors(changes, account, region)
        if config_key("eks-ml-storage", one.path) == key
    ]
    report = str(SettingsError(found, project="eks-ml-storage", stack="test"))
    assert report.startswith("The config of stack test has 1 error."), report
    return report.partition("\n\n1. ")[2]


def words(key: str, rule: str, got: str, remedy: str) -> str:
    """An entry of the report."""
    return f"{key}\n     rule:   {rule}\n     got:    {got}\n     remedy: {remedy}\n"


def test_a_capacity_of_1000() -> None:
    key = "eks-ml-storage:storage.fsx.storageCapacityGib"
    assert entry({"storage.fsx.storageCapacityGib": 1000}, key) == words(
        key, "must be 1200 GiB or a multiple of 2400 for SSD", "1000", "set 1200"
    )


def test_a_throughput_of_125_on_persistent_1() -> None:
    key = "eks-ml-storage:storage.fsx.perUnitStorageThroughput"
    assert entry({"storage.fsx.perUnitStorageThroughput": 125}, key) == words(
        key,
        "must be 50, 100 or 200 MB/s per TiB for PERSISTENT_1 SSD",
        "125",
        "set 100, the nearest, or deploymentType PERSISTENT_2",
    )


def test_backups_of_a_linked_file_system() -> None:
    key = "eks-ml-storage:storage.fsx.automaticBackupRetentionDays"
    assert entry({"storage.fsx.automaticBackupRetentionDays": 7}, key) == words(
        key,
        "a file system linked to S3 has no backups: the bucket is its durable copy",
        "7",
        "set 0, or `link: null`",
    )


def test_an_export_path_outside_the_import_bucket() -> None:
    key = "eks-ml-storage:storage.fsx.link.exportPath"
    assert entry({"storage.fsx.link.exportPath": "s3://elsewhere/exports/"}, key) == words(
        key, "must be in the bucket of importPath", '"s3://elsewhere/exports/"', "set exports/"
    )


def test_a_glacier_rule_over_a_linked_prefix() -> None:
    key = "eks-ml-storage:bucket.lifecycle[0].transitions[0].storageClass"
    rule = {"prefix": "", "transitions": [{"days": 90, "storageClass": "GLACIER"}]}
    assert entry({"bucket.lifecycle": [rule]}, key) == words(
        key,
        "datasets and what FSx is linked to must stay readable: no archive class under datasets/, "
        "the paths of a link or those of associations",
        '"GLACIER"',
        "set GLACIER_IR or INTELLIGENT_TIERING, or a prefix outside of these",
    )


def test_more_nodes_desired_than_allowed() -> None:
    key = "eks-ml-storage:nodeGroups.cpu.desiredSize"
    assert entry({"nodeGroups.cpu.desiredSize": 5}, key) == words(
        key,
        "must be from minSize to maxSize: 2 to 3",
        "5",
        "set 3, or move the limit",
    )


def test_one_zone_for_eks() -> None:
    key = "eks-ml-storage:network.zones"
    assert entry({"network.zones": ["us-west-2a"]}, key) == words(
        key,
        "EKS needs subnets in at least 2 zones",
        '["us-west-2a"]',
        "name another zone of us-west-2",
    )


def test_a_misspelt_key() -> None:
    key = "eks-ml-storage:storage.fsx.storageCapacity"
    assert entry({"storage.fsx.storageCapacity": 2400}, key) == words(
        key, "storage.fsx has no such key", "2400", 'did you mean "storageCapacityGib"?'
    )


def test_a_zone_where_fsx_is_not_offered() -> None:
    key = "eks-ml-storage:storage.fsx.zone"
    changes = {"network.zones": ["us-east-1a", "us-east-1e"], "storage.fsx.zone": "us-east-1e"}
    assert entry(changes, key, VIRGINIA, "us-east-1") == words(
        key,
        "FSx for Lustre is not offered in use1-az3, which this zone is in your account",
        '"us-east-1e"',
        "set us-east-1a",
    )


def test_an_unknown_instance_type() -> None:
    key = "eks-ml-storage:nodeGroups.cpu.instanceTypes[0]"
    assert entry({"nodeGroups.cpu.instanceTypes": ["m6i.lrge"]}, key) == words(
        key,
        "must be an EC2 instance type that the Region offers",
        '"m6i.lrge"',
        'did you mean "m6i.large"?',
    )


def test_all_of_them_are_reported_in_one_run() -> None:
    changes = {
        "storage.fsx.storageCapacityGib": 1000,
        "storage.fsx.perUnitStorageThroughput": 125,
        "storage.fsx.automaticBackupRetentionDays": 7,
        "storage.fsx.link.exportPath": "s3://elsewhere/exports/",
        "storage.fsx.zone": "us-east-1e",
        "storage.fsx.weeklyMaintenence": "7:03:00",
        "bucket.lifecycle": [{"transitions": [{"days": 90, "storageClass": "GLACIER"}]}],
        "nodeGroups.cpu.desiredSize": 5,
        "nodeGroups.cpu.instanceTypes": ["m6i.lrge"],
        "network.zones": ["us-east-1e"],
    }
    found = [config_key("", one.path)[1:] for one in errors(changes, VIRGINIA, "us-east-1")]
    assert found == [
        "network.zones",
        "network.zones[0]",
        "nodeGroups.cpu.desiredSize",
        "nodeGroups.cpu.instanceTypes[0]",
        "bucket.lifecycle[0].transitions[0].storageClass",
        "storage.fsx.weeklyMaintenence",
        "storage.fsx.perUnitStorageThroughput",
        "storage.fsx.storageCapacityGib",
        "storage.fsx.automaticBackupRetentionDays",
        "storage.fsx.link.exportPath",
        "storage.fsx.zone",
    ]


@pytest.mark.parametrize("backend", ["fsx", "efs"])
def test_a_valid_config_has_no_error(backend: str) -> None:
    assert errors({"storage.backend": backend}) == []
