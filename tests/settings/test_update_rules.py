"""Changes of a deployed stack: in place, or refused before anything is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rehearsal.pulumi.providers.aws.services.efs.file_system import FILE_SYSTEM as EFS_TYPE
from rehearsal.pulumi.providers.aws.services.fsx.lustre import FILE_SYSTEM as LUSTRE_TYPE

from components.spec.errors import ConfigError, format_path
from settings.deployed import DataStore, Deployed, deployed_parts
from settings.rules import fsx_updates, updates, warnings
from tests.settings.configs import ACCOUNT, REGION, Changes, checked

A, B, C, D = (f"us-west-2{letter}" for letter in "abcd")
FILE_SYSTEM = "fs-0123456789abcdef0"
KEY = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000001"
OTHER_KEY = KEY[:-1] + "2"
FSX = "storage.fsx"
NO_LINK: Changes = {f"{FSX}.link": None}
HDD: Changes = {
    f"{FSX}.storageType": "HDD",
    f"{FSX}.driveCacheType": "NONE",
    f"{FSX}.storageCapacityGib": 18000,
    f"{FSX}.perUnitStorageThroughput": 12,
}
EFS: Changes = {"storage.backend": "efs"}

LUSTRE: dict[str, Any] = {
    "deploymentType": "PERSISTENT_1",
    "storageType": "SSD",
    "storageCapacity": 2400,
    "perUnitStorageThroughput": 50,
    "fileSystemTypeVersion": "2.15",
    "dataCompressionType": "LZ4",
    "importPath": "s3://data/datasets/",
    "exportPath": "s3://data/exports/",
    "autoImportPolicy": "NEW_CHANGED_DELETED",
    "importedFileChunkSize": 1024,
    "kmsKeyId": KEY,
    "automaticBackupRetentionDays": 0,
    "weeklyMaintenanceStartTime": "7:03:00",
}
UNLINKED = {
    name: value
    for name, value in LUSTRE.items()
    if name not in {"importPath", "exportPath", "autoImportPolicy", "importedFileChunkSize"}
}
ON_HDD = LUSTRE | {
    "storageType": "HDD",
    "driveCacheType": "NONE",
    "storageCapacity": 18000,
    "perUnitStorageThroughput": 12,
}
OLD_IMAGE, IMAGES = "1.36.1-20261023", {"cpu": "1.36.2-20261118"}
GROWN: Changes = {f"{FSX}.storageCapacityGib": 2400}


def lustre(outputs: dict[str, Any] = LUSTRE, **changes: Any) -> Deployed:
    """A stack with an FSx file system in the first of two zones."""
    made = Deployed(
        vpc_cidr="10.20.0.0/16",
        private_cidrs={A: "10.20.0.0/19", B: "10.20.32.0/19"},
        nat_zones=(A,),
        control_plane_zones=(A, B),
        node_group_zones={"cpu": (A, B)},
        backend="fsx",
        file_systems={"fsx": DataStore(FILE_SYSTEM, outputs)},
        file_system_zone=A,
        bucket=DataStore("data", {"bucket": "data"}),
    )
    return replace(made, **changes)


def efs() -> Deployed:
    """A stack with an EFS file system."""
    outputs = {"performanceMode": "generalPurpose", "kmsKeyId": KEY, "throughputMode": "elastic"}
    store = DataStore(FILE_SYSTEM, outputs)
    return lustre(backend="efs", file_systems={"efs": store}, file_system_zone=None)


def refused(changes: Changes, deployed_parts: Deployed) -> list[ConfigError]:
    """The errors of a changed config on a deployed stack."""
    return checked(changes, ACCOUNT, REGION, deployed_parts)[1]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {f"{FSX}.storageCapacityGib": 4800},
        {f"{FSX}.perUnitStorageThroughput": 200},
        {f"{FSX}.dataCompressionType": "NONE"},
        {f"{FSX}.weeklyMaintenanceStartTime": "1:04:00"},
        {f"{FSX}.link.autoImportPolicy": "NEW"},
        {f"{FSX}.link.preload": True},
        {f"{FSX}.zone": A},
        {"tags": {"team": "ml"}},
        {"network.zones": [B, A]},
        {"network.zones": [C, A, B]},
        {"network.zones": [A, B, D]},
    ],
)
def test_what_aws_changes_in_place_is_taken(changes: Changes) -> None:
    assert refused(GROWN | changes, lustre()) == []


def test_a_newer_lustre_version_is_taken() -> None:
    assert refused(GROWN, lustre(LUSTRE | {"fileSystemTypeVersion": "2.12"})) == []


def test_backups_of_an_unlinked_file_system_are_taken() -> None:
    changes = {f"{FSX}.automaticBackupRetentionDays": 7}
    assert refused(GROWN | NO_LINK | changes, lustre(UNLINKED)) == []


REPLACING: dict[str, tuple[Changes, str, Any]] = {
    "less capacity": ({f"{FSX}.storageCapacityGib": 1200}, "storageCapacityGib", LUSTRE),
    "an older version": ({f"{FSX}.fileSystemTypeVersion": "2.12"}, "fileSystemTypeVersion", LUSTRE),
    "another zone": ({f"{FSX}.zone": B}, "zone", LUSTRE),
    "a key of one's own": ({f"{FSX}.kmsKeyArn": OTHER_KEY}, "kmsKeyArn", LUSTRE),
    "another import path": ({f"{FSX}.link.importPath": "sets/"}, "link.importPath", LUSTRE),
    "another export path": ({f"{FSX}.link.exportPath": "out/"}, "link.exportPath", LUSTRE),
    "another chunk size": (
        {f"{FSX}.link.importedFileChunkSizeMib": 2048},
        "link.importedFileChunkSizeMib",
        LUSTRE,
    ),
    "no link": (NO_LINK, "link", LUSTRE),
    "a link": ({}, "link", UNLINKED),
    "another deployment type": (
        {**NO_LINK, f"{FSX}.deploymentType": "SCRATCH_2"},
        "deploymentType",
        UNLINKED,
    ),
    "another storage type": (HDD, "storageType", LUSTRE),
    "another drive cache": ({**HDD, f"{FSX}.driveCacheType": "READ"}, "driveCacheType", ON_HDD),
}


@pytest.mark.parametrize(("changes", "key", "outputs"), REPLACING.values(), ids=REPLACING.keys())
def test_what_would_replace_a_lustre_file_system_is_refused_by_its_key(
    changes: Changes, key: str, outputs: dict[str, Any]
) -> None:
    found = {format_path(one.path): one for one in refused(GROWN | changes, lustre(outputs))}
    error = found[f"{FSX}.{key}"]
    assert FILE_SYSTEM in error.rule
    assert "lose its data" in error.rule
    assert f"allowReplacementOf: [{FILE_SYSTEM}]" in error.remedy


@pytest.mark.parametrize(("changes", "key", "outputs"), REPLACING.values(), ids=REPLACING.keys())
def test_the_remedy_followed_permits_it(
    changes: Changes, key: str, outputs: dict[str, Any]
) -> None:
    del key
    permitted = {**GROWN, **changes, "allowReplacementOf": [FILE_SYSTEM]}
    assert refused(permitted, lustre(outputs)) == []


def test_a_permission_for_a_file_system_that_was_replaced_permits_nothing_more() -> None:
    changes = {f"{FSX}.storageCapacityGib": 1200, "allowReplacementOf": ["fs-0fedcba9876543210"]}
    assert [format_path(one.path) for one in refused(changes, lustre())] == [
        f"{FSX}.storageCapacityGib"
    ]


def test_the_remedy_says_that_protection_has_to_go_too() -> None:
    (error,) = refused({f"{FSX}.storageCapacityGib": 1200, "protect": True}, lustre())
    assert "`protect: false`" in error.remedy


def test_all_that_would_be_lost_is_told_at_once() -> None:
    changes = {f"{FSX}.zone": B, f"{FSX}.storageCapacityGib": 1200, "network.cidr": "10.9.0.0/16"}
    assert {format_path(one.path) for one in refused(changes, lustre())} == {
        "network.cidr",
        f"{FSX}.zone",
        f"{FSX}.storageCapacityGib",
    }


def test_the_throughput_of_hdd_storage_is_fixed() -> None:
    changes = {**HDD, f"{FSX}.perUnitStorageThroughput": 40}
    (error,) = refused(changes, lustre(ON_HDD))
    assert format_path(error.path) == f"{FSX}.perUnitStorageThroughput"
    assert error.remedy == "set 12"


def test_throughput_and_capacity_change_one_after_the_other() -> None:
    changes = {f"{FSX}.storageCapacityGib": 4800, f"{FSX}.perUnitStorageThroughput": 100}
    (error,) = refused(changes, lustre())
    assert format_path(error.path) == f"{FSX}.perUnitStorageThroughput"
    assert "set 50 for now" in error.remedy
    assert refused({f"{FSX}.storageCapacityGib": 4800}, lustre()) == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"performanceMode": "maxIO", "throughputMode": "bursting"}, "performanceMode"),
        ({"kmsKeyArn": OTHER_KEY}, "kmsKeyArn"),
        ({"zone": A}, "zone"),
    ],
)
def test_what_would_replace_an_efs_file_system_is_refused(
    changes: dict[str, Any], key: str
) -> None:
    wanted = {**EFS, **{f"storage.efs.{name}": value for name, value in changes.items()}}
    (error,) = refused(wanted, efs())
    assert format_path(error.path) == f"storage.efs.{key}"
    assert f"allowReplacementOf: [{FILE_SYSTEM}]" in error.remedy
    assert refused({**wanted, "allowReplacementOf": [FILE_SYSTEM]}, efs()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"throughputMode": "bursting"},
        {"throughputMode": "provisioned", "provisionedThroughputMibps": 64},
        {"transitionToIa": None},
        {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
        {"replication": {"region": "us-east-1"}},
        {"accessPoints": {"team": {"path": "/team"}}},
        {"kmsKeyArn": KEY},
    ],
)
def test_what_efs_changes_in_place_is_taken(changes: dict[str, Any]) -> None:
    wanted = {**EFS, **{f"storage.efs.{name}": value for name, value in changes.items()}}
    assert refused(wanted, efs()) == []


def test_a_one_zone_file_system_does_not_become_a_regional_one() -> None:
    there = efs()
    outputs = {**there.file_systems["efs"].outputs, "availabilityZoneName": A}
    (error,) = refused(EFS, replace(there, file_systems={"efs": DataStore(FILE_SYSTEM, outputs)}))
    assert format_path(error.path) == "storage.efs.zone"
    assert f"set {A}" in error.remedy


def test_a_mode_that_files_in_archive_hold_up_is_warned_of() -> None:
    there = efs()
    archives = {"lifecyclePolicies": [{"transitionToArchive": "AFTER_90_DAYS"}]}
    store = DataStore(FILE_SYSTEM, {**there.file_systems["efs"].outputs, **archives})
    bursting = {**EFS, "storage.efs.throughputMode": "bursting"}
    for wanted, deployed, count in (
        (bursting, replace(there, file_systems={"efs": store}), 1),
        (bursting, there, 0),
        (EFS, replace(there, file_systems={"efs": store}), 0),
    ):
        settings, _ = checked(wanted, deployed=deployed)
        said = [one for one in warnings(settings) if "Archive class" in one.rule]
        assert len(said) == count


@pytest.mark.parametrize(
    ("key", "name"), [("name", "other"), ("existing", "other"), ("existing", "data")]
)
def test_another_bucket_in_the_place_of_the_one_with_the_data_is_refused(
    key: str, name: str
) -> None:
    changes = {**EFS, f"bucket.{key}": name}
    (error,) = refused(changes, efs())
    assert format_path(error.path) == f"bucket.{key}"
    assert "allowReplacementOf: [data]" in error.remedy
    assert refused({**changes, "allowReplacementOf": ["data"]}, efs()) == []


def test_a_bucket_may_be_given_the_name_that_it_has() -> None:
    assert refused({**EFS, "bucket.name": "data"}, efs()) == []


def test_a_switch_of_the_back_end_is_no_replacement() -> None:
    assert refused(EFS, lustre()) == []
    assert refused({f"{FSX}.zone": B}, efs()) == []


def test_the_blocks_of_a_deployed_vpc_stay() -> None:
    (error,) = refused({**EFS, "network.cidr": "10.21.0.0/16"}, efs())
    assert (format_path(error.path), error.remedy) == ("network.cidr", "set 10.20.0.0/16")


@pytest.mark.parametrize(("zones", "missing"), [([B, C], A), ([A, C], B)])
def test_a_zone_of_the_control_plane_is_not_removed(zones: list[str], missing: str) -> None:
    (error,) = refused({**EFS, "network.zones": zones}, efs())
    assert format_path(error.path) == "network.zones"
    assert error.remedy == f"put {missing} back"


def test_a_zone_that_came_later_may_go() -> None:
    there = replace(efs(), private_cidrs=dict.fromkeys((A, B, C), ""))
    assert refused(EFS, there) == []


def test_the_zone_of_the_file_system_is_not_removed() -> None:
    there = lustre(
        control_plane_zones=(A, B), file_system_zone=C, private_cidrs={A: "", B: "", C: ""}
    )
    (error,) = refused(GROWN, there)
    assert format_path(error.path) == "network.zones"
    assert f"put {C} back" in error.remedy


def test_more_zones_at_a_time_than_there_are_blocks_are_refused() -> None:
    letters = {f"{REGION}{letter}": "" for letter in "abefghi"}
    (error,) = refused({**EFS, "network.zones": [A, B, C]}, replace(efs(), private_cidrs=letters))
    assert format_path(error.path) == "network.zones"
    assert "in one update" in error.remedy


def test_a_file_system_and_node_groups_without_zones_of_their_own_stay_in_theirs() -> None:
    settings, found = checked(GROWN | {"network.zones": [C, A, B]}, ACCOUNT, REGION, lustre())
    assert found == []
    assert settings.storage.fsx.zone == A
    assert settings.node_groups["cpu"].zones == (A, B)


def test_a_node_group_that_loses_a_zone_is_made_again_in_all() -> None:
    there = replace(efs(), node_group_zones={"cpu": (A, B, C)})
    settings, found = checked(EFS, ACCOUNT, REGION, there)
    assert found == []
    assert settings.node_groups["cpu"].zones == ()


def test_the_images_of_the_nodes_are_known_from_the_state() -> None:
    type_ = "aws:eks/nodeGroup:NodeGroup"
    urn = f"urn:pulumi:test::eks-ml-storage::{type_}::nodes-cpu"
    outputs = {"subnetIds": [], "releaseVersion": IMAGES["cpu"]}
    assert deployed_parts({urn: {"type": type_, "outputs": outputs}}).node_group_images == IMAGES


def test_nodes_keep_an_image_that_is_newer_than_the_config_says() -> None:
    """A change of their launch template brought it: the update after that is as any other."""
    there, key = lustre(node_group_images=IMAGES), "nodeGroups.cpu.releaseVersion"
    settings, faults = checked(GROWN | {key: OLD_IMAGE}, ACCOUNT, REGION, there)
    assert faults == []
    assert settings.release_of("cpu") == IMAGES["cpu"]
    (said,) = updates.kept_images(settings)
    assert said in [*warnings(settings)]
    assert format_path(said.path) == key
    assert (
        said.rule
        == "is older than the image of the group's nodes, 1.36.2-20261118, which they keep"
    )
    assert said.remedy == "set 1.36.2-20261118 or a newer one, or remove it"


@pytest.mark.parametrize("release", ["1.36.2-20261118", "1.36.3-20261201", None])
def test_nodes_get_the_image_that_the_config_says(release: str | None) -> None:
    there, key = lustre(node_group_images=IMAGES), "nodeGroups.cpu.releaseVersion"
    settings, faults = checked(GROWN | {key: release}, ACCOUNT, REGION, there)
    assert faults == []
    assert settings.release_of("cpu") == release
    assert [*updates.kept_images(settings)] == []


def test_an_upgrade_with_an_image_older_than_that_of_the_nodes_is_refused() -> None:
    there = lustre(node_group_images={"cpu": "1.35.9-20261118"})
    (found,) = refused(GROWN | {"nodeGroups.cpu.releaseVersion": OLD_IMAGE}, there)
    assert "1.35.9-20261118: EKS has no way back" in found.rule
    assert found.remedy == "set a newer one, or remove it"


def test_every_rule_refuses_something() -> None:
    cases = [(GROWN | changes, lustre(outputs)) for changes, _, outputs in REPLACING.values()] + [
        ({"network.cidr": "10.9.0.0/16"}, lustre()),
        ({"network.zones": [B, C]}, lustre()),
        ({"network.zones": [A, B, C]}, lustre(private_cidrs=dict.fromkeys("1234567", ""))),
        ({**HDD, f"{FSX}.perUnitStorageThroughput": 40}, lustre(ON_HDD)),
        ({**EFS, "storage.efs.kmsKeyArn": OTHER_KEY}, efs()),
        ({"bucket.name": "other"}, lustre()),
        (
            {"storage.backend": "s3files", "storage.s3files.prefix": "datasets/"},
            lustre(backend="s3files", file_systems={"s3files": DataStore(FILE_SYSTEM, {})}),
        ),
        (
            {"nodeGroups.cpu.releaseVersion": OLD_IMAGE},
            lustre(node_group_images={"cpu": "1.35.9-20261118"}),
        ),
    ]
    idle = {*updates.RULES, fsx_updates.fsx, fsx_updates.throughput, fsx_updates.file_system_zone}
    for changes, there in cases:
        settings, _ = checked(changes, ACCOUNT, REGION, there)
        idle -= {rule for rule in idle if any(rule(settings))}
    assert idle == set()


NOT_OF_THE_CONFIG = {
    "creationToken",
    "encrypted",
    "availabilityZoneName",
    "securityGroupIds",
}
"""Inputs that replace a file system, and that the program leaves alone or never changes."""
JUDGED = {
    "backupId",
    "copyTagsToBackups",
    "deploymentType",
    "driveCacheType",
    "efaEnabled",
    "exportPath",
    "importPath",
    "importedFileChunkSize",
    "kmsKeyId",
    "performanceMode",
    "storageType",
    "subnetIds",
}
"""Inputs that replace a file system, each judged by a rule: subnetIds by the zone."""


def test_every_input_that_replaces_a_file_system_is_judged_or_never_changes() -> None:
    replacing = {*LUSTRE_TYPE.replaces, *EFS_TYPE.replaces}
    assert replacing == JUDGED | NOT_OF_THE_CONFIG
