"""Objects of a prefix are brought to the shared volume as the stack saw them, or not at all."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.prefix_listing import list_prefix, read_manifest
from tests.workloads.conftest import BUCKET
from workloads import copy_dataset, errors
from workloads.copy_dataset import main
from workloads.downloads import transfer

PREFIX = "images/"
URI = f"s3://{BUCKET}/{PREFIX}"
FILES = {"train/a.png": b"\x00a", "train/deep/b.png": b"b", "test/c.png": b""}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "FIRST_PAUSE", 0)
    monkeypatch.setattr(copy_dataset, "POLL_SECONDS", 0)


@pytest.fixture
def digest(s3: Any) -> str:
    """The digest of the files in the bucket, as `pulumi up` finds it."""
    for name, body in FILES.items():
        s3.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=body)
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}train/", Body=b"")
    return list_prefix(s3, BUCKET, PREFIX).digest


def contents(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_copy_has_exactly_the_objects(digest: str, tmp_path: Path) -> None:
    place = tmp_path / "images" / digest
    assert main([URI, str(place), "--digest", digest, "--size", "3"]) == 0
    assert contents(place) == FILES
    beside = {path.name for path in place.parent.iterdir()}
    assert beside == {digest, ".eks-ml-storage", f".{digest}.lock"}
    assert (place / "train" / "a.png").stat().st_mode & 0o777 == 0o644, "SageMaker is nobody's user"


def test_a_second_copy_downloads_nothing(
    s3: Any, digest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / digest
    for _ in range(2):
        assert main([URI, str(place), "--digest", digest]) == 0
    assert '"files": 0' in capsys.readouterr().out.splitlines()[-1]


def test_a_prefix_that_has_changed_leaves_nothing(
    s3: Any, digest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}train/more.png", Body=b"more")
    place = tmp_path / digest
    assert main([URI, str(place), "--digest", digest]) == errors.BadDataError.exit_code
    assert "has changed since the stack listed it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_killed_copy_goes_on_where_it_ended(
    s3: Any, digest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, fetched, kill = tmp_path / digest, [], True

    def fetch(source: Any, item: Any, target: Path, on_bytes: Any) -> None:
        if kill and fetched:
            raise KeyboardInterrupt
        transfer.fetch(source, item, target, on_bytes)
        fetched.append(item.name)

    monkeypatch.setattr(copy_dataset, "fetch", fetch)
    with pytest.raises(KeyboardInterrupt):
        main([URI, str(place), "--digest", digest, "--workers", "1"])
    assert not place.exists(), "a job reads nothing of an unfinished copy"
    kill = False
    assert main([URI, str(place), "--digest", digest]) == 0
    assert sorted(fetched) == sorted(FILES), "each object once, in both attempts together"
    assert contents(place) == FILES


def test_files_of_an_attempt_on_another_content_are_not_in_the_copy(
    digest: str, tmp_path: Path
) -> None:
    draft = tmp_path / f".{digest}.copying"
    draft.mkdir()
    (draft / "former.png").write_bytes(b"1")
    place = str(tmp_path / digest)
    assert main([URI, place, "--digest", digest]) == errors.UnavailableError.exit_code
    assert main([URI, place, "--digest", digest]) == 0
    assert contents(tmp_path / digest) == FILES


def test_a_copy_that_does_not_fit_is_not_begun(
    digest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [URI, str(tmp_path / digest), "--digest", digest, "--size", str(10**18)]
    assert main(arguments) == errors.StorageFullError.exit_code
    assert "read the data from S3" in capsys.readouterr().err


def test_a_manifest_tells_the_content(s3: Any, digest: str, tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="m.json", Body=b"1")
    told = read_manifest(s3, BUCKET, PREFIX, "m.json").digest
    arguments = ["--digest", told, "--manifest", "m.json"]
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}train/d.png", Body=b"d")
    assert main([URI, str(tmp_path / "first"), *arguments]) == 0
    assert "train/d.png" in contents(tmp_path / "first"), "the manifest is still the same"
    s3.put_object(Bucket=BUCKET, Key="m.json", Body=b"2")
    exit_code = main([URI, str(tmp_path / "second"), *arguments])
    assert exit_code == errors.BadDataError.exit_code
    assert not (tmp_path / "second").exists()


def linked(directory: Path, **changes: bytes | None) -> Path:
    """A directory as a link shows the files, with changes by name."""
    for name, body in {**FILES, **changes}.items():
        if body is not None:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(body)
    return directory


def test_a_link_that_shows_the_objects_is_enough(digest: str, tmp_path: Path) -> None:
    place = linked(tmp_path / "images")
    before = contents(tmp_path)
    assert main([URI, str(place), "--digest", digest, "--shown", "0"]) == 0
    assert contents(tmp_path) == before, "nothing is written where a link is"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("train/a.png", None, errors.MissingInputError.exit_code),
        ("train/a.png", b"other size", errors.MissingInputError.exit_code),
        ("train/another.png", b"1", errors.BadDataError.exit_code),
    ],
)
def test_a_link_that_shows_something_else_is_refused(
    digest: str, tmp_path: Path, name: str, body: bytes | None, code: int
) -> None:
    place = linked(tmp_path, **{name: body})
    assert main([URI, str(place), "--digest", digest, "--shown", "0"]) == code


def test_the_memory_of_a_copy_does_not_grow_with_the_number_of_objects(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The objects of a link are compared as they are listed, and kept nowhere."""

    class Source:
        location = "s3://b/p/"

        def __init__(self, count: int) -> None:
            self.count = count

        def stream(self) -> Iterator[Any]:
            for number in range(self.count):
                yield copy_dataset.Item(f"{number:08}.png", "e", 1, 0)

    def most_bytes(count: int) -> int:
        monkeypatch.setattr(copy_dataset, "is_shown", lambda *_: True)
        tracemalloc.start()
        content = copy_dataset.Content(Source(count))  # type: ignore[arg-type]
        assert sum(copy_dataset.is_shown(tmp_path, one) for one in content) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert most_bytes(40_000) < 2 * most_bytes(2_000)
