import json
from typing import Any, cast

import pulumi
import pytest

from components.datasets import Dataset
from components.storage.data_job_spec import ConsumeSpec, DataJobSpec, DownloadSpec
from components.storage.data_jobs import DataJobs
from components.storage.data_jobs_places import downloads_for
from tests.components.storage.samples import claim
from tests.mocks import Deployment, Registration, deploy

ROOTS = {"shared": "shared", "nfs": ""}


def download(directory: str = "downloads/digits", **settings: Any) -> DataJobSpec:
    if not settings.keys() & {"source", "dataset"}:
        settings["source"] = "https://example.com/set.tar.gz"
    return DataJobSpec(download=DownloadSpec(directory=directory, **settings))


def consume(directory: str = "downloads/digits", claim_name: Any = "shared") -> DataJobSpec:
    return DataJobSpec(consume=ConsumeSpec(directory=directory), claim=claim_name)


def jobs(**specs: DataJobSpec) -> Deployment:
    def program() -> None:
        dataset = pulumi.ComponentResource("test:index:Dataset", "digits", {})
        vars(dataset)["prefix"] = "datasets/digits/1234"
        inside = pulumi.ResourceOptions(parent=dataset)
        pulumi.CustomResource("test:index:Object", "object", {}, inside)
        shared = claim()
        made = DataJobs(
            "data-jobs",
            {
                "jobs": specs,
                "claims": {name: {"training": shared} for name in ("shared", "nfs")},
                "roots": ROOTS,
                "datasets": {"digits": cast("Dataset", dataset)},
                "cluster_name": "ml",
                "bucket_name": "data",
                "bucket_arn": "arn:aws:s3:::data",
                "bucket_key_access": [{"Sid": "Key"}],
                "image": "image:1",
            },
        )
        pulumi.export("names", made.job_names)

    return deploy(program)


def job(made: Deployment, name: str) -> Registration:
    return made.one("batch/v1:Job", f"data-jobs-{name}-job")


def pod(made: Deployment, name: str) -> dict[str, Any]:
    found: dict[str, Any] = job(made, name).inputs["spec"]["template"]["spec"]
    return found


def policies(made: Deployment) -> str:
    return json.dumps([each.inputs for each in made.of_type("RolePolicy")])


def test_a_download_makes_its_directory_as_root_and_fills_it_as_the_workloads_user() -> None:
    made = jobs(fetch=download(sha256="0" * 64, extract=True))
    spec = pod(made, "fetch")
    (main,), (first,) = spec["containers"], spec["initContainers"]
    assert main["command"] == ["python", "-m", "workloads.download"]
    assert main["args"] == [
        "https://example.com/set.tar.gz",
        "/data/downloads/digits",
        "--sha256",
        "0" * 64,
        "--extract",
    ]
    assert spec["securityContext"]["runAsUser"] == 1000
    assert first["args"] == ["/data/downloads/digits", "--owner", "1000:1000"]
    assert first["securityContext"]["runAsUser"] == 0
    assert "serviceAccountName" not in spec, "a URL needs no credentials"
    assert made.exports["names"]["fetch"].startswith("fetch-")


def test_a_download_of_objects_may_read_them_and_nothing_else() -> None:
    made = jobs(fetch=download(source="s3://other/sets/cifar/"))
    assert pod(made, "fetch")["serviceAccountName"] == "data-job-fetch"
    said = policies(made)
    assert ":s3:::other/sets/cifar/*" in said
    assert "arn:aws:s3:::data" not in said
    assert "Key" not in said.replace("kms", ""), "the key of the data bucket is for that alone"


def test_a_dataset_comes_from_the_prefix_of_its_content_once_it_is_there() -> None:
    made = jobs(fetch=download(dataset="digits"))
    (main,) = pod(made, "fetch")["containers"]
    assert main["args"][0] == "s3://data/datasets/digits/1234/"
    assert "arn:aws:s3:::data/datasets/digits/1234/*" in policies(made)
    waited = made.waits_in_the_end_for(job(made, "fetch"))
    assert made.one("test:index:Object").urn in waited


def test_a_reader_waits_for_the_download_and_cannot_write() -> None:
    made = jobs(read=consume(), fetch=download())
    (main,) = pod(made, "read")["containers"]
    assert main["args"] == ["/data/downloads/digits"]
    mount = next(one for one in main["volumeMounts"] if one["name"] == "storage")
    assert mount["readOnly"] is True
    assert job(made, "fetch").urn in made.waits_in_the_end_for(job(made, "read"))


def test_a_new_download_is_read_anew_and_another_image_changes_no_job() -> None:
    before = jobs(read=consume(), fetch=download()).exports["names"]
    after = jobs(read=consume(), fetch=download(extract=True)).exports["names"]
    assert before["fetch"] != after["fetch"]
    assert before["read"] != after["read"]
    assert job(jobs(fetch=download()), "fetch").options.ignoreChanges == ["spec"]


@pytest.mark.parametrize(
    ("reader", "awaited"),
    [
        (consume("downloads"), ["fetch"]),
        (consume("downloads/digits/train"), ["fetch"]),
        (consume("downloads/digits-2"), []),
        (consume("shared/downloads", "nfs"), ["fetch"]),
        (consume("downloads/digits", "nfs"), []),
    ],
)
def test_a_reader_waits_for_downloads_above_and_below_on_either_claim(
    reader: DataJobSpec, awaited: list[str]
) -> None:
    assert downloads_for("read", {"fetch": download(), "read": reader}, ROOTS) == awaited


def test_a_job_waits_for_its_volume() -> None:
    made = jobs(fetch=download())
    assert any(each.type == "test:index:Volume" for each in made.waits_for(job(made, "fetch")))
