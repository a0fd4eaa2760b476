"""Data repository associations of FSx for Lustre: what links directories to S3."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.spec.errors import SpecError
from components.storage.fsx import FsxFileSystem
from components.storage.fsx_association_spec import FsxAssociationSpec
from components.storage.fsx_spec import FsxSpec
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, deploy

DATA = FsxAssociationSpec(path="datasets", file_system_path="/datasets")
RESULTS = FsxAssociationSpec(
    path="s3://theirs/results/",
    file_system_path="/results",
    import_events=(),
    export_events=("DELETED", "NEW"),
    batch_import=False,
)
SPEC = FsxSpec(
    deployment_type="PERSISTENT_2",
    link=None,
    associations={"data": DATA, "results": RESULTS},
)


def deployed(spec: FsxSpec = SPEC, **changes: Any) -> Deployment:
    def program() -> None:
        objects = aws.s3.BucketObjectv2("an-object", bucket="data")
        args: Any = {"spec": spec, **wiring(**changes)}
        FsxFileSystem("fs", args, pulumi.ResourceOptions(depends_on=[objects]))

    return deploy(program)


def test_each_directory_is_linked_to_its_prefix_with_the_events_in_order() -> None:
    made = deployed()
    data = made.one(":DataRepositoryAssociation", "fs-association-data").inputs
    assert data["dataRepositoryPath"] == "s3://data/datasets/", "with the slash that FSx adds"
    assert data["fileSystemPath"] == "/datasets"
    assert data["batchImportMetaDataOnCreate"] is True
    assert data["s3"] == {"autoImportPolicy": {"events": ["NEW", "CHANGED", "DELETED"]}}
    results = made.one(":DataRepositoryAssociation", "fs-association-results").inputs
    assert results["dataRepositoryPath"] == "s3://theirs/results/"
    assert results["s3"] == {"autoExportPolicy": {"events": ["NEW", "DELETED"]}}


def test_the_file_system_itself_has_no_paths_and_does_not_wait_for_the_bucket() -> None:
    made = deployed()
    lustre = made.one(":LustreFileSystem")
    assert not {"importPath", "exportPath", "autoImportPolicy"} & set(lustre.inputs)
    objects = made.one(":BucketObjectv2")
    assert objects not in made.waits_for(lustre)
    assert objects in made.waits_for(made.one(":DataRepositoryAssociation", "fs-association-data"))


def test_a_changed_path_deletes_the_old_association_first_because_fsx_refuses_two() -> None:
    options = deployed().one(":DataRepositoryAssociation", "fs-association-data").options
    assert options.deleteBeforeReplace
    assert options.customTimeouts.create == "60m", "the names of many objects take their time"


def test_the_key_of_the_bucket_is_granted_to_the_role_that_the_first_association_makes() -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/k"
    made = deployed(bucket_kms_key_arn=key)
    grant = made.one(":Grant")
    assert grant.inputs["keyId"] == key
    waited = made.waits_for(grant)
    assert all(one in waited for one in made.of_type(":DataRepositoryAssociation"))


@pytest.mark.parametrize(
    ("changes", "linked"),
    [
        ({}, "sets/digits/1"),
        ({"file_system_path": "/"}, "digits/1"),
        ({"path": ""}, "sets/datasets/digits/1"),
        ({"path": "datasets/digits/"}, "sets/1"),
        ({"import_events": ("NEW",)}, "sets/digits/1"),
        ({"import_events": ("CHANGED", "DELETED")}, None),
        ({"batch_import": False}, None),
        ({"path": "models/"}, None),
        ({"path": "s3://other/datasets/"}, None),
    ],
)
def test_a_dataset_is_read_where_an_association_shows_all_of_it(
    changes: dict[str, Any], linked: str | None
) -> None:
    one = FsxAssociationSpec(**{"path": "datasets/", "file_system_path": "/sets", **changes})
    found: list[Any] = []

    def program() -> None:
        spec = FsxSpec(link=None, associations={"one": one})
        made = FsxFileSystem("fs", {"spec": spec, **wiring()})
        found.extend([made.is_linked("datasets/digits/1"), made.path_of("datasets/digits/1")])

    deploy(program)
    assert found == [linked is not None, linked or "datasets/digits/1"]


def test_a_prefix_without_a_data_bucket_is_refused() -> None:
    def program() -> None:
        args = wiring()
        del args["bucket_name"]
        FsxFileSystem("fs", {"spec": SPEC, **args})

    with pytest.raises(pulumi.RunError, match="'datasets/' is a prefix of the data bucket"):
        deploy(program)


def test_a_wrong_spec_is_refused_in_python_too() -> None:
    with pytest.raises(SpecError, match="either a link or associations"):
        FsxSpec(associations={"data": DATA})
