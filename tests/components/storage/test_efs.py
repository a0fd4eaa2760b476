import json
from typing import Any

import pulumi
import pytest

from components.storage.efs import EfsStorage
from tests.components.samples import ZONES
from tests.components.storage.samples import EFS, storage
from tests.mocks import Deployment, deploy


def efs(file_system: dict[str, Any] | None = None, **changes: Any) -> Deployment:
    given = {**EFS, **(file_system or {})}
    return deploy(lambda: EfsStorage("fs", storage(given, **changes)))


def test_there_is_a_mount_target_in_each_zone() -> None:
    targets = efs().of_type(":MountTarget")
    assert {each.inputs["subnetId"] for each in targets} == {
        f"subnet-private-{zone}" for zone in ZONES
    }
    assert len({tuple(each.inputs["securityGroups"]) for each in targets}) == 1


def test_it_is_encrypted_and_elastic() -> None:
    inputs = efs().one(":FileSystem").inputs
    assert inputs["encrypted"] is True
    assert inputs["throughputMode"] == "elastic"
    assert "provisionedThroughputInMibps" not in inputs


def test_each_transition_is_a_lifecycle_policy_of_its_own() -> None:
    made = efs({"transition_to_archive": "AFTER_90_DAYS"})
    assert made.one(":FileSystem").inputs["lifecyclePolicies"] == [
        {"transitionToIa": "AFTER_30_DAYS"},
        {"transitionToArchive": "AFTER_90_DAYS"},
    ]


@pytest.mark.parametrize(("backup", "status"), [(True, "ENABLED"), (False, "DISABLED")])
def test_backups_are_on_or_off_by_word(backup: bool, status: str) -> None:
    made = efs({"backup": backup})
    assert made.one(":BackupPolicy").inputs["backupPolicy"] == {"status": status}


def test_nfs_is_open_to_the_clients_and_nothing_else_is() -> None:
    made = efs()
    (rule,) = made.of_type("Rule")
    assert rule.inputs["referencedSecurityGroupId"] == "sg-training"
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (2049, 2049)


def test_the_access_point_owns_its_directory() -> None:
    inputs = efs().one(":AccessPoint").inputs
    assert inputs["posixUser"] == {"uid": 1000, "gid": 1000}
    assert inputs["rootDirectory"] == {
        "path": "/shared",
        "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0775"},
    }


def test_writing_takes_tls_and_an_access_point_and_nobody_is_root() -> None:
    made = efs()
    policy = json.loads(made.one(":FileSystemPolicy").inputs["policy"])
    statements = {each["Sid"]: each for each in policy["Statement"]}
    write = "elasticfilesystem:ClientWrite"
    allowed = [
        each
        for each in statements.values()
        if each["Effect"] == "Allow" and write in each["Action"]
    ]
    assert [each["Sid"] for each in allowed] == ["WriteByAccessPoint"]
    assert "elasticfilesystem:AccessPointArn" in allowed[0]["Condition"]["StringLike"]
    denied = statements["WriteOverTlsOnly"]
    assert denied["Effect"] == "Deny"
    assert denied["Action"] == [write]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert "ClientRootAccess" not in json.dumps(policy)


def test_every_way_in_leads_through_a_mount_target() -> None:
    policy = json.loads(efs().one(":FileSystemPolicy").inputs["policy"])
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow":
            condition = statement["Condition"]["Bool"]
            assert condition == {"elasticfilesystem:AccessedViaMountTarget": "true"}


@pytest.mark.parametrize("protect", [True, False])
def test_only_the_file_system_is_protected(protect: bool) -> None:
    made = efs(protect=protect)
    protected = {each.name for each in made.resources if each.options.protect}
    assert protected == ({"fs-file-system"} if protect else set())


def test_pods_and_sagemaker_see_the_same_directory() -> None:
    def program() -> None:
        made = EfsStorage("fs", storage(EFS))
        pulumi.export("volume", made.volume)
        pulumi.export("id", made.file_system_id)
        pulumi.export("point", made.access_point_id)
        pulumi.export("source", made.data_source({"train": "datasets/digits/train"}, "sg-jobs"))
        pulumi.export("command", made.mount_command)
        pulumi.export("brings", made.brings("datasets/digits"))

    made = deploy(program).exports
    assert made["volume"]["handle"] == f"{made['id']}::{made['point']}"
    assert made["source"]["channels"] == {"train": "/shared/datasets/digits/train"}
    assert made["source"]["file_system_type"] == "EFS"
    assert len(made["source"]["subnet_ids"]) == len(ZONES)
    assert made["point"] in made["command"]
    assert made["brings"] is False, "EFS has no link to S3"


def test_whoever_mounts_waits_for_mount_targets_rules_and_the_access_point() -> None:
    seen: list[str] = []

    def program() -> None:
        seen.extend(each._name for each in EfsStorage("fs", storage(EFS)).ready)

    deploy(program)
    assert sorted(seen) == [
        "fs-access-point",
        "fs-from-training-2049",
        "fs-policy",
        "fs-us-west-2a",
        "fs-us-west-2b",
    ]
