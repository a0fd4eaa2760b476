"""StorageClasses that the stack's file names and parametrises."""

import json

import pulumi

from components.storage import backends
from components.storage.efs_class_spec import EfsClassSpec
from components.storage.efs_spec import EfsSpec
from components.storage.file_system_spec import FileSystemSpec
from components.storage.fsx_class_spec import FsxClassSpec
from components.storage.fsx_driver import controller_policy
from components.storage.fsx_spec import FsxSpec
from components.storage.s3_files_class_spec import S3FilesClassSpec
from components.storage.s3_files_spec import S3FilesSpec
from components.storage.storage_classes import StorageClasses
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, Registration, deploy

OF_THE_GUIDE = FsxClassSpec(
    deployment_type="PERSISTENT_1",
    per_unit_storage_throughput=200,
    automatic_backup_retention_days=1,
    daily_automatic_backup_start_time="00:00",
    copy_tags_to_backups=True,
    data_compression_type="NONE",
)


def classes(spec: FileSystemSpec) -> dict[str, Registration]:
    def program() -> None:
        file_system = backends.file_system("fs", spec, wiring())
        StorageClasses("classes", {"classes": file_system.storage_classes})
        pulumi.export("group", file_system.security_group_id)

    made: Deployment = deploy(program)
    return {each.inputs["metadata"]["name"]: each for each in made.of_type(":StorageClass")}


def test_the_class_of_the_storage_guide_for_fsx_is_as_the_guide_has_it() -> None:
    found = classes(FsxSpec(classes={"fsx-lustre": OF_THE_GUIDE}))
    made = found["fsx-lustre"].inputs
    parameters = {key: value for key, value in made["parameters"].items() if "Id" not in key}
    assert parameters == {
        "deploymentType": "PERSISTENT_1",
        "perUnitStorageThroughput": "200",
        "automaticBackupRetentionDays": "1",
        "dailyAutomaticBackupStartTime": "00:00",
        "copyTagsToBackups": "true",
        "dataCompressionType": "NONE",
        "storageType": "SSD",
        "fileSystemTypeVersion": "2.15",
    }
    assert made["parameters"]["subnetId"].startswith("subnet-private-")
    assert made["parameters"]["securityGroupIds"]
    assert made["provisioner"] == "fsx.csi.aws.com"
    assert made["allowVolumeExpansion"], "FSx grows"
    assert made["mountOptions"] == ["flock"]


def test_the_class_of_the_storage_guide_for_efs_is_as_the_guide_has_it() -> None:
    made = classes(EfsSpec(classes={"efs-sc": EfsClassSpec()}))["efs-sc"].inputs
    file_system = made["parameters"].pop("fileSystemId")
    assert file_system.startswith("fs-")
    assert made["parameters"] == {"provisioningMode": "efs-ap", "directoryPerms": "700"}
    assert made["allowVolumeExpansion"] is False, "the EFS driver expands nothing"


def test_a_class_of_s3_files_has_its_mode_and_the_options_it_names() -> None:
    one = S3FilesClassSpec(base_path="/homes", uid=1000, gid=1000, mount_options=("ro",))
    made = classes(S3FilesSpec(classes={"homes": one}))["homes"].inputs
    assert made["parameters"].pop("fileSystemId").startswith("fs-")
    assert made["parameters"] == {
        "provisioningMode": "s3files-ap",
        "directoryPerms": "700",
        "uid": "1000",
        "gid": "1000",
        "basePath": "/homes",
    }
    assert made["mountOptions"] == ["ro"]


def test_a_class_has_the_policies_and_the_network_that_it_names() -> None:
    spec = FsxClassSpec(
        reclaim_policy="Retain",
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=False,
        subnet_id="subnet-0123456789abcdef0",
        security_group_ids=("sg-0123456789abcdef0", "sg-0123456789abcdef1"),
        extra_tags={"Team": "a", "Cost": "b"},
    )
    made = classes(FsxSpec(classes={"kept": spec}))["kept"].inputs
    assert made["reclaimPolicy"] == "Retain"
    assert made["volumeBindingMode"] == "WaitForFirstConsumer"
    assert made["allowVolumeExpansion"] is False
    assert made["parameters"]["subnetId"] == "subnet-0123456789abcdef0"
    assert made["parameters"]["securityGroupIds"] == "sg-0123456789abcdef0,sg-0123456789abcdef1"
    assert made["parameters"]["extraTags"] == "Cost=b,Team=a"


def test_a_class_of_efs_passes_on_what_it_sets() -> None:
    spec = EfsClassSpec(
        uid=7,
        gid_range_start=1000,
        gid_range_end=2000,
        base_path="/teams",
        sub_path_pattern="${.PVC.namespace}/${.PVC.name}",
        ensure_unique_directory=False,
    )
    made = classes(EfsSpec(zone="us-west-2a", classes={"stable": spec}))["stable"].inputs
    assert (
        made["parameters"].items()
        >= {
            "uid": "7",
            "gidRangeStart": "1000",
            "gidRangeEnd": "2000",
            "basePath": "/teams",
            "subPathPattern": "${.PVC.namespace}/${.PVC.name}",
            "ensureUniqueDirectory": "false",
        }.items()
    )
    assert made["mountOptions"] == ["noresvport", "az=us-west-2a"], "of a One Zone file system"


def test_without_classes_there_is_the_one_of_the_last_release() -> None:
    assert list(classes(FsxSpec())) == ["fsx-lustre"]
    assert list(classes(EfsSpec())) == ["efs-access-points"]
    assert "allowVolumeExpansion" not in classes(FsxSpec())["fsx-lustre"].inputs


def test_the_driver_may_link_only_to_the_buckets_of_its_classes() -> None:
    linked = FsxClassSpec(s3_import_path="s3://theirs/data/")
    policy = json.dumps(controller_policy(FsxSpec(classes={"linked": linked})))
    assert "arn:*:s3:::theirs" in policy
    assert "s3.data-source.lustre.fsx.amazonaws.com" in policy
    assert "s3:" not in json.dumps(controller_policy(FsxSpec(classes={"plain": OF_THE_GUIDE})))


def test_the_driver_may_use_the_keys_of_its_classes() -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000001"
    policy = controller_policy(FsxSpec(classes={"own": FsxClassSpec(kms_key_arn=key)}))
    assert key in json.dumps(policy)
