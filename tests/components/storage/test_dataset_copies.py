import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from rehearsal.kubernetes.controllers.kubelet.env_vars import expand

from components.data_source_spec import PREFIX
from components.datasets import Dataset
from components.iam import read_objects
from components.storage.content_pods import SCRIPTS
from components.storage.dataset_copies import DatasetCopies, copy_job_name
from tests.components.storage.samples import claim
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
                "claim": claim(),
                "bucket_name": "data",
                "bucket_access": read_objects("arn:aws:s3:::data", [PREFIX]),
                "datasets": datasets,
            },
        )
        assert made.jobs.keys() == datasets.keys()

    return deploy(program)


def pod(job: Any) -> Any:
    return job.inputs["spec"]["template"]["spec"]


def test_a_job_is_told_what_it_copies_file_by_file(file: str) -> None:
    made = copies(file)
    (container,) = pod(made.one(":Job"))["containers"]
    told = {each["name"]: each["value"] for each in container["env"]}
    prefix = made.one(":BucketObjectv2").inputs["key"].removesuffix("/train/train.csv")
    assert told["SOURCE"] == f"s3://data/{prefix}"
    assert told["DIRECTORY"] == prefix, "the digest is part of where it is, on the storage too"
    assert told["FILES"].split("\t") == [sha256(b"1,2\n").hexdigest(), "4", "train/train.csv\n"]
    assert container["volumeMounts"] == [{"name": "storage", "mountPath": "/storage"}]
    kubernetes_validate.validate(made.one(":Job").inputs, "1.34", strict=True)


def test_a_copy_of_wrong_content_is_not_tried_again(file: str) -> None:
    spec = copies(file).one(":Job").inputs["spec"]
    rule = spec["podFailurePolicy"]["rules"][0]
    assert rule["action"] == "FailJob"
    assert 65 in rule["onExitCodes"]["values"]


def test_kubernetes_leaves_scripts_and_names_as_they_are(tmp_path: Path) -> None:
    """It would put the value of a variable for $(STORAGE), and one dollar for two."""
    path = tmp_path / "a$$b$(STORAGE).csv"
    path.write_text("1\n")
    (container,) = pod(copies(str(path)).one(":Job"))["containers"]
    told = {each["name"]: each["value"] for each in container["env"]}
    assert expand(told["FILES"], told).endswith("\ttrain/a$$b$(STORAGE).csv\n")
    script = (SCRIPTS / "contents.sh").read_text() + (SCRIPTS / "copy.sh").read_text()
    assert expand(container["command"][2], told) == script


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
    kinds = {each.type for each in copies().resources} - {"test:index:Volume"}
    assert kinds == {"eks-ml-storage:data:DatasetCopies"}


def test_another_content_and_another_file_system_need_another_job() -> None:
    three = {
        copy_job_name("d", "1", "fs-1"),
        copy_job_name("d", "2", "fs-1"),
        copy_job_name("d", "1", "fs-2"),
    }
    assert len(three) == 3
    assert len(copy_job_name("d" * 100, "1", "fs-1")) <= 63
