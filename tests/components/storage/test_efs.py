import json
from typing import Any

import pulumi
import pytest

from components.spec.errors import SpecError
from components.storage.efs import EfsFileSystem
from components.storage.efs_access_point_spec import AccessPointSpec
from components.storage.efs_policy_spec import PolicyStatementSpec
from components.storage.efs_replication_spec import ReplicationSpec
from components.storage.efs_spec import OWN_SIDS, EfsSpec
from tests.components.samples import ZONES
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, deploy


def file_system(**settings: Any) -> EfsFileSystem:
    return EfsFileSystem("fs", {"spec": EfsSpec(**settings), **wiring()})


def efs(**settings: Any) -> Deployment:
    return deploy(lambda: file_system(**settings))


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
    made = efs(transition_to_archive="AFTER_90_DAYS")
    assert made.one(":FileSystem").inputs["lifecyclePolicies"] == [
        {"transitionToIa": "AFTER_30_DAYS"},
        {"transitionToArchive": "AFTER_90_DAYS"},
    ]


@pytest.mark.parametrize(("backup", "status"), [(True, "ENABLED"), (False, "DISABLED")])
def test_backups_are_on_or_off_by_word(backup: bool, status: str) -> None:
    made = efs(backup=backup)
    assert made.one(":BackupPolicy").inputs["backupPolicy"] == {"status": status}


def test_a_one_zone_file_system_has_one_mount_target_and_its_pods_beside_it() -> None:
    volumes: list[Any] = []

    def program() -> None:
        found = file_system(zone="us-west-2b")
        volumes.append(found.volume)
        pulumi.export("zones", found.zones)
        pulumi.export("subnets", found.subnet_ids)
        pulumi.export("class", found.storage_classes[0].mount_options)
        pulumi.export("command", found.mount_command)

    made = deploy(program)
    assert made.one(":FileSystem").inputs["availabilityZoneName"] == "us-west-2b"
    assert made.one(":MountTarget").inputs["subnetId"] == "subnet-private-us-west-2b"
    assert made.exports["zones"] == ["us-west-2b"]
    assert made.exports["subnets"] == ["subnet-private-us-west-2b"], "SageMaker's jobs run there"
    assert volumes[0].zone == "us-west-2b"
    for options in (volumes[0].mount_options, made.exports["class"]):
        assert options == ["noresvport", "az=us-west-2b"]
    assert "az=us-west-2b" in made.exports["command"]


def test_further_access_points_have_directories_and_owners_of_their_own() -> None:
    points = {"team-a": AccessPointSpec(path="/teams/a", uid=2001, gid=2001, permissions="0750")}

    def program() -> None:
        found = file_system(access_points=points)
        pulumi.export("ids", found.access_point_ids)

    made = deploy(program)
    inputs = made.one(":AccessPoint", "fs-access-point-team-a").inputs
    assert inputs["posixUser"] == {"uid": 2001, "gid": 2001}
    assert inputs["rootDirectory"] == {
        "path": "/teams/a",
        "creationInfo": {"ownerUid": 2001, "ownerGid": 2001, "permissions": "0750"},
    }
    assert made.exports["ids"]["team-a"].startswith("fsap-")


def test_a_file_that_is_read_returns_to_standard() -> None:
    made = efs(transition_to_primary_storage_class="AFTER_1_ACCESS")
    assert made.one(":FileSystem").inputs["lifecyclePolicies"] == [
        {"transitionToIa": "AFTER_30_DAYS"},
        {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
    ]


def test_a_replication_names_its_destination_and_goes_before_another_comes() -> None:
    made = efs(replication=ReplicationSpec(region="us-east-1"))
    copy = made.one(":ReplicationConfiguration")
    assert copy.inputs["destination"] == {"region": "us-east-1"}
    assert copy.options.deleteBeforeReplace, "a file system is in one replication"
    assert made.one(":FileSystem").urn in copy.dependencies
    assert efs().of_type(":ReplicationConfiguration") == []


def test_a_users_statements_are_added_to_the_programs_own() -> None:
    audit = "arn:aws:iam::123456789012:role/audit"
    statement = PolicyStatementSpec(
        sid="AuditReads",
        effect="Allow",
        principals=(audit,),
        actions=("elasticfilesystem:ClientMount",),
        conditions={"Bool": {"aws:SecureTransport": "true"}},
    )
    policy = json.loads(efs(policy=(statement,)).one(":FileSystemPolicy").inputs["policy"])
    first = policy["Statement"][0]
    assert policy["Statement"][-1] == {
        "Sid": "AuditReads",
        "Effect": "Allow",
        "Principal": {"AWS": [audit]},
        "Action": ["elasticfilesystem:ClientMount"],
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        "Resource": first["Resource"],
    }
    assert {one["Sid"] for one in policy["Statement"][:-1]} == {*OWN_SIDS} - {"EverythingByNfs"}


def test_nfs_is_open_to_the_clients_and_nothing_else_is() -> None:
    made = deploy(lambda: file_system().allow_from("training", "sg-training"))
    (rule,) = made.of_type("Rule")
    assert rule.parent == made.one(":ClientAccess", "fs-efs-training").urn
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
    made = deploy(lambda: EfsFileSystem("fs", {"spec": EfsSpec(), **wiring(protect=protect)}))
    protected = {each.name for each in made.resources if each.options.protect}
    assert protected == ({"fs-file-system"} if protect else set())


def test_pods_and_sagemaker_see_the_same_directory() -> None:
    def program() -> None:
        made = file_system()
        pulumi.export("volume", vars(made.volume))
        pulumi.export("id", made.file_system_id)
        pulumi.export("point", made.access_point_id)
        source = made.data_source({"train": made.path_of("datasets/digits/train")}, "sg-jobs")
        pulumi.export("source", vars(source))
        pulumi.export("command", made.mount_command)
        pulumi.export("linked", made.is_linked("datasets/digits"))

    made = deploy(program).exports
    assert made["volume"]["handle"] == f"{made['id']}::{made['point']}"
    assert made["source"]["channels"] == {"train": "/shared/datasets/digits/train"}
    assert made["source"]["file_system_type"] == "EFS"
    assert len(made["source"]["subnet_ids"]) == len(ZONES)
    assert made["point"] in made["command"]
    assert made["linked"] is False, "EFS has no link to S3"


def test_whoever_depends_on_it_waits_for_mount_targets_and_the_access_point() -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(depends_on=[file_system()])
        pulumi.CustomResource("test:index:Reader", "reader", {}, opts)

    made = deploy(program)
    waited = {each.name for each in made.waits_for(made.one("test:index:Reader"))}
    assert waited >= {"fs-access-point", "fs-policy", "fs-us-west-2a", "fs-us-west-2b"}


def test_a_wrong_spec_is_refused_with_all_its_errors_in_the_words_of_the_config() -> None:
    with pytest.raises(SpecError) as caught:
        EfsSpec(
            performance_mode="maxIO",
            provisioned_throughput_mibps=100,
            access_point=AccessPointSpec.model_construct(path="/", permissions="0555"),
        )
    text = str(caught.value)
    for sentence in (
        "EfsSpec has 4 errors.",
        "EfsSpec.performance_mode\n     rule:   maxIO is not offered with elastic throughput",
        "EfsSpec.provisioned_throughput_mibps\n     rule:   has no meaning with throughputMode",
        "EfsSpec.access_point.path\n     rule:   must be an absolute path of 1 to 4 directories",
        "EfsSpec.access_point.permissions\n     rule:   pods act as the directory's owner",
    ):
        assert sentence in text
