from pathlib import Path
from typing import Any

import kubernetes_validate
import pulumi
import pytest

from components.datasets import Dataset, manifest
from components.storage.dataset_imports import DatasetImports
from tests.components.storage.samples import claim
from tests.mocks import Deployment, deploy


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv"
    path.write_text("1,2\n")
    return path


def imports(*files: Path, file_system_id: str = "fs-1", preload: bool = False) -> Deployment:
    def program() -> None:
        names = [f"set-{number}" for number in range(len(files))]
        datasets = {
            name: Dataset(
                f"data-{name}",
                {"name": name, "bucket_name": "data", "channels": {"train": str(each)}},
            )
            for name, each in zip(names, files, strict=True)
        }
        made = DatasetImports(
            "imports",
            {
                "image": "workloads:1",
                "claim": claim(file_system_id=file_system_id),
                "bucket_name": "data",
                "datasets": datasets,
                "directories": {name: f"below/{name}" for name in names},
                "preload": preload,
            },
        )
        assert [*made.jobs] == names
        pulumi.export("files", {name: manifest(each.files) for name, each in datasets.items()})

    return deploy(program)


def name(deployment: Deployment) -> Any:
    return deployment.one(":Job").inputs["metadata"]["name"]


def containers(deployment: Deployment) -> list[Any]:
    """In the order in which they run."""
    pod = deployment.one(":Job").inputs["spec"]["template"]["spec"]
    return [*pod["initContainers"], *pod["containers"]]


@pytest.mark.parametrize("preload", [False, True])
def test_a_job_waits_for_the_import_and_then_checks_every_file(file: Path, preload: bool) -> None:
    made = imports(file, preload=preload)
    first, *_, last = containers(made)
    for each, script in ((first, "await-import"), (last, "check")):
        assert each["name"] == script
        told = {one["name"]: one["value"] for one in each["env"]}
        assert told["DIRECTORY"] == "below/set-0", "where the link shows it"
        assert told["FILES"] == made.exports["files"]["set-0"]
        assert told["FILE_SYSTEM"] == "fs-1"
    kubernetes_validate.validate(made.one(":Job").inputs, "1.34", strict=True)


def test_a_preload_asks_for_the_bytes_between_the_two(file: Path) -> None:
    (_, preload, _) = containers(imports(file, preload=True))
    assert preload["command"] == ["python", "-m", "workloads.preload"]
    assert preload["args"] == ["/data/below/set-0"]


def test_without_a_preload_no_image_of_ours_is_needed(file: Path) -> None:
    images = {each["image"] for each in containers(imports(file))}
    assert len(images) == 1
    assert images.pop().startswith("public.ecr.aws/aws-cli/")


def test_an_import_that_does_not_come_is_not_waited_for_again(file: Path) -> None:
    rule = imports(file).one(":Job").inputs["spec"]["podFailurePolicy"]["rules"][0]
    assert rule["action"] == "FailJob"
    assert 66 in rule["onExitCodes"]["values"]


def test_there_is_a_job_for_each_dataset_and_none_without(file: Path) -> None:
    assert len(imports(file, file).of_type(":Job")) == 2
    kinds = {each.type for each in imports().resources} - {"test:index:Volume"}
    assert kinds == {"eks-ml-storage:data:DatasetImports"}


def test_a_job_waits_for_the_objects_that_are_imported(file: Path) -> None:
    made = imports(file)
    assert made.one(":BucketObjectv2") in made.waits_for(made.one(":Job"))


def test_new_content_and_a_new_file_system_are_read_again_and_nothing_else_is(file: Path) -> None:
    first, same, moved = (imports(file, file_system_id=each) for each in ("fs-1", "fs-1", "fs-2"))
    file.write_text("1,3\n")
    names = [name(each) for each in (first, same, moved, imports(file))]
    assert names[0] == names[1]
    assert len(set(names)) == 3
