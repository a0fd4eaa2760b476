import json
from typing import Any

import pulumi
import pytest

from components.spec.errors import SpecError
from components.storage.base import LoadedDataset
from components.storage.old_contents import directories_in_use
from components.storage.s3_files import S3FilesFileSystem
from components.storage.s3_files_parts_spec import S3FilesAccessPointSpec
from components.storage.s3_files_spec import S3FilesSpec
from tests.components.samples import ZONES
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, deploy

KEY = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000001"
POLICY = "filesFileSystemPolicy:FilesFileSystemPolicy"


def file_system(more: dict[str, Any] | None = None, **settings: Any) -> S3FilesFileSystem:
    args: Any = {"spec": S3FilesSpec(**settings), **wiring(**(more or {}))}
    return S3FilesFileSystem("fs", args)


def files(more: dict[str, Any] | None = None, **settings: Any) -> Deployment:
    return deploy(lambda: file_system(more, **settings))


def answers(**settings: Any) -> dict[str, Any]:
    """Answers of the file system about a dataset."""

    def program() -> None:
        made = file_system(**settings)
        channels = {"train": made.path_of("datasets/digits/0a/train")}
        source = made.data_source(channels, "sg-jobs")
        pulumi.export("linked", made.is_linked("datasets/digits/0a"))
        pulumi.export("path", channels["train"])
        pulumi.export("uri", source.channels["train"])
        pulumi.export("inputs", made.input_prefixes("datasets/", "batches"))

    return deploy(program).exports


