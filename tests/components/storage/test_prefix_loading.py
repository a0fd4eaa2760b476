"""Data of other buckets is linked or copied, as the file system can; a pod reads its own only."""

import json
from typing import Any

import pulumi
import pytest

from components.data_source_spec import S3Prefix
from components.prefix_dataset import PrefixDataset
from components.prefix_listing import PrefixListing
from components.storage.fsx_links import shown_directory
from components.storage.fsx_spec import FsxSpec
from components.storage.prefix_loading import PrefixLoading
from tests.components.storage.samples import claim
from tests.mocks import Deployment, deploy

KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def images(**more: Any) -> PrefixDataset:
    content = PrefixListing("1a2b3c4d5e6f", 3, 5_000)
    place = S3Prefix("theirs", "images/")
    return PrefixDataset("images", place, content, {"train": "a", "test": "b"}, **more)


def loaded(dataset: PrefixDataset, shown: dict[str, str] | None = None) -> Deployment:
    def program() -> None:
        PrefixLoading(
            "loading",
            {
                "datasets": {"images": dataset},
                "shown": shown or {},
                "claim": claim(),
                "cluster_name": "ml",
                "image": "workloads:1",
            },
            pulumi.ResourceOptions(),
        )

    return deploy(program)


def arguments(made: Deployment) -> list[str]:
    pod = made.one(":Job").inputs["spec"]["template"]["spec"]
    return list(pod["containers"][0]["args"])


def test_a_copy_has_a_place_of_its_content_and_knows_its_size() -> None:
    given = arguments(loaded(images()))
    assert given[0] == "s3://theirs/images/"
    assert given[1].endswith("/datasets/images/1a2b3c4d5e6f")
    assert given[given.index("--digest") + 1] == "1a2b3c4d5e6f"
    assert given[given.index("--size") + 1] == "5000"
    assert "--shown" not in given


def test_where_a_link_shows_it_nothing_is_copied_or_made() -> None:
    made = loaded(images(), {"images": "theirs/images"})
    given = arguments(made)
    assert given[1].endswith("/theirs/images")
    assert "--shown" in given
    assert "initContainers" not in made.one(":Job").inputs["spec"]["template"]["spec"]


def policy(made: Deployment) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(made.one(":RolePolicy").inputs["policy"])[
        "Statement"
    ]
    return statements


def test_a_pod_may_read_the_prefix_of_its_dataset_and_nothing_else() -> None:
    listing, reading = policy(loaded(images()))
    assert listing["Resource"] == ["arn:aws:s3:::theirs"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["images/*"]}}
    assert reading["Action"] == ["s3:GetObject"]
    assert reading["Resource"] == ["arn:aws:s3:::theirs/images/*"]


def test_a_manifest_and_a_key_are_granted_too() -> None:
    _, reading, use, *_ = policy(loaded(images(manifest="m.json", kms_key_arn=KEY)))
    assert "arn:aws:s3:::theirs/m.json*" in reading["Resource"]
    assert use["Resource"] == [KEY]


def job_name(dataset: PrefixDataset) -> str:
    return str(loaded(dataset).one(":Job").inputs["metadata"]["name"])


def test_the_same_content_elsewhere_is_not_copied_again() -> None:
    moved = images()
    vars(moved)["place"] = S3Prefix("others", "copied/")
    assert job_name(moved) == job_name(images())
    changed = images()
    vars(changed)["content"] = PrefixListing("2a2b3c4d5e6f", 3, 5_000)
    assert job_name(changed) != job_name(images())


def association(path: str, **more: Any) -> FsxSpec:
    return FsxSpec(
        deployment_type="PERSISTENT_2",
        per_unit_storage_throughput=125,
        link=None,
        associations={"theirs": {"path": path, "file_system_path": "/theirs", **more}},
    )


@pytest.mark.parametrize(
    ("spec", "directory"),
    [
        (association("s3://theirs/images/"), "theirs/2026"),
        (association("s3://theirs"), "theirs/images/2026"),
        (association("s3://theirs/other/"), None),
        (association("s3://theirs-too/images/"), None),
        (association("images/"), None),
        (association("s3://theirs/images/", import_events=["NEW"]), None),
        (FsxSpec(link={"import_path": "s3://theirs/images/", "export_path": None}), "2026"),
        (
            FsxSpec(
                link={
                    "import_path": "s3://theirs/images/",
                    "export_path": None,
                    "auto_import_policy": "NEW",
                }
            ),
            None,
        ),
        (FsxSpec(), None),
    ],
)
def test_a_link_shows_the_objects_of_its_bucket_if_it_imports_every_change(
    spec: FsxSpec, directory: str | None
) -> None:
    assert shown_directory(spec, "theirs", "images/2026/") == directory


def test_a_completed_copy_goes_before_its_volume_is_replaced() -> None:
    """Its specification is left as it is, and its pod would hold the claim of the old volume."""
    made = loaded(images())
    job = made.one(":Job")
    assert list(job.options.replace_with) == [made.one(":Volume").urn]
    assert job.options.deleteBeforeReplace
