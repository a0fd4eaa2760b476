"""PERSISTENT_2: metadata performance, EFA, Intelligent-Tiering, and what is restored."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws import clock

SSD = {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125}
METADATA = {"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 6000}}
TIERED: dict[str, Any] = {
    "DeploymentType": "PERSISTENT_2",
    "ThroughputCapacity": 4000,
    "DataReadCacheConfiguration": {"SizingMode": "NO_CACHE"},
    **METADATA,
}


@pytest.fixture
def create(aws):
    vpc = aws.vpc()
    group = aws.lustre_group(vpc)
    where = {"SubnetIds": [aws.subnet(vpc)], "SecurityGroupIds": [group]}

    def call(lustre: dict[str, Any], **settings: Any) -> dict[str, Any]:
        request = {"FileSystemType": "LUSTRE", "FileSystemTypeVersion": "2.15", **where}
        if "ThroughputCapacity" not in lustre:
            request["StorageCapacity"] = 1200
        found = aws.fsx.create_file_system(**request | settings, LustreConfiguration=lustre)
        return found["FileSystem"]

    call.group = group
    call.where = where
    return call


def tiered(create, **changes: Any) -> dict[str, Any]:
    return create({**TIERED, **changes}, StorageType="INTELLIGENT_TIERING")


def test_tiered_storage_has_a_throughput_and_no_capacity(create):
    made = tiered(create)
    assert "StorageCapacity" not in made
    assert made["LustreConfiguration"]["ThroughputCapacity"] == 4000


@pytest.mark.parametrize(
    ("changes", "naming"),
    [
        ({"DeploymentType": "PERSISTENT_1"}, "not supported for PERSISTENT_1"),
        ({"PerUnitStorageThroughput": 125}, "PerUnitStorageThroughput is not supported"),
        ({"ThroughputCapacity": 6000}, "throughput capacity"),
        ({"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 7000}}, "Iops"),
        ({"DataReadCacheConfiguration": {"SizingMode": "NO_CACHE", "SizeGiB": 64}}, "SizeGiB"),
        (
            {"DataReadCacheConfiguration": {"SizingMode": "USER_PROVISIONED", "SizeGiB": 8}},
            "from 32 to 131072",
        ),
        ({"EfaEnabled": True, "ThroughputCapacity": 4000}, "all traffic"),
    ],
)
def test_tiered_storage_that_fsx_would_not_make(create, refused, changes, naming):
    def call(**settings: Any) -> None:
        tiered(create, **settings)

    refused(
        "InvalidNetworkSettings" if "EfaEnabled" in changes else "BadRequest",
        call,
        naming=naming,
        **changes,
    )


@pytest.mark.parametrize(
    "missing", ["ThroughputCapacity", "MetadataConfiguration", "DataReadCacheConfiguration"]
)
def test_tiered_storage_says_all_it_needs(create, refused, missing):
    lustre = {key: value for key, value in TIERED.items() if key != missing}

    def call() -> None:
        create(lustre, StorageType="INTELLIGENT_TIERING")

    refused("BadRequest", call, naming="required" if missing != "ThroughputCapacity" else "")


def test_tiered_storage_gets_no_association_and_no_growth(aws, create, refused):
    made = tiered(create)["FileSystemId"]
    aws.bucket("data")
    refused(
        "UnsupportedOperation",
        aws.fsx.create_data_repository_association,
        FileSystemId=made,
        FileSystemPath="/data",
        DataRepositoryPath="s3://data/",
    )
    refused("BadRequest", aws.fsx.update_file_system, FileSystemId=made, StorageCapacity=2400)


def test_the_throughput_of_tiered_storage_goes_up_only(aws, create, refused):
    made = tiered(create, ThroughputCapacity=8000)["FileSystemId"]

    def change(**lustre: Any) -> Any:
        return aws.fsx.update_file_system(FileSystemId=made, LustreConfiguration=lustre)

    change(ThroughputCapacity=12000)
    refused("BadRequest", change, naming="increased", ThroughputCapacity=8000)
    cache = {"SizingMode": "USER_PROVISIONED", "SizeGiB": 96}
    answer = change(DataReadCacheConfiguration=cache)["FileSystem"]
    assert answer["LustreConfiguration"]["DataReadCacheConfiguration"] == cache


def test_ssd_storage_has_neither_a_cache_nor_a_throughput_of_its_own(create, refused):
    cache = {"DataReadCacheConfiguration": {"SizingMode": "NO_CACHE"}}
    refused("BadRequest", lambda: create(SSD | cache), naming="INTELLIGENT_TIERING")


def test_an_efa_file_system_has_the_largest_steps_and_keeps_its_throughput(aws, create, refused):
    efa = {**SSD, "EfaEnabled": True, "MetadataConfiguration": {"Mode": "AUTOMATIC"}}
    itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": create.group}]}]
    aws.ec2.authorize_security_group_ingress(GroupId=create.group, IpPermissions=itself)
    aws.ec2.authorize_security_group_egress(GroupId=create.group, IpPermissions=itself)
    refused("BadRequest", lambda: create(efa, StorageCapacity=4800), naming="38400")
    made = create(efa, StorageCapacity=38400)["FileSystemId"]
    refused(
        "BadRequest",
        aws.fsx.update_file_system,
        naming="EFA",
        FileSystemId=made,
        LustreConfiguration={"PerUnitStorageThroughput": 250},
    )


def test_metadata_is_raised_every_six_hours_and_never_lowered_or_added(
    aws, create, refused, monkeypatch
):
    made = create(SSD | METADATA)["FileSystemId"]
    plain = create(SSD)["FileSystemId"]

    def change(file_system: str, iops: int, **more: Any) -> None:
        configuration = {"Mode": "USER_PROVISIONED", "Iops": iops}
        aws.fsx.update_file_system(
            FileSystemId=file_system,
            LustreConfiguration={"MetadataConfiguration": configuration},
            **more,
        )

    refused("BadRequest", change, naming="without", file_system=plain, iops=6000)
    refused(
        "BadRequest",
        change,
        naming="one request",
        file_system=made,
        iops=12000,
        StorageCapacity=2400,
    )
    change(made, 12000)
    refused("BadRequest", change, naming="six hours", file_system=made, iops=24000)
    refused("BadRequest", change, naming="decreased", file_system=made, iops=6000)
    monkeypatch.setattr(clock, "AHEAD", 6 * clock.HOUR + 1)
    change(made, 24000)


@pytest.mark.parametrize(
    ("settings", "naming"),
    [
        ({"StorageCapacity": 2400}, "that of the backup, 1200"),
        ({"FileSystemTypeVersion": "2.12"}, "older than the backup's"),
    ],
)
def test_a_restore_that_does_not_fit_its_backup_is_refused(aws, create, refused, settings, naming):
    backup = aws.fsx.create_backup(FileSystemId=create(SSD)["FileSystemId"])["Backup"]["BackupId"]
    refused(
        "BadRequest",
        aws.fsx.create_file_system_from_backup,
        naming=naming,
        BackupId=backup,
        **create.where,
        **settings,
    )


def test_a_backup_of_an_older_version_gets_no_metadata_performance(aws, create, refused):
    made = create(SSD, FileSystemTypeVersion="2.12")["FileSystemId"]
    backup = aws.fsx.create_backup(FileSystemId=made)["Backup"]["BackupId"]
    refused(
        "BadRequest",
        aws.fsx.create_file_system_from_backup,
        naming="metadata",
        BackupId=backup,
        FileSystemTypeVersion="2.15",
        LustreConfiguration=METADATA,
        **create.where,
    )
