import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components import file_digest
from components.file_digest import cache_folder, sha256_of

A_DAY_NS = 24 * 3600 * 10**9


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the clock is a day ahead, so that new files count as settled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    now = time.time_ns()
    monkeypatch.setattr("components.file_digest.time.time_ns", lambda: now + A_DAY_NS)
    return tmp_path / "cache" / file_digest.FOLDER


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv"
    path.write_text("1,2\n")
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time a file's content is read."""
    found: list[str] = []
    real = hashlib.file_digest

    def counted(stream: object, name: str) -> object:
        found.append(name)
        return real(stream, name)  # type: ignore[arg-type]

    monkeypatch.setattr("components.file_digest.hashlib.file_digest", counted)
    return found


def right(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_file_that_did_not_change_is_read_once(file: Path, reads: list[str]) -> None:
    assert {sha256_of(file) for _ in range(3)} == {right(file)}
    assert len(reads) == 1


def test_a_file_of_the_same_size_and_time_with_other_content_is_read_again(
    file: Path, reads: list[str]
) -> None:
    """As `rsync --times` and `cp --preserve` leave one; only the time of change tells."""
    sha256_of(file)
    stat = file.stat()
    while file.stat().st_ctime_ns == stat.st_ctime_ns:  # a tick of the file system's clock
        file.write_text("9,2\n")
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert sha256_of(file) == right(file)
    assert len(reads) == 2


def test_a_file_put_in_the_place_of_another_is_read_again(file: Path, tmp_path: Path) -> None:
    sha256_of(file)
    other = tmp_path / "other"
    other.write_text("9,2\n")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    assert sha256_of(file) == right(file)


def test_a_file_that_may_change_within_the_same_tick_is_not_remembered(
    file: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = file.stat().st_ctime_ns
    monkeypatch.setattr("components.file_digest.time.time_ns", lambda: changed + 10**9)
    for _ in range(2):
        sha256_of(file)
    assert len(reads) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"sha256": "', '"sha256": "0'),
        lambda text: "[]\n",
        lambda text: "not JSON",
        lambda text: text.replace("train.csv", "other.csv"),
    ],
    ids=["empty", "cut off", "another digest", "no object", "no JSON", "another path"],
)
def test_a_damaged_cache_is_as_good_as_none(file: Path, cache: Path, damage: object) -> None:
    sha256_of(file)
    (entry,) = cache.iterdir()
    entry.write_text(damage(entry.read_text()))  # type: ignore[operator]
    assert sha256_of(file) == right(file)


def test_a_cache_that_others_may_write_is_not_believed(
    file: Path, cache: Path, reads: list[str]
) -> None:
    sha256_of(file)
    cache.chmod(0o777)
    sha256_of(file)
    assert len(reads) == 2


def test_without_a_place_for_a_cache_a_digest_is_right_all_the_same(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert sha256_of(file) == right(file)


def test_the_cache_is_in_the_users_own_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache/eks-ml-storage/sha256"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "nowhere.csv")


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    """256 MiB, all of it a hole, read by a process that may take 128 MiB beyond what it has."""
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(256 * 2**20)
    program = (
        "import resource, sys\n"
        "from components.file_digest import sha256_of\n"
        "have = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (have + 128 * 2**20,) * 2)\n"
        "print(sha256_of(sys.argv[1]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(large)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == hashlib.sha256(bytes(256 * 2**20)).hexdigest()
