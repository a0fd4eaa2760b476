"""FSx for Lustre: what a file system looks like, and what AWS refuses."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws import clock, interfaces
from rehearsal.aws.fsx import rules
from tests.accounts import CLIENT

PERSISTENT_1 = {"DeploymentType": "PERSISTENT_1", "PerUnitStorageThroughput": 50}
LINK = {
    "ImportPath": "s3://data/datasets/",
    "ExportPath": "s3://data/exports/",
    "AutoImportPolicy": "NEW_CHANGED_DELETED",
}


@pytest.fixture
def network(aws):
    vpc = aws.vpc()
    return {"SubnetIds": [aws.subnet(vpc)], "SecurityGroupIds": [aws.lustre_group(vpc)]}


@pytest.fixture
def create(aws, network):
    aws.bucket("data")

    def call(lustre: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
        request = {
            "FileSystemType": "LUSTRE",
            "StorageCapacity": 1200,
            "FileSystemTypeVersion": "2.15",
            "LustreConfiguration": {**PERSISTENT_1, **(lustre or {})},
            **network,
            **settings,
        }
        return aws.fsx.create_file_system(**request)["FileSystem"]

    return call


def described(aws, file_system):
    return aws.fsx.describe_file_systems(FileSystemIds=[file_system["FileSystemId"]])[
        "FileSystems"
    ][0]


def test_a_file_system_is_creating_and_at_the_next_look_available(aws, create):
    made = create()
    assert made["Lifecycle"] == "CREATING"
    assert described(aws, made)["Lifecycle"] == "AVAILABLE"


def test_a_file_system_has_a_mount_name_a_dns_name_and_interfaces_in_its_subnet(aws, create):
    made = create()
    assert re.fullmatch("[a-z0-9]{8}", made["LustreConfiguration"]["MountName"])
    assert made["DNSName"] == f"{made['FileSystemId']}.fsx.us-west-2.amazonaws.com"
    interfaces = aws.ec2.describe_network_interfaces(
        NetworkInterfaceIds=made["NetworkInterfaceIds"]
    )["NetworkInterfaces"]
    assert {one["SubnetId"] for one in interfaces} == set(made["SubnetIds"])
    assert {one["VpcId"] for one in interfaces} == {made["VpcId"]}


def test_a_link_to_s3_shows_as_the_data_repository_configuration(aws, create):
    link = described(aws, create(LINK))["LustreConfiguration"]["DataRepositoryConfiguration"]
    assert link == {**LINK, "ImportedFileChunkSize": 1024, "Lifecycle": "AVAILABLE"}


def test_a_token_used_again_gives_the_same_file_system(aws, create):
    first = create(ClientRequestToken="once")
    assert create(ClientRequestToken="once")["FileSystemId"] == first["FileSystemId"]
    assert len(aws.fsx.describe_file_systems()["FileSystems"]) == 1


def test_a_token_used_again_for_something_else_is_refused(create, refused):
    create(ClientRequestToken="once")
    refused("IncompatibleParameterError", create, ClientRequestToken="once", StorageCapacity=2400)


def test_a_token_of_a_deleted_file_system_makes_a_new_one(aws, create):
    first = create(ClientRequestToken="once")
    aws.fsx.delete_file_system(FileSystemId=first["FileSystemId"])
    assert create(ClientRequestToken="once")["FileSystemId"] != first["FileSystemId"]


@pytest.mark.parametrize(
    ("code", "lustre", "settings"),
    [
        ("BadRequest", {}, {"StorageCapacity": 1000}),
        ("BadRequest", {}, {"StorageCapacity": 3600}),
        ("InvalidPerUnitStorageThroughput", {"PerUnitStorageThroughput": 125}, {}),
        ("BadRequest", {"DriveCacheType": "READ"}, {}),
        ("BadRequest", {**PERSISTENT_1, "PerUnitStorageThroughput": 12}, {"StorageType": "HDD"}),
        ("BadRequest", {"ExportPath": "s3://data/exports/"}, {}),
        ("BadRequest", {"AutoImportPolicy": "NEW"}, {}),
        ("BadRequest", {**LINK, "AutomaticBackupRetentionDays": 7}, {}),
        ("InvalidExportPath", {**LINK, "ExportPath": "s3://other/exports/"}, {}),
        ("InvalidImportPath", {"ImportPath": "s3://missing/"}, {}),
        (
            "BadRequest",
            {
                "DeploymentType": "PERSISTENT_2",
                "PerUnitStorageThroughput": 125,
                "ImportPath": "s3://data/",
            },
            {},
        ),
        ("BadRequest", {"EfaEnabled": True}, {}),
        ("InvalidNetworkSettings", {}, {"SubnetIds": ["subnet-00000000000000000"]}),
        ("InvalidNetworkSettings", {}, {"SecurityGroupIds": ["sg-00000000000000000"]}),
        ("BadRequest", {}, {"SubnetIds": ["subnet-00000000000000001", "subnet-00000000000000002"]}),
        ("ValidationException", {"DataCompressionType": "ZSTD"}, {}),
        ("ValidationException", {"WeeklyMaintenanceStartTime": "8:03:00"}, {}),
        ("BadRequest", {}, {"FileSystemTypeVersion": "2.11"}),
    ],
)
def test_settings_that_aws_refuses(create, refused, code, lustre, settings):
    refused(code, create, lustre=lustre, **settings)


def test_a_refused_file_system_is_not_there(aws, create, refused):
    refused("BadRequest", create, StorageCapacity=1000)
    assert aws.fsx.describe_file_systems()["FileSystems"] == []


def test_throughput_is_required_of_a_persistent_file_system(aws, network, refused):
    refused(
        "BadRequest",
        aws.fsx.create_file_system,
        naming="PerUnitStorageThroughput",
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        LustreConfiguration={"DeploymentType": "PERSISTENT_1"},
        **network,
    )


def test_a_group_without_the_lustre_ports_is_refused(aws, create, refused):
    subnet = aws.ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.0.0/24"]}])
    group = aws.group(subnet["Subnets"][0]["VpcId"], "closed")
    refused("InvalidNetworkSettings", create, naming="inbound TCP 988", SecurityGroupIds=[group])


def test_a_group_with_only_one_of_the_port_ranges_is_refused(aws, create, refused):
    subnet = aws.ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.0.0/24"]}])
    group = aws.group(subnet["Subnets"][0]["VpcId"], "half")
    aws.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=988, ToPort=988, CidrIp="10.0.0.0/16"
    )
    refused(
        "InvalidNetworkSettings", create, naming="inbound TCP 1018-1023", SecurityGroupIds=[group]
    )


def test_a_rule_for_the_whole_vpc_admits_the_file_servers(aws, create):
    subnet = aws.ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.0.0/24"]}])
    group = aws.group(subnet["Subnets"][0]["VpcId"], "open")
    for low, high in ((988, 988), (1018, 1023)):
        aws.ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=low, ToPort=high, CidrIp="10.0.0.0/16"
        )
    assert create(SecurityGroupIds=[group])["Lifecycle"] == "CREATING"


def test_capacity_grows_and_does_not_shrink(aws, create, refused, monkeypatch):
    made = create()
    update = aws.fsx.update_file_system
    update(FileSystemId=made["FileSystemId"], StorageCapacity=2400)
    assert described(aws, made)["StorageCapacity"] == 2400
    monkeypatch.setattr(clock, "AHEAD", 7 * clock.HOUR)
    for capacity in (1200, 2400, 3600):
        refused("BadRequest", update, FileSystemId=made["FileSystemId"], StorageCapacity=capacity)


def test_capacity_grows_again_six_hours_after_it_grew(aws, create, refused, monkeypatch):
    made = create()
    update = aws.fsx.update_file_system
    update(FileSystemId=made["FileSystemId"], StorageCapacity=2400)
    for hours, code in ((0, "BadRequest"), (5.9, "BadRequest"), (6.1, None)):
        monkeypatch.setattr(clock, "AHEAD", hours * clock.HOUR)
        request = {"FileSystemId": made["FileSystemId"], "StorageCapacity": 4800}
        refused(code, update, "hours", **request) if code else update(**request)
    assert described(aws, made)["StorageCapacity"] == 4800


def test_what_changes_beside_the_capacity_waits_for_no_hours(aws, create):
    made = create()
    aws.fsx.update_file_system(FileSystemId=made["FileSystemId"], StorageCapacity=2400)
    aws.fsx.update_file_system(
        FileSystemId=made["FileSystemId"],
        LustreConfiguration={"PerUnitStorageThroughput": 100},
    )
    assert described(aws, made)["LustreConfiguration"]["PerUnitStorageThroughput"] == 100


def test_a_lustre_version_rises_and_does_not_fall(aws, create, refused):
    made = create(FileSystemTypeVersion="2.12")
    update = aws.fsx.update_file_system
    update(FileSystemId=made["FileSystemId"], FileSystemTypeVersion="2.15")
    assert described(aws, made)["FileSystemTypeVersion"] == "2.15"
    for version in ("2.12", "2.15", "2.10", "3.1"):
        request = {"FileSystemId": made["FileSystemId"], "FileSystemTypeVersion": version}
        refused("BadRequest", update, "newer", **request)


def test_the_throughput_of_hdd_storage_stays(aws, create, refused):
    made = create(
        {"PerUnitStorageThroughput": 12, "DriveCacheType": "NONE"},
        StorageType="HDD",
        StorageCapacity=18000,
    )
    refused(
        "BadRequest",
        aws.fsx.update_file_system,
        "HDD",
        FileSystemId=made["FileSystemId"],
        LustreConfiguration={"PerUnitStorageThroughput": 40},
    )


def test_an_update_changes_what_it_names_and_keeps_the_rest(aws, create):
    made = create(LINK)
    aws.fsx.update_file_system(
        FileSystemId=made["FileSystemId"],
        LustreConfiguration={"DataCompressionType": "LZ4", "AutoImportPolicy": "NONE"},
    )
    lustre = described(aws, made)["LustreConfiguration"]
    assert lustre["DataCompressionType"] == "LZ4"
    assert lustre["DataRepositoryConfiguration"]["AutoImportPolicy"] == "NONE"
    assert lustre["DataRepositoryConfiguration"]["ImportPath"] == LINK["ImportPath"]
    assert lustre["MountName"] == made["LustreConfiguration"]["MountName"]


@pytest.mark.parametrize(
    "change",
    [
        {"AutomaticBackupRetentionDays": 7},
        {"PerUnitStorageThroughput": 60},
    ],
)
def test_an_update_that_aws_refuses_changes_nothing(aws, create, change):
    made = create(LINK)
    before = described(aws, made)
    with pytest.raises(aws.fsx.exceptions.ClientError):
        aws.fsx.update_file_system(FileSystemId=made["FileSystemId"], LustreConfiguration=change)
    assert described(aws, made) == before


def test_the_interfaces_of_a_deleted_file_system_hold_its_subnet_for_a_while(
    aws, create, refused, monkeypatch
):
    monkeypatch.setattr(interfaces, "LINGER_SECONDS", 3600)
    made = create()
    aws.fsx.delete_file_system(FileSystemId=made["FileSystemId"])
    (subnet,) = made["SubnetIds"]
    refused("DependencyViolation", aws.ec2.delete_subnet, subnet, SubnetId=subnet)


def test_a_deleted_file_system_is_not_found_and_leaves_no_interface(
    aws, create, refused, monkeypatch
):
    monkeypatch.setattr(interfaces, "LINGER_SECONDS", 0)
    made = create()
    aws.fsx.delete_file_system(FileSystemId=made["FileSystemId"])
    refused(
        "FileSystemNotFound",
        aws.fsx.describe_file_systems,
        FileSystemIds=[made["FileSystemId"]],
    )
    assert aws.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_tags_are_added_over_and_taken_away(aws, create):
    arn = create(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])["ResourceARN"]
    aws.fsx.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "3"}])
    aws.fsx.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert aws.fsx.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "3"}]


def test_an_association_links_a_file_system_that_has_no_import_path(aws, create, refused):
    associate = aws.fsx.create_data_repository_association
    made = create()
    link = {"FileSystemPath": "/data", "DataRepositoryPath": "s3://data/datasets/"}
    one = associate(FileSystemId=made["FileSystemId"], **link)["Association"]
    assert one["Lifecycle"] == "CREATING"
    refused("BadRequest", associate, naming="overlaps", FileSystemId=made["FileSystemId"], **link)
    linked = create(LINK)
    refused("BadRequest", associate, FileSystemId=linked["FileSystemId"], **link)
    found = aws.fsx.describe_data_repository_associations(
        Filters=[{"Name": "file-system-id", "Values": [made["FileSystemId"]]}]
    )["Associations"]
    assert [(a["AssociationId"], a["Lifecycle"]) for a in found] == [
        (one["AssociationId"], "AVAILABLE")
    ]
    aws.fsx.delete_data_repository_association(AssociationId=one["AssociationId"])
    refused(
        "DataRepositoryAssociationNotFound",
        aws.fsx.delete_data_repository_association,
        AssociationId=one["AssociationId"],
    )


@pytest.mark.parametrize(
    ("paths", "naming"),
    [
        ({"FileSystemPath": "data"}, "slash"),
        ({"DataRepositoryPath": "s3://nothing/x/"}, "does not exist"),
    ],
)
def test_an_association_of_paths_that_are_none_is_refused(aws, create, refused, paths, naming):
    link = {"FileSystemPath": "/data", "DataRepositoryPath": "s3://data/datasets/", **paths}
    associate, made = aws.fsx.create_data_repository_association, create()
    refused("BadRequest", associate, naming=naming, FileSystemId=made["FileSystemId"], **link)


def test_a_file_system_with_backups_gets_no_association(aws, create, refused):
    made = create({"AutomaticBackupRetentionDays": 7})["FileSystemId"]
    link = {"FileSystemPath": "/data", "DataRepositoryPath": "s3://data/datasets/"}
    associate = aws.fsx.create_data_repository_association
    refused("BadRequest", associate, naming="Backups", FileSystemId=made, **link)


def test_the_directory_of_an_association_is_not_the_root_by_default(aws, create, refused):
    made = create()["FileSystemId"]
    associate = aws.fsx.create_data_repository_association
    refused("BadRequest", associate, FileSystemId=made, DataRepositoryPath="s3://data/datasets/")


def test_an_association_that_is_deleted_with_its_files_is_listed_until_they_are_gone(
    aws, create, monkeypatch
):
    made = create()["FileSystemId"]
    one = aws.fsx.create_data_repository_association(
        FileSystemId=made, FileSystemPath="/data", DataRepositoryPath="s3://data/datasets/"
    )["Association"]["AssociationId"]
    aws.fsx.delete_data_repository_association(AssociationId=one, DeleteDataInFileSystem=True)
    wanted = {"Filters": [{"Name": "file-system-id", "Values": [made]}]}
    (listed,) = aws.fsx.describe_data_repository_associations(**wanted)["Associations"]
    assert (listed["AssociationId"], listed["Lifecycle"]) == (one, "DELETING")
    monkeypatch.setattr(clock, "AHEAD", 120.0)
    assert aws.fsx.describe_data_repository_associations(**wanted)["Associations"] == []


def test_a_file_system_has_at_most_eight_associations(aws, create, refused):
    made = create()
    for number in range(8):
        aws.fsx.create_data_repository_association(
            FileSystemId=made["FileSystemId"],
            FileSystemPath=f"/{number}",
            DataRepositoryPath=f"s3://data/{number}",
        )
    refused(
        "ServiceLimitExceeded",
        aws.fsx.create_data_repository_association,
        FileSystemId=made["FileSystemId"],
        FileSystemPath="/8",
        DataRepositoryPath="s3://data/8",
    )


def test_a_task_that_nothing_would_run_is_refused_with_what_to_use(aws, create, refused):
    refused(
        "UnsupportedOperation",
        aws.fsx.create_data_repository_task,
        Type="EXPORT_TO_REPOSITORY",
        FileSystemId=create(LINK)["FileSystemId"],
        Report={"Enabled": False},
    )


def test_backups_are_for_file_systems_that_are_not_linked(aws, create, refused):
    backup = aws.fsx.create_backup(FileSystemId=create()["FileSystemId"])["Backup"]
    restored = aws.fsx.create_file_system_from_backup(
        BackupId=backup["BackupId"],
        SubnetIds=backup["FileSystem"]["SubnetIds"],
        SecurityGroupIds=[
            group["GroupId"]
            for group in aws.ec2.describe_security_groups(
                Filters=[{"Name": "group-name", "Values": ["lustre"]}]
            )["SecurityGroups"]
        ],
    )["FileSystem"]
    assert restored["StorageCapacity"] == backup["FileSystem"]["StorageCapacity"]
    linked = create(LINK)["FileSystemId"]
    refused("UnsupportedOperation", aws.fsx.create_backup, FileSystemId=linked)


@given(
    capacity=st.integers(1, 30_000),
    throughput=st.sampled_from([50, 100, 200]),
)
def test_an_ssd_capacity_is_1200_or_a_multiple_of_2400(capacity, throughput):
    request = {
        "StorageCapacity": capacity,
        "LustreConfiguration": {
            "DeploymentType": "PERSISTENT_1",
            "PerUnitStorageThroughput": throughput,
        },
    }
    allowed = capacity == 1200 or capacity % 2400 == 0
    assert (rules.capacity(request) is None) == allowed


@given(steps=st.integers(1, 20), throughput=st.sampled_from([12, 40]))
def test_an_hdd_capacity_steps_by_its_throughput(steps, throughput):
    step = {12: 6000, 40: 1800}[throughput]
    request = {
        "StorageType": "HDD",
        "LustreConfiguration": {
            "DeploymentType": "PERSISTENT_1",
            "PerUnitStorageThroughput": throughput,
            "DriveCacheType": "NONE",
        },
    }
    assert rules.capacity({**request, "StorageCapacity": steps * step}) is None
    assert rules.capacity({**request, "StorageCapacity": steps * step + 600}) is not None


@given(old=st.sampled_from([1200, 2400, 4800]), new=st.integers(1, 30_000))
def test_no_growth_that_aws_accepts_is_a_shrinking(old, new):
    current = {"StorageCapacity": old, "LustreConfiguration": PERSISTENT_1}
    if rules.growth(current, new) is None:
        assert new > old


def test_a_zone_without_fsx_is_refused(cloud, refused):
    east = [
        boto3.client(
            service,
            endpoint_url=cloud.url,
            region_name="us-east-1",
            **CLIENT,
        )
        for service in ("ec2", "fsx")
    ]
    ec2, fsx = east
    zone = next(
        zone["ZoneName"]
        for zone in ec2.describe_availability_zones()["AvailabilityZones"]
        if zone["ZoneId"] == "use1-az3"
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)
    refused(
        "BadRequest",
        fsx.create_file_system,
        zone,
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        SubnetIds=[subnet["Subnet"]["SubnetId"]],
        LustreConfiguration={"DeploymentType": "SCRATCH_2"},
    )
