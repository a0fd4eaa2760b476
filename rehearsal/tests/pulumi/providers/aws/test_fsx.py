from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.aws import interfaces
from rehearsal.pulumi.providers.server import ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise

LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
ASSOCIATION = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation"
BUCKET = "lustre-data"


@pytest.fixture(scope="module")
def place(shared: Stack) -> Iterator[dict[str, str]]:
    """A subnet, a security group open for Lustre, and a bucket."""
    ec2 = shared.provider._clients.get("ec2", "us-west-2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="lustre", Description="x")["GroupId"]
    itself = [{"GroupId": group}]
    ports = ((988, 988), (1018, 1023))
    rules = [
        {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "UserIdGroupPairs": itself}
        for low, high in ports
    ]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rules)
    s3 = shared.provider._clients.get("s3", "us-west-2")
    where = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    with pytest.MonkeyPatch.context() as patch:
        # Else the last file system's interfaces would hold the network for a while.
        patch.setattr(interfaces, "LINGER_SECONDS", 0)
        yield {"subnetIds": subnet, "group": group, "vpc": vpc}
    s3.delete_bucket(Bucket=BUCKET)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


@pytest.fixture
def inputs(place: dict[str, str]) -> dict[str, Any]:
    return {
        "subnetIds": place["subnetIds"],
        "securityGroupIds": [place["group"]],
        "deploymentType": "PERSISTENT_1",
        "storageCapacity": 1200,
        "perUnitStorageThroughput": 50,
        "fileSystemTypeVersion": "2.15",
    }


@pytest.fixture
def linked(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs | {
        "importPath": f"s3://{BUCKET}/datasets/",
        "exportPath": f"s3://{BUCKET}/exports/",
        "autoImportPolicy": "NEW_CHANGED",
        "automaticBackupRetentionDays": 0,
    }


def test_a_file_system_tells_what_a_client_mounts(
    stack: Stack, inputs: dict[str, Any], place: dict[str, str]
) -> None:
    lustre = stack.create(LUSTRE, "scratch", **inputs)
    assert lustre.id.startswith("fs-")
    assert lustre["dnsName"] == f"{lustre.id}.fsx.us-west-2.amazonaws.com"
    assert 0 < len(lustre["mountName"]) <= 8
    assert lustre["vpcId"] == place["vpc"]
    assert lustre["subnetIds"] == place["subnetIds"], "one string, not a list"
    assert lustre["networkInterfaceIds"]
    assert lustre["dataCompressionType"] == "NONE"
    assert not stack.diff(lustre, **inputs).changes
    assert stack.read(lustre) == (lustre.id, lustre.inputs, lustre.outputs)
    stack.delete(lustre)
    stack.delete(lustre)
    assert stack.read(lustre)[0] is None


def test_an_imported_file_system_lacks_only_its_security_groups_which_fsx_does_not_tell(
    stack: Stack, linked: dict[str, Any]
) -> None:
    lustre = stack.create(LUSTRE, "linked", **linked)
    imported = stack.imported(LUSTRE, lustre.id)
    difference = stack.diff(imported, **linked)
    assert difference.replaces == ["securityGroupIds"]
    assert set(difference.changed) <= {"securityGroupIds", "skipFinalBackup"}


def test_a_linked_file_system_keeps_its_link_and_is_changed_in_place(
    stack: Stack, linked: dict[str, Any]
) -> None:
    lustre = stack.create(LUSTRE, "linked", **linked)
    assert lustre["importPath"] == f"s3://{BUCKET}/datasets/"
    assert lustre["exportPath"] == f"s3://{BUCKET}/exports/"
    linked |= {
        "autoImportPolicy": "NEW_CHANGED_DELETED",
        "dataCompressionType": "LZ4",
        "weeklyMaintenanceStartTime": "7:03:00",
        "storageCapacity": 2400,
        "tags": {"Name": "linked"},
    }
    stack.update(lustre, **linked)
    assert lustre["autoImportPolicy"] == "NEW_CHANGED_DELETED"
    assert lustre["storageCapacity"] == 2400
    assert stack.read(lustre) == (lustre.id, lustre.inputs, lustre.outputs)


@pytest.mark.parametrize(
    "change",
    [
        {"deploymentType": "SCRATCH_2"},
        {"importPath": f"s3://{BUCKET}/other/"},
        {"storageType": "HDD"},
        {"securityGroupIds": ["sg-1"]},
        {"subnetIds": "subnet-1"},
        {"fileSystemTypeVersion": "2.12"},
    ],
)
def test_what_a_file_system_can_not_change_makes_another(
    stack: Stack, linked: dict[str, Any], change: dict[str, Any]
) -> None:
    lustre = stack.create(LUSTRE, "linked", **linked)
    assert stack.diff(lustre, **linked | change).replaces == list(change)


def test_a_newer_lustre_version_is_in_place(stack: Stack, inputs: dict[str, Any]) -> None:
    lustre = stack.create(LUSTRE, "old", **inputs | {"fileSystemTypeVersion": "2.12"})
    assert not stack.diff(lustre, **inputs).replaces
    stack.update(lustre, **inputs)
    assert lustre["fileSystemTypeVersion"] == "2.15"
    assert stack.read(lustre) == (lustre.id, lustre.inputs, lustre.outputs)


def test_what_has_no_data_to_lose_changes_in_place(stack: Stack, inputs: dict[str, Any]) -> None:
    lustre = stack.create(LUSTRE, "kept", **inputs)
    changes = {
        "perUnitStorageThroughput": 200,
        "dataCompressionType": "LZ4",
        "automaticBackupRetentionDays": 7,
        "dailyAutomaticBackupStartTime": "02:00",
        "weeklyMaintenanceStartTime": "1:04:00",
        "tags": {"team": "ml"},
    }
    difference = stack.diff(lustre, **inputs | changes)
    assert sorted(difference.changed) == sorted(changes)
    assert not difference.replaces
    stack.update(lustre, **inputs | changes)
    assert lustre["perUnitStorageThroughput"] == 200


def test_storage_only_grows_and_less_of_it_is_another_file_system(
    stack: Stack, inputs: dict[str, Any]
) -> None:
    lustre = stack.create(LUSTRE, "large", **inputs | {"storageCapacity": 4800})
    grown = stack.diff(lustre, **inputs | {"storageCapacity": 7200})
    assert grown.changed == ["storageCapacity"]
    assert not grown.replaces
    assert stack.diff(lustre, **inputs | {"storageCapacity": 2400}).replaces == ["storageCapacity"]


def test_saying_what_the_cloud_chose_is_no_change(stack: Stack, inputs: dict[str, Any]) -> None:
    lustre = stack.create(LUSTRE, "chosen", **inputs)
    chosen = {name: lustre[name] for name in ("weeklyMaintenanceStartTime", "kmsKeyId")}
    assert all(chosen.values())
    assert not stack.diff(lustre, **inputs | chosen).changes
    other = stack.diff(lustre, **inputs | {"weeklyMaintenanceStartTime": "1:04:00"})
    assert other.changed == ["weeklyMaintenanceStartTime"]


def test_what_the_cloud_chooses_is_no_change_when_the_program_leaves_it_out(
    stack: Stack, inputs: dict[str, Any]
) -> None:
    given = inputs | {"weeklyMaintenanceStartTime": "1:05:00", "automaticBackupRetentionDays": 3}
    lustre = stack.create(LUSTRE, "kept", **given)
    assert not stack.diff(lustre, **inputs).changes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"storageCapacity": 1000}, "torage"),
        ({"perUnitStorageThroughput": 125}, "hroughput"),
        ({"importPath": "s3://no-such-bucket-anywhere/x/"}, "bucket"),
    ],
)
def test_the_cloud_refuses_settings_as_fsx_does(
    stack: Stack, inputs: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProviderError, match=f"creating FSx for Lustre File System.*{words}"):
        stack.create(LUSTRE, "bad", **inputs | change)


