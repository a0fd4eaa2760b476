"""Contents that the pod's own script removes from a folder, and contents that it keeps."""

import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pulumi
import pytest

from components.storage.content_pods import SCRIPTS
from components.storage.old_contents import DirectoryInUse, OldContents
from tests.components.storage.samples import claim
from tests.mocks import Deployment, deploy

NOW, BEFORE = "4ad67975eec6", "ea0d648f77b2"


def deployed(*in_use: DirectoryInUse, file_system_id: str = "fs-1") -> Deployment:
    class Reader(pulumi.CustomResource):
        """Stands for what reads the new content."""

    def program() -> None:
        OldContents(
            "old",
            {
                "claim": claim(file_system_id=file_system_id),
                "in_use": in_use,
            },
            pulumi.ResourceOptions(depends_on=[Reader("test:index:Reader", "reader", {})]),
        )

    return deploy(program)


def removed(root: Path, made: Deployment) -> set[str]:
    """Return what the pod of a Job removes below a folder."""
    pod = made.one(":Job").inputs["spec"]["template"]["spec"]
    told = {each["name"]: each["value"] for each in pod["containers"][0]["env"]}
    before = {str(one.relative_to(root)) for one in root.rglob("*")}
    script = "".join((SCRIPTS / f"{one}.sh").read_text() for one in ("contents", "remove_old"))
    subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", "STORAGE": str(root), "KEEP": told["KEEP"]},
        check=True,
        capture_output=True,
    )
    return before - {str(one.relative_to(root)) for one in root.rglob("*")}


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """Two contents of a dataset, and what else is on the storage."""
    for name in (
        f"datasets/digits/{NOW}/train/train.csv",
        f"datasets/digits/{BEFORE}/train/train.csv",
        f"datasets/digits/.{BEFORE}.copy-1/train/train.csv",
        "datasets/digits/train/train.csv",
        f"datasets/mine/{BEFORE}/notes.csv",
        f"batches/digits/{BEFORE}/train/more.csv",
        f"{BEFORE}/mine.csv",
        "datasets/digits/.eks-ml-storage",
        f"datasets/former/{BEFORE}/train/train.csv",
        "datasets/former/.eks-ml-storage",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1\n")
    return tmp_path


def tops(names: set[str]) -> set[str]:
    """The uppermost of some paths."""
    return {one for one in names if str(Path(one).parent) not in names}


def test_beside_a_copy_every_other_content_goes_and_nothing_else(storage: Path) -> None:
    made = deployed(DirectoryInUse("ours", f"datasets/digits/{NOW}"))
    assert tops(removed(storage, made)) == {
        f"datasets/digits/{BEFORE}",
        f"datasets/digits/.{BEFORE}.copy-1",
        "datasets/digits/train",
        "datasets/former",
    }, "a dataset of the user's own bears no mark of a copy"


def test_beside_what_a_link_shows_only_contents_of_a_digest_go(storage: Path) -> None:
    made = deployed(DirectoryInUse("linked", f"datasets/digits/{NOW}"))
    assert tops(removed(storage, made)) == {f"datasets/digits/{BEFORE}"}


def test_two_contents_beside_each_other_are_both_kept(storage: Path) -> None:
    made = deployed(*(DirectoryInUse("ours", f"datasets/digits/{each}") for each in (NOW, BEFORE)))
    assert not removed(storage, made) & {f"datasets/digits/{each}" for each in (NOW, BEFORE)}


def test_beside_a_content_at_the_root_of_the_claim_nothing_is_removed(storage: Path) -> None:
    assert removed(storage, deployed(DirectoryInUse("linked", NOW))) == set()


def test_it_comes_after_what_reads_the_new_contents() -> None:
    made = deployed(DirectoryInUse("ours", f"datasets/digits/{NOW}"))
    job = made.one(":Job")
    assert made.one("test:index:Reader") in made.waits_for(job)
    kubernetes_validate.validate(job.inputs, "1.34", strict=True)


def test_another_content_and_another_file_system_are_other_jobs() -> None:
    def name(*in_use: DirectoryInUse, **more: Any) -> Any:
        return deployed(*in_use, **more).one(":Job").inputs["metadata"]["name"]

    one, other = (DirectoryInUse("ours", f"datasets/digits/{each}") for each in (NOW, BEFORE))
    assert len({name(one), name(other), name(one, other), name(one, file_system_id="fs-2")}) == 4


def test_where_nothing_is_in_use_nothing_is_removed() -> None:
    assert deployed().of_type(":Job") == []
