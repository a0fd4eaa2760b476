from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from rehearsal.aws.policy import Decision, Request, decide

from components.spec.errors import SpecError
from components.storage.fsx import FsxFileSystem
from components.storage.fsx_driver import controller_policy
from components.storage.fsx_link_spec import FsxLinkSpec
from components.storage.fsx_links import imported_path, s3_path
from components.storage.fsx_spec import FsxSpec
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, Registration, deploy

LINK = FsxLinkSpec(auto_import_policy="NEW_CHANGED")


def file_system(
    spec: FsxSpec | None = None, opts: pulumi.ResourceOptions | None = None, **changes: Any
) -> FsxFileSystem:
    spec = spec or FsxSpec(link=LINK)
    return FsxFileSystem("fs", {"spec": spec, **wiring(**changes)}, opts)


def lustre(spec: FsxSpec | None = None, **changes: Any) -> Deployment:
    return deploy(lambda: file_system(spec, **changes))


def inputs(**settings: Any) -> Any:
    return lustre(FsxSpec(**settings)).one(":LustreFileSystem").inputs


def opened(rules: list[Registration]) -> set[tuple[str, str, int, int]]:
    return {
        (
            each.inputs["securityGroupId"],
            each.inputs["referencedSecurityGroupId"],
            each.inputs["fromPort"],
            each.inputs["toPort"],
        )
        for each in rules
    }


def test_the_file_system_waits_for_every_rule_and_not_only_for_its_group() -> None:
    made = lustre()
    waited = made.waits_for(made.one(":LustreFileSystem"))
    rules = [*made.of_type(":SecurityGroupIngressRule"), *made.of_type(":SecurityGroupEgressRule")]
    assert len(rules) == 4
    assert all(rule in waited for rule in rules)


def test_lustre_is_open_both_ways_among_servers_and_between_them_and_clients() -> None:
    made = deploy(lambda: file_system().allow_from("training", "sg-training"))
    group = made.one(":SecurityGroup").options.name
    assert group == "fs-file-servers"
    own = made.of_type(":SecurityGroupIngressRule")[0].inputs["securityGroupId"]
    client = "sg-training"
    ports = ((988, 988), (1018, 1023))
    assert opened(made.of_type(":SecurityGroupIngressRule")) == {
        pair + each for each in ports for pair in ((own, own), (own, client), (client, own))
    }
    assert opened(made.of_type(":SecurityGroupEgressRule")) == {
        pair + each for each in ports for pair in ((own, own), (own, client))
    }


def test_clients_are_let_in_later_by_rules_that_the_file_system_does_not_wait_for() -> None:
    def program() -> None:
        file_system().allow_from("nodes", aws.ec2.SecurityGroup("late").id)

    made = deploy(program)
    late = made.one(":SecurityGroup", "late").urn
    assert late not in made.waits_in_the_end_for(made.one(":LustreFileSystem"))
    access = made.one(":ClientAccess", "fs-fsx-nodes").urn
    rules = [each.name for each in made.of_type("Rule") if each.parent == access]
    assert sorted(rules) == [
        "fs-fsx-from-nodes-1018-1023",
        "fs-fsx-from-nodes-988",
        "fs-fsx-from-servers-to-nodes-1018-1023",
        "fs-fsx-from-servers-to-nodes-988",
        "fs-fsx-to-nodes-1018-1023",
        "fs-fsx-to-nodes-988",
    ]


def test_the_version_is_always_said_because_the_default_is_too_old() -> None:
    assert inputs()["fileSystemTypeVersion"] == "2.15"


def test_it_lies_in_one_subnet_that_of_its_zone() -> None:
    assert inputs()["subnetIds"] == "subnet-private-us-west-2a", "the first zone when none is named"
    assert inputs(zone="us-west-2b")["subnetIds"] == "subnet-private-us-west-2b"


def test_a_zone_without_a_subnet_is_named_with_those_that_have_one() -> None:
    with pytest.raises(pulumi.RunError, match=r"zone is us-west-2d.*us-west-2a, us-west-2b"):
        lustre(FsxSpec(zone="us-west-2d"))


def test_backups_are_refused_by_word_when_there_are_to_be_none() -> None:
    assert inputs()["automaticBackupRetentionDays"] == 0


def test_a_scratch_file_system_is_asked_nothing_of_throughput_or_backups() -> None:
    scratch = inputs(deployment_type="SCRATCH_2", link=None)
    assert "automaticBackupRetentionDays" not in scratch
    assert "perUnitStorageThroughput" not in scratch


