from pathlib import Path

import pulumi
import pytest

from components.pods.image import WORKLOADS, image_uri, main, repository, tag
from components.pods.image_spec import ImageSpec
from tests.mocks import PROJECT, deploy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "train.py").write_text("print(1)\n")
    (tmp_path / "inner" / "rows.py").write_text("rows = 3\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "requirements.txt").write_text("numpy==1\n")
    return tmp_path


def address(image: str | None) -> str:
    def program() -> None:
        pulumi.export("image", image_uri(ImageSpec(image=image)))

    found: str = deploy(program).exports["image"]
    return found


def test_the_image_is_in_the_accounts_own_registry_and_tells_its_content() -> None:
    registry = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
    assert address(None) == f"{registry}/eks-ml-storage-workloads:{tag()}"


def test_an_image_of_ones_own_is_used_as_it_is() -> None:
    assert address("registry.example.com/mine:7") == "registry.example.com/mine:7"


@pytest.mark.parametrize("changed", ["train.py", "inner/rows.py", "Dockerfile", "requirements.txt"])
def test_another_content_has_another_tag(folder: Path, changed: str) -> None:
    before = tag(folder)
    (folder / changed).write_text("# changed\n")
    assert tag(folder) != before


def test_another_place_of_the_same_content_has_another_tag(folder: Path) -> None:
    before = tag(folder)
    (folder / "train.py").rename(folder / "fit.py")
    assert tag(folder) != before


def test_what_the_image_is_not_built_from_leaves_the_tag_as_it_is(folder: Path) -> None:
    before = tag(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"\0")
    (folder / "notes.md").write_text("not in the image\n")
    assert tag(folder) == before
    assert len(before) == 12
    assert set(before) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("option", "said"), [("--tag", tag(WORKLOADS)), ("--repository", repository(PROJECT))]
)
def test_the_command_says_what_the_program_asks_for(
    option: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([option]) == 0
    assert capsys.readouterr().out == f"{said}\n"


def test_a_command_that_asks_for_nothing_is_told_what_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) != 0
    assert "--tag" in capsys.readouterr().err