def statements(made: Deployment, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(made.one(":RolePolicy", name).inputs["policy"])[
        "Statement"
    ]
    return found


def test_it_shows_the_bucket_and_waits_for_the_permissions_of_its_role() -> None:
    made = files()
    system = made.one(":FilesFileSystem")
    assert system.inputs["bucket"] == "arn:aws:s3:::data"
    assert "prefix" not in system.inputs, "the provider reads an empty prefix back as none"
    waited = made.waits_for(system)
    assert made.one(":RolePolicy", "fs-service-policy") in waited


def test_it_waits_for_the_bucket_that_the_program_makes() -> None:
    def program() -> None:
        bucket = pulumi.CustomResource("test:index:Versioned", "bucket", {})
        opts = pulumi.ResourceOptions(depends_on=[bucket])
        S3FilesFileSystem("fs", {"spec": S3FilesSpec(), **wiring()}, opts)

    made = deploy(program)
    versioned = made.one("test:index:Versioned")
    assert versioned in made.waits_for(made.one(":FilesFileSystem"))
    assert versioned not in made.waits_for(made.one(":SecurityGroup")), "only what needs it waits"


def test_there_is_a_mount_target_in_each_zone() -> None:
    targets = files().of_type(":FilesMountTarget")
    assert {each.inputs["subnetId"] for each in targets} == {
        f"subnet-private-{zone}" for zone in ZONES
    }
    assert len({tuple(each.inputs["securityGroups"]) for each in targets}) == 1


def test_the_role_is_for_the_objects_of_the_prefix_and_trusts_s3_files_of_this_account() -> None:
    made = files(prefix="ml/")
    trusted = json.loads(made.one(":Role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trusted["Principal"] == {"Service": "elasticfilesystem.amazonaws.com"}
    assert trusted["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3files:us-west-2:123456789012:file-system/*"},
    }
    written = [
        one for one in statements(made, "fs-service-policy") if "s3:PutObject*" in one["Action"]
    ]
    assert [one["Resource"] for one in written] == [["arn:aws:s3:::data/ml/*"]]


def test_the_key_of_the_bucket_is_used_through_s3_only() -> None:
    plain, encrypted = files(), files({"bucket_kms_key_arn": KEY})
    assert "kms:" not in json.dumps(statements(plain, "fs-service-policy"))
    (key,) = [one for one in statements(encrypted, "fs-service-policy") if one["Resource"] == [KEY]]
    assert "kms:GenerateDataKey" in key["Action"]
    assert key["Condition"] == {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}


def test_claims_are_the_root_of_the_file_system_and_its_user() -> None:
    point = files().one(":FilesAccessPoint").inputs
    assert point["posixUsers"] == [{"uid": 0, "gid": 0}]
    assert point["rootDirectories"] == [{"path": "/"}]


def test_a_directory_of_ones_own_is_made_with_its_owner() -> None:
    own = S3FilesAccessPointSpec(path="/shared", uid=1000, gid=1000)
    point = files(access_point=own).one(":FilesAccessPoint").inputs
    creation = {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"}
    assert point["rootDirectories"] == [{"path": "/shared", "creationPermissions": [creation]}]


def test_nothing_is_mounted_without_an_access_point() -> None:
    (statement,) = json.loads(files().one(POLICY).inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert "s3files:ClientMount" in statement["Action"]
    assert statement["Condition"] == {"Null": {"s3files:AccessPointArn": "true"}}


def test_synchronization_is_said_whole() -> None:
    rules = [{"prefix": "sets/", "sizeLessThanBytes": 4096, "trigger": "ON_FILE_ACCESS"}]
    spec = S3FilesSpec.model_validate({"importRules": rules, "expirationDays": 7})
    made = deploy(lambda: S3FilesFileSystem("fs", {"spec": spec, **wiring()}))
    inputs = made.one(":FilesSynchronizationConfiguration").inputs
    rule = {"prefix": "sets/", "trigger": "ON_FILE_ACCESS", "sizeLessThan": 4096}
    assert inputs["importDataRules"] == [rule]
    assert inputs["expirationDataRules"] == [{"daysAfterLastAccess": 7}]


@pytest.mark.parametrize(
    ("settings", "linked", "path", "inputs"),
    [
        ({}, True, "datasets/digits/0a/train", ["datasets/", "batches/"]),
        ({"prefix": "datasets/"}, True, "digits/0a/train", ["datasets/", "datasets/batches/"]),
        ({"prefix": "ml/"}, False, "datasets/digits/0a/train", ["ml/datasets/", "ml/batches/"]),
        (
            {"access_point": S3FilesAccessPointSpec(path="/datasets")},
            True,
            "digits/0a/train",
            ["datasets/", "datasets/batches/"],
        ),
    ],
)
def test_sagemaker_reads_the_objects_of_the_files_that_pods_see(
    settings: dict[str, Any], linked: bool, path: str, inputs: list[str]
) -> None:
    made = answers(**settings)
    assert made["linked"] is linked
    assert made["path"] == path
    root = S3FilesSpec(**settings).root
    assert made["uri"] == f"s3://data/{root}{path}/"
    assert made["inputs"] == inputs
    assert any(f"{root}{path}/".startswith(one) for one in inputs)


def test_a_job_reads_a_dataset_where_it_lies_and_waits_for_no_copy_of_it() -> None:
    def program() -> None:
        theirs = LoadedDataset(
            name="images",
            digest="1a2b3c4d5e6f",
            channels={"train": "datasets/images/1a2b3c4d5e6f/a"},
            loading_jobs=(pulumi.ComponentResource("test:test:Copy", "copy"),),
            uris={"train": "s3://theirs/images/a/"},
        )
        made = file_system()
        source = made.dataset_source(theirs, "sg-jobs")
        pulumi.export("source", source.of_channel("train"))
        assert made.waits_of_jobs(theirs) == ()

    assert deploy(program).exports["source"] == {
        "s3DataSource": {
            "s3DataType": "S3Prefix",
            "s3URI": "s3://theirs/images/a/",
            "s3DataDistributionType": "FullyReplicated",
        }
    }


def test_pods_mount_by_the_access_point_and_the_driver_is_told_the_service() -> None:
    def program() -> None:
        made = file_system()
        pulumi.export("volume", vars(made.volume))
        (default,) = made.storage_classes
        pulumi.export("class", vars(default))
        pulumi.export("id", made.file_system_id)
        pulumi.export("point", made.access_point_id)
        pulumi.export("command", made.mount_command)

    made = deploy(program).exports
    assert made["volume"]["handle"] == f"s3files:{made['id']}::{made['point']}"
    assert made["class"]["parameters"]["provisioningMode"] == "s3files-ap"
    assert made["command"].startswith(f"mount -t s3files -o accesspoint={made['point']} ")


def test_former_datasets_go_with_their_objects_and_no_file_of_the_bucket_is_removed() -> None:
    class Dataset:
        prefix = "datasets/digits/0a"

    def program() -> None:
        datasets: Any = {"digits": Dataset()}
        models = [pulumi.Output.from_input("models/a/1")]
        assert directories_in_use(file_system(), datasets, models) == []

    deploy(program)


def test_only_the_file_system_is_protected() -> None:
    protected = {each.name for each in files({"protect": True}).resources if each.options.protect}
    assert protected == {"fs-file-system"}


def test_a_bucket_is_needed() -> None:
    def program() -> None:
        args: Any = {"spec": S3FilesSpec(), **wiring()}
        del args["bucket_name"]
        S3FilesFileSystem("fs", args)

    with pytest.raises(pulumi.RunError, match="pass bucket_name"):
        deploy(program)


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"prefix": "ml"}, "one slash after each"),
        ({"prefix": "/ml/"}, "none before the first"),
        ({"prefix": "ml//x/"}, "one slash after each"),
        ({"prefix": "a/../"}, "one slash after each"),
        ({"prefix": f"{'x' * 1024}/"}, "at most 1024 characters"),
        ({"kmsKeyArn": "alias/mine"}, "ARN of a KMS key"),
        ({"importRules": []}, "1 to 10 rules"),
        ({"importRules": [{"prefix": f"{i}/"} for i in range(11)]}, "1 to 10 rules"),
        ({"importRules": [{}, {}]}, "by one rule only"),
        ({"importRules": [{"prefix": "x"}]}, "one slash after each"),
        ({"importRules": [{"sizeLessThanBytes": -1}]}, "greater than or equal to 0"),
        ({"expirationDays": 366}, "less than or equal to 365"),
        ({"accessPoint": {"path": "shared"}}, "an absolute path"),
        ({"accessPoint": {"path": "/a/b/c/d/e"}}, "1 to 4 directories"),
        ({"accessPoint": {"uid": 1000}}, "belongs to user 0"),
        ({"accessPoint": {"permissions": "rwx"}}, "octal digits"),
        ({"accessPoint": {"permissions": "0555"}}, "read, write and enter"),
    ],
)
def test_what_s3_files_would_refuse_is_refused(settings: dict[str, Any], rule: str) -> None:
    try:
        found = [one.rule for one in S3FilesSpec.model_validate(settings).problems()]
    except ValueError as error:
        found = [str(error)]
    assert len(found) == 1
    assert rule in found[0]


def test_a_component_does_not_take_a_spec_that_breaks_a_rule() -> None:
    with pytest.raises(SpecError, match="one slash after each"):
        S3FilesSpec(prefix="ml")