def test_a_link_names_the_data_bucket_for_prefixes() -> None:
    linked = inputs(link=LINK)
    assert linked["importPath"] == "s3://data/datasets/"
    assert linked["exportPath"] == "s3://data/exports/"
    assert linked["autoImportPolicy"] == "NEW_CHANGED"
    assert linked["importedFileChunkSize"] == 1024


def test_without_a_link_nothing_of_s3_is_said() -> None:
    unlinked = inputs(link=None)
    assert not {"importPath", "exportPath", "autoImportPolicy", "importedFileChunkSize"} & set(
        unlinked
    )


def test_a_prefix_without_a_data_bucket_is_refused_with_the_ways_out() -> None:
    def program() -> None:
        args = wiring()
        del args["bucket_name"]
        FsxFileSystem("fs", {"spec": FsxSpec(), **args})

    with pytest.raises(pulumi.RunError, match="'datasets/' is a prefix of the data bucket"):
        deploy(program)


@pytest.mark.parametrize(("link", "waits"), [(LINK, True), (None, False)])
def test_a_linked_file_system_lists_the_bucket_after_the_objects_are_in_it(
    link: FsxLinkSpec | None, waits: bool
) -> None:
    def program() -> None:
        objects = aws.s3.BucketObjectv2("an-object", bucket="data")
        file_system(FsxSpec(link=link), pulumi.ResourceOptions(depends_on=[objects]))

    made = deploy(program)
    waited = made.waits_for(made.one(":LustreFileSystem"))
    assert (made.one(":BucketObjectv2") in waited) is waits


@pytest.mark.parametrize("protect", [True, False])
def test_only_the_file_system_is_protected(protect: bool) -> None:
    made = lustre(protect=protect)
    protected = {each.name for each in made.resources if each.options.protect}
    assert protected == ({"fs-file-system"} if protect else set())


def test_creation_may_take_longer_than_pulumi_would_wait_by_itself() -> None:
    assert lustre().one(":LustreFileSystem").options.customTimeouts.create == "40m"


@pytest.mark.parametrize(
    ("import_path", "key", "expected"),
    [
        ("datasets/", "datasets/digits/train", "digits/train"),
        ("datasets", "datasets/digits", "digits"),
        ("/datasets/", "datasets/digits", "digits"),
        ("", "datasets/digits", "datasets/digits"),
        ("/", "datasets/digits", "datasets/digits"),
        ("datasets/digits/", "datasets/digits", ""),
        ("data", "datasets/digits", None),
        ("models/", "datasets/digits", None),
        ("datasets/digits/train/", "datasets/digits", None),
        ("s3://other/datasets/", "datasets/digits", None),
    ],
)
def test_where_a_key_appears_below_an_import_path(
    import_path: str, key: str, expected: str | None
) -> None:
    assert imported_path(import_path, key) == expected


def test_a_whole_s3_path_is_taken_as_it_is() -> None:
    def program() -> None:
        pulumi.export("path", s3_path("fs", "data", "s3://theirs/x/"))

    assert deploy(program).exports == {"path": "s3://theirs/x/"}


@pytest.mark.parametrize(
    ("link", "directory"),
    [(LINK, "digits/train"), (None, "datasets/digits/train")],
)
def test_sagemaker_reads_below_the_mount_name(link: FsxLinkSpec | None, directory: str) -> None:
    def program() -> None:
        made = file_system(FsxSpec(link=link))
        pulumi.export("linked", made.is_linked("datasets/digits"))
        pulumi.export("mount", made.mount_name)
        source = made.data_source({"train": made.path_of("datasets/digits/train")}, "sg-jobs")
        pulumi.export("source", vars(source))

    made = deploy(program).exports
    assert made["linked"] is (link is not None)
    assert made["source"]["channels"] == {"train": f"/{made['mount']}/{directory}"}
    assert made["source"]["file_system_type"] == "FSxLustre"
    assert made["source"]["subnet_ids"] == ["subnet-private-us-west-2a"], (
        "the zone of the file system"
    )


def test_a_volume_has_the_real_names_and_a_host_mounts_by_them() -> None:
    def program() -> None:
        made = file_system()
        pulumi.export("volume", vars(made.volume))
        pulumi.export("command", made.mount_command)

    made = deploy(program).exports
    attributes = made["volume"]["attributes"]
    assert attributes["dnsname"].startswith(made["volume"]["handle"])
    device = f"{attributes['dnsname']}@tcp:/{attributes['mountname']}"
    assert made["command"] == f"mount -t lustre -o relatime,flock {device} /mnt"
    assert made["volume"]["mount_options"] == ["flock"]
    assert made["volume"]["capacity"] == "1200Gi"


