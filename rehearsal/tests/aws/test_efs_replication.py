"""Replication of EFS file systems, and what its ends refuse."""

from __future__ import annotations

import pytest


@pytest.fixture
def source(aws):
    return aws.efs_file_system("source", Encrypted=True)


@pytest.fixture
def replicate(aws):
    def made(source, **destination):
        create = aws.efs.create_replication_configuration
        return create(SourceFileSystemId=source, Destinations=[destination])["Destinations"][0]

    return made


@pytest.mark.difference(
    of="File systems",
    what="The copy that an EFS replication keeps has no files.",
    direction="other",
    why="It is another file system, which no client of a rehearsal mounts.",
)
def test_a_replication_makes_an_encrypted_file_system_that_nobody_else_overwrites(
    aws, source, replicate
):
    made = replicate(source, Region="us-west-2")
    assert made["Status"] == "ENABLING"
    found = aws.efs.describe_replication_configurations(FileSystemId=source)["Replications"]
    assert found[0]["Destinations"][0]["Status"] == "ENABLED"
    (there,) = aws.efs.describe_file_systems(FileSystemId=made["FileSystemId"])["FileSystems"]
    assert there["Encrypted"] is True
    assert there["FileSystemProtection"] == {"ReplicationOverwriteProtection": "REPLICATING"}
    by_destination = aws.efs.describe_replication_configurations(FileSystemId=made["FileSystemId"])
    assert by_destination["Replications"] == found


def test_a_destination_in_a_zone_is_a_one_zone_file_system(aws, source, replicate):
    made = replicate(source, AvailabilityZoneName="us-west-2b")
    (there,) = aws.efs.describe_file_systems(FileSystemId=made["FileSystemId"])["FileSystems"]
    assert there["AvailabilityZoneName"] == "us-west-2b"


def test_neither_end_is_deleted_before_the_replication_and_the_destination_stays(
    aws, source, replicate, refused
):
    there = replicate(source, Region="us-west-2")["FileSystemId"]
    for one in (source, there):
        refused("FileSystemInUse", aws.efs.delete_file_system, "replication", FileSystemId=one)
    aws.efs.delete_replication_configuration(SourceFileSystemId=source)
    aws.efs.delete_file_system(FileSystemId=source)
    (kept,) = aws.efs.describe_file_systems()["FileSystems"]
    assert kept["FileSystemId"] == there
    assert kept["FileSystemProtection"] == {"ReplicationOverwriteProtection": "ENABLED"}
    call = aws.efs.delete_replication_configuration
    refused("ReplicationNotFound", call, SourceFileSystemId=source)


def test_a_file_system_is_in_one_replication(aws, source, replicate, refused):
    there = replicate(source, Region="us-west-2")["FileSystemId"]
    for one in (source, there):
        refused("ConflictException", replicate, source=one, Region="us-west-2")


def test_an_existing_destination_must_be_unprotected_and_encrypted(aws, source, replicate, refused):
    there = aws.efs_file_system("there", Encrypted=True)
    refused("BadRequest", replicate, "must be disabled", source=source, FileSystemId=there)
    protect = aws.efs.update_file_system_protection
    protect(FileSystemId=there, ReplicationOverwriteProtection="DISABLED")
    assert replicate(source, FileSystemId=there)["FileSystemId"] == there
    refused("ReplicationAlreadyExists", protect, FileSystemId=there)
    plain = aws.efs_file_system("plain")
    protect(FileSystemId=plain, ReplicationOverwriteProtection="DISABLED")
    other = aws.efs_file_system("other", Encrypted=True)
    refused("BadRequest", replicate, "is not", source=other, FileSystemId=plain)


def test_a_zone_that_is_not_there_and_a_second_destination_are_refused(
    aws, source, replicate, refused
):
    zone = "us-west-2z"
    refused("UnsupportedAvailabilityZone", replicate, source=source, AvailabilityZoneName=zone)
    create, two = aws.efs.create_replication_configuration, [{"Region": "us-west-2"}] * 2
    refused("ValidationException", create, SourceFileSystemId=source, Destinations=two)
    refused("ReplicationNotFound", aws.efs.describe_replication_configurations, FileSystemId=source)


def test_a_one_zone_file_system_is_backed_up_unless_it_says_no(aws):
    zone = {"AvailabilityZoneName": "us-west-2a"}
    for name, settings, status in (
        ("a", {}, "DISABLED"),
        ("b", zone, "ENABLED"),
        ("c", {**zone, "Backup": False}, "DISABLED"),
    ):
        system = aws.efs_file_system(name, **settings)
        found = aws.efs.describe_backup_policy(FileSystemId=system)
        assert found["BackupPolicy"]["Status"] == status, name
