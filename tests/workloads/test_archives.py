import io
import random
import tarfile
from pathlib import Path

import pytest

from workloads import archives
from workloads.download import main
from workloads.errors import BadDataError


def an_archive(path: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, "/etc/passwd"
            tar.addfile(info, io.BytesIO(content))
    return path


def names(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix()
        for path in directory.rglob("*")
        if not path.name.startswith(".")
    )


def test_a_downloaded_archive_is_unpacked_beside_itself(tmp_path: Path) -> None:
    an_archive(tmp_path / "from" / "model.tar.gz", {"./xgboost-model": b"m", "code/a.py": b"1"})
    assert main([str(tmp_path / "from"), str(tmp_path / "to"), "--extract"]) == 0
    assert names(tmp_path / "to") == ["code", "code/a.py", "model.tar.gz", "xgboost-model"]


def test_it_is_unpacked_once_and_again_when_it_changes(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "model.tar.gz", {"d/old": b"1"})
    assert archives.unpack(archive)
    assert not archives.unpack(archive)
    an_archive(archive, {"d/new": b"12"})
    assert archives.unpack(archive)
    assert names(tmp_path) == ["d", "d/new", "model.tar.gz"], "versions are not mixed"


def test_what_is_in_a_directory_of_the_same_name_stays(tmp_path: Path) -> None:
    an_archive(tmp_path / "from" / "1.tar.gz", {"images/1": b"1", "a": b"1"})
    an_archive(tmp_path / "from" / "2.tar.gz", {"images/2": b"2", "a/b": b"2", ".hidden": b""})
    (tmp_path / "from" / "images").mkdir()
    (tmp_path / "from" / "images" / "labels").touch()
    assert main([str(tmp_path / "from"), str(tmp_path / "to"), "--extract"]) == 0
    assert (tmp_path / "to" / ".hidden").exists()
    assert sorted(names(tmp_path / "to")) == sorted(
        ["1.tar.gz", "2.tar.gz", "a", "a/b", "images", "images/1", "images/2", "images/labels"]
    )


def test_nothing_is_written_through_a_link_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "d").symlink_to(tmp_path / "elsewhere")
    archives.unpack(an_archive(tmp_path / "in" / "model.tar.gz", {"d/a": b"1"}))
    assert names(tmp_path / "elsewhere") == []
    assert (tmp_path / "in" / "d" / "a").read_bytes() == b"1"


@pytest.mark.parametrize("name", ["../outside", "model.tar.gz"])
def test_a_member_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    archive = an_archive(tmp_path / "in" / "model.tar.gz", {"good": b"1", name: b"2"})
    before = archive.read_bytes()
    with pytest.raises(BadDataError, match=r"model\.tar\.gz: it"):
        archives.unpack(archive)
    assert not (tmp_path / "outside").exists()
    assert archive.read_bytes() == before


def test_a_path_from_the_root_is_one_below_the_directory(tmp_path: Path) -> None:
    archives.unpack(an_archive(tmp_path / "model.tar.gz", {"/a/b": b"1"}))
    assert names(tmp_path) == ["a", "a/b", "model.tar.gz"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_outside_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    archive = an_archive(tmp_path / "model.tar.gz", {"link": b""}, kind)
    with pytest.raises(BadDataError):
        archives.unpack(archive)
    assert names(tmp_path) == ["model.tar.gz"]


def test_what_was_spoilt_on_the_way_is_refused(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "model.tar.gz", {"a": random.Random(2).randbytes(30_000)})
    packed = bytearray(archive.read_bytes())
    packed[15_000] ^= 1  # in bytes that could not be compressed: only the checksum tells
    archive.write_bytes(packed)
    with pytest.raises(BadDataError, match="it cannot be unpacked"):
        archives.unpack(archive)
    assert names(tmp_path) == ["model.tar.gz"]


@pytest.mark.parametrize("size", [0, 10, 60])
def test_what_is_no_whole_archive_is_refused_and_leaves_nothing(tmp_path: Path, size: int) -> None:
    archive = an_archive(tmp_path / "model.tar.gz", {"a": bytes(5000)})
    archive.write_bytes(archive.read_bytes()[:size])
    with pytest.raises(BadDataError, match="it cannot be unpacked"):
        archives.unpack(archive)
    assert [path.name for path in tmp_path.iterdir()] == ["model.tar.gz"]