def test_the_parameters_of_the_storage_class_are_all_text() -> None:
    def program() -> None:
        pulumi.export("class", vars(file_system().storage_classes[0]))

    parameters = deploy(program).exports["class"]["parameters"]
    assert all(isinstance(value, str) for value in parameters.values())
    assert parameters["perUnitStorageThroughput"] == "50"
    assert "s3ImportPath" not in parameters, "a claim of one's own has nothing of ours in it"


SHARED = {"Project": "eks-ml-storage", "Stack": "dev"}
MADE = {"CSIVolumeName": "pvc-1"}


def may(action: str, *, held: Mapping[str, str], asked: Mapping[str, str] | None = None) -> bool:
    """Return whether the controller may do it, given tags of the file system and of the call."""
    context: dict[str, str | list[str]] = {f"aws:ResourceTag/{key}": it for key, it in held.items()}
    context |= {f"aws:RequestTag/{key}": it for key, it in (asked or {}).items()}
    request = Request(action, "arn:aws:fsx:us-west-2:1:file-system/fs-1", context)
    return decide([controller_policy(FsxSpec())], request) is Decision.ALLOWED


def test_the_driver_makes_resizes_and_deletes_file_systems_of_its_own() -> None:
    assert may("fsx:CreateFileSystem", held={}, asked=MADE)
    assert may("fsx:TagResource", held={}, asked=MADE), "the tags of the request that makes it"
    for action in ("fsx:UpdateFileSystem", "fsx:DeleteFileSystem"):
        assert may(action, held=MADE)


def test_the_driver_can_neither_delete_the_shared_file_system_nor_make_it_look_like_its_own() -> (
    None
):
    for action in ("fsx:UpdateFileSystem", "fsx:DeleteFileSystem"):
        assert not may(action, held=SHARED)
    assert not may("fsx:TagResource", held=SHARED, asked=MADE)
    assert not may("fsx:TagResource", held=SHARED)


def test_the_driver_makes_nothing_without_its_mark() -> None:
    assert not may("fsx:CreateFileSystem", held={}, asked={"Team": "a"})
    assert not may("fsx:CreateFileSystem", held={})


def test_a_claim_of_a_stack_with_a_key_of_its_own_can_be_encrypted_with_it() -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/k"
    context: dict[str, str | list[str]] = {
        "kms:ViaService": "fsx.us-west-2.amazonaws.com",
        "kms:GrantIsForAWSResource": "true",
    }
    for action in ("kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"):
        allowed = decide(
            [controller_policy(FsxSpec(kms_key_arn=key))], Request(action, key, context)
        )
        assert allowed is Decision.ALLOWED, action
        assert decide([controller_policy(FsxSpec())], Request(action, key, context)) is not allowed
        assert (
            decide(
                [controller_policy(FsxSpec(kms_key_arn=key))], Request(action, f"{key}2", context)
            )
            is not allowed
        )


KEY = "arn:aws:kms:us-west-2:123456789012:key/k"


def test_the_link_to_a_bucket_with_a_customers_key_may_use_the_key() -> None:
    made = lustre(bucket_kms_key_arn=KEY)
    grant = made.one(":Grant").inputs
    assert grant["keyId"] == KEY
    (system,) = made.of_type(":LustreFileSystem")
    assert grant["granteePrincipal"].startswith(
        "arn:aws:iam::123456789012:role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/"
        "AWSServiceRoleForFSxS3Access_fs-"
    )
    assert {"Decrypt", "GenerateDataKey"} <= {*grant["operations"]}
    assert system in made.waits_for(made.one(":Grant"))


def test_without_a_customers_key_or_without_a_link_there_is_no_grant() -> None:
    assert lustre().of_type(":Grant") == []
    assert lustre(FsxSpec(link=None), bucket_kms_key_arn=KEY).of_type(":Grant") == []


def test_a_wrong_spec_is_refused_with_all_its_errors_in_the_words_of_the_config() -> None:
    with pytest.raises(SpecError) as caught:
        FsxSpec(
            deployment_type="SCRATCH_2",
            storage_type="HDD",
            automatic_backup_retention_days=91,
            kms_key_arn="alias/mine",
            link=FsxLinkSpec.model_construct(import_path="https://x", export_path=None),
        )
    text = str(caught.value)
    for sentence in (
        "FsxSpec has 6 errors.",
        "FsxSpec.storage_type\n     rule:   HDD storage is offered for PERSISTENT_1 only",
        "FsxSpec.drive_cache_type\n     rule:   HDD storage must say NONE or READ",
        "FsxSpec.automatic_backup_retention_days\n     rule:   must be less than or equal to 90",
        "FsxSpec.kms_key_arn\n     rule:   must be the ARN of a KMS key",
        "FsxSpec.link.import_path\n     rule:   must be a prefix of the data bucket",
    ):
        assert sentence in text
