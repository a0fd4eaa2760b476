import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.dataset import Dataset
from components.storage.dataset_copies import DatasetCopies, job_name
from tests.mocks import Deployment, deploy


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "train.csv"
    path.write_text("1,2\n")
    return str(path)


def copies(*files: str) -> Deployment:
    def program() -> None:
        datasets = {
            f"set-{number}": Dataset(
                f"data-set-{number}",
                {"name": f"set-{number}", "bucket_name": "data", "channels": {"train": each}},
            )
            for number, each in enumerate(files)
        }
        made = DatasetCopies(
            "copies",
            {
                "cluster_name": "ml-dev",
                "namespace": "training",
                "claim_name": "shared",
                "file_system_id": pulumi.Output.from_input("fs-1"),
                "bucket_name": pulumi.Output.from_input("data"),
                "bucket_arn": pulumi.Output.from_input("arn:aws:s3:::data"),
                "datasets": datasets,
            },
            after=[],
        )
        assert made.ready("another") == []

    return deploy(program)


def pod(job: Any) -> Any:
    return job.inputs["spec"]["template"]["spec"]


def test_a_job_makes_a_directory_of_the_claim_equal_to_the_bucket(file: str) -> None:
    (container,) = pod(copies(file).one(":Job"))["containers"]
    assert container["args"][:4] == [
        "s3",
        "sync",
        "s3://data/datasets/set-0/",
        "/storage/datasets/set-0/",
    ]
    assert container["volumeMounts"] == [{"name": "storage", "mountPath": "/storage"}]


def test_a_job_waits_for_its_objects_its_account_and_its_permissions(file: str) -> None:
    made = copies(file)
    waited = made.waits_for(made.one(":Job"))
    for kind in (":BucketObjectv2", ":ServiceAccount", ":PodIdentityAssociation", ":RolePolicy"):
        assert made.one(kind) in waited, f"the job would run before {kind}"


def test_the_pods_of_all_jobs_may_read_the_datasets_and_nothing_else(file: str) -> None:
    made = copies(file, file)
    policy = json.loads(made.one(":RolePolicy").inputs["policy"])
    assert [each["Action"] for each in policy["Statement"]] == [["s3:ListBucket"], ["s3:GetObject"]]
    assert policy["Statement"][1]["Resource"] == ["arn:aws:s3:::data/datasets/*"]
    assert {pod(job)["serviceAccountName"] for job in made.of_type(":Job")} == {"dataset-copy"}


def test_without_datasets_there_is_nothing() -> None:
    assert [each.type for each in copies().resources] == ["eks-ml-storage:data:DatasetCopies"]


def test_another_content_and_another_file_system_need_another_job() -> None:
    three = {job_name("d", "1", "fs-1"), job_name("d", "2", "fs-1"), job_name("d", "1", "fs-2")}
    assert len(three) == 3
    assert len(job_name("d" * 100, "1", "fs-1")) <= 63
