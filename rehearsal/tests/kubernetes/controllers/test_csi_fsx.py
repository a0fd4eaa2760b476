import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.controllers.csi.driver import Refused, VolumeRequest
from rehearsal.kubernetes.controllers.csi.fsx import GIB, capacity, create_request

PERSISTENT = {"subnetId": "subnet-1", "deploymentType": "PERSISTENT_1"}


def request(size_gib: float = 1200, **parameters: str) -> VolumeRequest:
    return VolumeRequest("pvc-1", int(size_gib * GIB), PERSISTENT | parameters, "claim", "team")


def test_the_parameters_of_a_storage_class_become_the_request_fsx_takes():
    made = create_request(
        request(
            securityGroupIds="sg-1,sg-2",
            perUnitStorageThroughput="100",
            dataCompressionType="LZ4",
            s3ImportPath="s3://b/p",
            autoImportPolicy="NEW",
            copyTagsToBackups="true",
            fileSystemTypeVersion="2.15",
            kmsKeyId="k",
            extraTags="Team=ml,Cost=1",
        ),
        extra_tags="Stack=dev",
    )
    assert made == {
        "ClientRequestToken": "pvc-1",
        "FileSystemType": "LUSTRE",
        "StorageCapacity": 1200,
        "SubnetIds": ["subnet-1"],
        "SecurityGroupIds": ["sg-1", "sg-2"],
        "FileSystemTypeVersion": "2.15",
        "KmsKeyId": "k",
        "LustreConfiguration": {
            "DeploymentType": "PERSISTENT_1",
            "PerUnitStorageThroughput": 100,
            "DataCompressionType": "LZ4",
            "ImportPath": "s3://b/p",
            "AutoImportPolicy": "NEW",
            "CopyTagsToBackups": True,
        },
        "Tags": [
            {"Key": "CSIVolumeName", "Value": "pvc-1"},
            {"Key": "Stack", "Value": "dev"},
            {"Key": "Team", "Value": "ml"},
            {"Key": "Cost", "Value": "1"},
        ],
    }


def test_a_backup_time_is_left_out_where_no_backups_are_kept():
    made = create_request(request(dailyAutomaticBackupStartTime="05:00"))
    assert "DailyAutomaticBackupStartTime" not in made["LustreConfiguration"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"subnetId": ""}, "SubnetId is required"),
        ({"perUnitStorageThroughput": "fast"}, "perUnitStorageThroughput must be a number"),
        ({"copyTagsToBackups": "maybe"}, "copyTagsToBackups must be a bool"),
        ({"automaticBackupRetentionDays": "7d"}, "automaticBackupRetentionDays must be a number"),
    ],
)
def test_a_parameter_that_is_missing_or_malformed_is_named(parameters, message):
    with pytest.raises(Refused, match=message):
        create_request(request(**parameters))


@pytest.mark.parametrize(
    ("gib", "parameters", "expected"),
    [
        (1, {}, 1200),
        (1200, {}, 1200),
        (1201, {}, 2400),
        (2400, {}, 2400),
        (2401, {}, 4800),
        (3600, {"deploymentType": "SCRATCH_1"}, 3600),
        (3601, {"deploymentType": "SCRATCH_1"}, 7200),
        (1, {"storageType": "HDD", "perUnitStorageThroughput": "12"}, 6000),
        (1801, {"storageType": "HDD", "perUnitStorageThroughput": "40"}, 3600),
    ],
)
def test_a_size_is_rounded_up_to_what_fsx_offers(gib, parameters, expected):
    assert capacity(gib * GIB, PERSISTENT | parameters) == expected


@given(st.integers(1, 10**15), st.sampled_from(["SCRATCH_1", "SCRATCH_2", "PERSISTENT_1"]))
def test_a_volume_is_never_smaller_than_was_asked_for(size, deployment):
    assert capacity(size, {"deploymentType": deployment}) * GIB >= size
