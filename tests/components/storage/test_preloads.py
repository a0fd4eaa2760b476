from pathlib import Path
from typing import Any

import kubernetes_validate
import pulumi
import pytest

from components.dataset import Dataset
from components.storage.preloads import Preloads
from tests.mocks import Deployment, deploy


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv"
    path.write_text("1,2\n")
    return path


def preloads(*files: Path, file_system_id: str = "fs-1") -> Deployment:
    def program() -> None:
        names = [f"set-{number}" for number in range(len(files))]
        made = Preloads(
            "preloads",
            {
                "image": "workloads:1",
                "namespace": "training",
                "claim_name": "shared",
                "mount_path": "/data",
                "file_system_id": pulumi.Output.from_input(file_system_id),
                "datasets": {
                    name: Dataset(
                        f"data-{name}",
                        {"name": name, "bucket_name": "data", "channels": {"train": str(each)}},
                    )
                    for name, each in zip(names, files, strict=True)
                },
                "directories": {name: f"below/{name}" for name in names},
            },
            after=[],
        )
        assert made.ready("another") == []
        assert [len(made.ready(name)) for name in names] == [1] * len(files)

    return deploy(program)


def name(deployment: Deployment) -> Any:
    return deployment.one(":Job").inputs["metadata"]["name"]


def test_a_job_reads_the_directory_where_the_link_shows_the_dataset(file: Path) -> None:
    job = preloads(file).one(":Job").inputs
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["python", "-m", "workloads.preload"]
    assert container["args"] == ["/data/below/set-0"]
    assert {"name": "storage", "persistentVolumeClaim": {"claimName": "shared"}} in pod["volumes"]
    kubernetes_validate.validate(job, "1.36", strict=True)


def test_there_is_a_job_for_each_dataset_and_none_without(file: Path) -> None:
    assert len(preloads(file, file).of_type(":Job")) == 2
    assert [each.type for each in preloads().resources] == ["eks-ml-storage:data:Preloads"]


def test_a_job_waits_for_the_objects_that_it_reads(file: Path) -> None:
    made = preloads(file)
    assert made.one(":BucketObjectv2") in made.waits_for(made.one(":Job"))


def test_new_content_and_a_new_file_system_are_read_again_and_nothing_else_is(file: Path) -> None:
    first, same, moved = (preloads(file, file_system_id=each) for each in ("fs-1", "fs-1", "fs-2"))
    file.write_text("1,3\n")
    names = [name(each) for each in (first, same, moved, preloads(file))]
    assert names[0] == names[1]
    assert len(set(names)) == 3
