"""The template of a batch's training job, and what the workload makes of it."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.training import batch_template
from components.training.batch_template import BATCHES, NAME_PREFIX, batch_directory, template
from components.training.training_job import job_name
from tests.components.training.test_training_job import arguments
from tests.mocks import deploy
from workloads.new_data import batches
from workloads.new_data.jobs import BATCH, Template

OWNER = {"kind": "Role", "name": "on-new-data", "uid": "1-2-3"}


def text(*, checkpoints: bool = False, **changes: Any) -> str:
    """The template as it is in the ConfigMap."""
    like: Any = {**arguments(checkpoints=checkpoints), **changes}
    found: list[str] = []

    def program() -> None:
        channels = {
            channel: pulumi.Output.from_input(f"/shared/{batch_directory('digits', channel)}")
            for channel in ("train", "validation")
        }
        pulumi.Output.json_dumps(template(like, channels, OWNER)).apply(found.append)

    deploy(program)
    return found[0]


def job(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    """The TrainingJob that the workload makes of it for a batch."""
    file = tmp_path / "template.json"
    file.write_text(text(**changes))
    return Template.read(file, f"{batches.FOLDER}/digits").job("0123456789ab")


def test_program_and_workload_agree_on_what_neither_imports_of_the_other() -> None:
    assert batches.FOLDER == BATCHES
    assert batch_template.BATCH == BATCH
    assert batch_template.BATCH_SUFFIX_LENGTH == 1 + batches.ID_LENGTH


def test_the_job_of_a_batch_reads_the_directory_that_the_workload_makes(tmp_path: Path) -> None:
    sources = [each["dataSource"] for each in job(tmp_path)["spec"]["inputDataConfig"]]
    assert [each["fileSystemDataSource"]["directoryPath"] for each in sources] == [
        "/shared/batches/digits/0123456789ab/train",
        "/shared/batches/digits/0123456789ab/validation",
    ]


def test_it_is_like_the_job_of_the_stack_in_all_but_what_it_reads(tmp_path: Path) -> None:
    made, own = job(tmp_path)["spec"], json.loads(text())["spec"]
    changed = {key for key in own if own[key] != made[key]}
    assert changed == {"inputDataConfig", "tags"}
    assert {"key": "DatasetDigest", "value": "0123456789ab"} in made["tags"]


def test_its_name_tells_the_batch_and_is_never_one_of_the_stacks_own(tmp_path: Path) -> None:
    made = job(tmp_path)
    assert made["metadata"]["name"] == made["spec"]["trainingJobName"] == "test-digits-0123456789ab"
    assert len(job_name("test-digits", "spec")) < len(made["metadata"]["name"])


@pytest.mark.parametrize("name", ["d" * 80, "d" * 44 + "-x"])
def test_a_long_name_is_cut_to_what_sagemaker_takes(tmp_path: Path, name: str) -> None:
    made = job(tmp_path, name=name)["metadata"]["name"]
    assert len(made) <= 63
    assert "--" not in made


def test_checkpoints_of_batches_are_apart(tmp_path: Path) -> None:
    made = job(tmp_path, checkpoints=True)["spec"]
    where = made["checkpointConfig"]["s3URI"]
    assert where.startswith("s3://data/checkpoints/digits/0123456789ab/")


def test_it_goes_when_its_owner_goes(tmp_path: Path) -> None:
    metadata = job(tmp_path)["metadata"]
    assert metadata["ownerReferences"] == [OWNER]
    assert metadata["annotations"][NAME_PREFIX] == "test-digits"