@pytest.mark.parametrize("skip", [True, False])
def test_a_final_backup_is_made_when_it_is_not_skipped(
    stack: Stack, inputs: dict[str, Any], aws: Any, skip: bool
) -> None:
    lustre = stack.create(
        LUSTRE, "kept", **inputs, skipFinalBackup=skip, finalBackupTags={"why": "end"}
    )
    stack.delete(lustre)
    backups = aws("fsx").describe_backups()["Backups"]
    mine = [one for one in backups if one["FileSystem"]["FileSystemId"] == lustre.id]
    assert bool(mine) is not skip
    for one in mine:
        assert {"Key": "why", "Value": "end"} in one["Tags"]
        aws("fsx").delete_backup(BackupId=one["BackupId"])


def test_the_same_creation_again_finds_the_file_system_it_made(
    stack: Stack, inputs: dict[str, Any], aws: Any
) -> None:
    request = stack.check(LUSTRE, "twice", inputs).inputs
    place = f"urn:pulumi:test::project::{LUSTRE}::twice"
    first, outputs = stack.provider.create(stack.instance, place, LUSTRE, request, 20, False)
    again, _ = stack.provider.create(stack.instance, place, LUSTRE, request, 20, False)
    stack.kept.append(Kept(place, LUSTRE, first, request, outputs))
    assert again == first


@pytest.fixture
def lustre(stack: Stack, inputs: dict[str, Any]) -> Kept:
    return stack.create(LUSTRE, "hub", **inputs)


def test_an_association_links_a_folder_and_changes_its_policies(stack: Stack, lustre: Kept) -> None:
    inputs: dict[str, Any] = {
        "fileSystemId": lustre.id,
        "fileSystemPath": "/models",
        "dataRepositoryPath": f"s3://{BUCKET}/models",
        "s3": {"autoImportPolicy": {"events": ["NEW", "CHANGED"]}},
        "batchImportMetaDataOnCreate": True,
    }
    association = stack.create(ASSOCIATION, "models", **inputs)
    assert association.id.startswith("dra-")
    assert stack.diff(association, **inputs | {"fileSystemPath": "/x"}).replaces == [
        "fileSystemPath"
    ]
    inputs["s3"] = {
        "autoImportPolicy": {"events": ["NEW"]},
        "autoExportPolicy": {"events": ["NEW", "DELETED"]},
    }
    inputs["tags"] = {"a": "b"}
    stack.update(association, **inputs)
    assert association["s3"]["autoExportPolicy"]["events"] == ["NEW", "DELETED"]
    policies = {"autoImportPolicy": {"events": ["NEW"]}}
    assert not stack.diff(association, **inputs | {"s3": policies}).changes, "pulumi-aws keeps it"
    assert stack.diff(association, **inputs | {"batchImportMetaDataOnCreate": False}).replaces == []
    exercise(stack, association, **inputs)
