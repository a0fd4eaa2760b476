import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workloads.conftest import BUCKET
from tests.workloads.faulty import Faulty, broken_after, nobody, refused
from workloads import download
from workloads.download import main
from workloads.downloads import transfer
from workloads.downloads.s3 import S3Source
from workloads.objects import Location

SOURCE = f"s3://{BUCKET}/datasets/"
Summary = Callable[[], dict[str, Any]]


@pytest.fixture
def summary(capsys: pytest.CaptureFixture[str]) -> Summary:
    """Return a function that reads the summary on the last line of the last run."""

    def read() -> dict[str, Any]:
        word, _, text = capsys.readouterr().out.splitlines()[-1].partition(" ")
        assert word == "summary"
        found: dict[str, Any] = json.loads(text)
        return found

    return read


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "FIRST_PAUSE", 0)
    monkeypatch.setattr(download, "POLL_SECONDS", 0)


def put(s3: Any, objects: dict[str, bytes]) -> None:
    for key, body in objects.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def contents(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def served_by(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "s3_client", lambda _connections: client)


def test_a_prefix_becomes_a_directory(s3: Any, tmp_path: Path, summary: Summary) -> None:
    put(s3, {"datasets/d/train/a.csv": b"1,2\n", "datasets/d/b": b"", "datasets2/c": b"no"})
    s3.put_object(Bucket=BUCKET, Key="datasets/d/empty/")
    assert main([SOURCE, str(tmp_path / "to")]) == 0
    assert contents(tmp_path / "to") == {"d/train/a.csv": b"1,2\n", "d/b": b""}
    assert summary() == {
        "workload": "download",
        "files": 2,
        "bytes": 4,
        "seconds": pytest.approx(0, abs=30),
        "already_there": 0,
        "deleted": 0,
    }


def test_one_object_is_named_by_its_whole_key_and_a_prefix_needs_no_slash(
    s3: Any, tmp_path: Path
) -> None:
    put(s3, {"m/model": b"m", "m/model.txt": b"t"})
    assert main([f"s3://{BUCKET}/m/model", str(tmp_path / "one")]) == 0
    assert contents(tmp_path / "one") == {"model": b"m"}
    assert main([f"s3://{BUCKET}/m", str(tmp_path / "all")]) == 0
    assert contents(tmp_path / "all") == {"model": b"m", "model.txt": b"t"}


def test_a_prefix_that_changed_since_the_stack_asked_is_not_brought(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(s3, {"datasets/a": b"one", "datasets/b": b"two"})
    items = download.S3Source(s3, download.Location.parse(SOURCE)).items()
    seen = download.listing_digest(items)
    assert main([SOURCE, str(tmp_path / "as seen"), "--listing", seen]) == 0
    put(s3, {"datasets/b": b"six"})
    assert main([SOURCE, str(tmp_path / "later"), "--listing", seen]) == os.EX_DATAERR
    assert "Run pulumi up again" in capsys.readouterr().err
    assert not [*(tmp_path / "later").rglob("*")], "nothing of it is there"
    assert main([SOURCE, str(tmp_path / "anything"), "--listing", ""]) == 0


def test_a_second_run_brings_only_what_changed(s3: Any, tmp_path: Path, summary: Summary) -> None:
    put(s3, {"datasets/a": b"one", "datasets/b": b"two"})
    main([SOURCE, str(tmp_path)])
    put(s3, {"datasets/b": b"three"})
    (tmp_path / "a").write_bytes(b"spoilt on the volume")
    summary()
    assert main([SOURCE, str(tmp_path)]) == 0
    assert summary()["files"] == 2
    assert main([SOURCE, str(tmp_path)]) == 0
    assert summary()["already_there"] == 2
    assert contents(tmp_path) == {"a": b"one", "b": b"three"}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(min_size=1, max_size=200),
    breaks=st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=4),
    left=st.binary(max_size=80),
)
def test_a_broken_connection_is_gone_on_with_where_it_ended(
    s3: Any,
    tmp_path_factory: pytest.TempPathFactory,
    body: bytes,
    breaks: list[tuple[int, bool]],
    left: bytes,
) -> None:
    """Try any content of an earlier partial download, and breaks at any offset."""
    directory = tmp_path_factory.mktemp("to")
    put(s3, {"datasets/a": body})
    client = Faulty(s3, [broken_after(size, silently=silent) for size, silent in breaks])
    source = S3Source(client, Location.parse(SOURCE))
    (item,) = source.items()
    transfer.temporary_path(directory / "a", item).write_bytes(left)
    transfer.fetch(source, item, directory / "a", lambda size: None)
    assert contents(directory) == {"a": body}


def test_bytes_that_came_do_not_come_again(s3: Any, tmp_path: Path) -> None:
    put(s3, {"datasets/a": bytes(100)})
    client = Faulty(s3, [broken_after(40), broken_after(30)])
    source = S3Source(client, Location.parse(SOURCE))
    came: list[int] = []
    transfer.fetch(source, source.items()[0], tmp_path / "a", came.append)
    assert client.ranges == [None, "bytes=40-", "bytes=70-"]
    assert sum(came) == 100


def test_a_connection_that_breaks_without_end_is_given_up(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(s3, {"datasets/a": bytes(100)})
    served_by(Faulty(s3, [broken_after(10), *[broken_after(0)] * 99]), monkeypatch)
    assert main([SOURCE, str(tmp_path)]) == 75
    assert "a: the connection broke 5 times after 10 bytes" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_an_object_that_changes_meanwhile_comes_in_its_newer_version(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(answer: dict[str, Any]) -> None:
        put(s3, {"datasets/a": b"newer, " + bytes(100)})
        broken_after(40)(answer)

    put(s3, {"datasets/a": b"older, " + bytes(93)})
    served_by(Faulty(s3, [change]), monkeypatch)
    assert main([SOURCE, str(tmp_path)]) == 0
    assert contents(tmp_path) == {"a": b"newer, " + bytes(100)}


def test_an_object_that_goes_meanwhile_is_left_out(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(answer: dict[str, Any]) -> None:
        s3.delete_object(Bucket=BUCKET, Key="datasets/a")
        broken_after(1)(answer)

    put(s3, {"datasets/a": b"aaa", "datasets/b": b"b"})
    served_by(Faulty(s3, [gone]), monkeypatch)
    assert main([SOURCE, str(tmp_path), "--workers", "1"]) == 0
    assert (tmp_path / "b").read_bytes() == b"b"
    assert not (tmp_path / "a").exists()


def flipped(answer: dict[str, Any]) -> None:
    """Change the bytes of a response and keep their number."""
    right = answer["Body"].read()
    answer["Body"] = BytesIO(bytes(byte ^ 1 for byte in right))


def test_wrong_bytes_are_fetched_once_more_and_never_kept(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(s3, {"datasets/a": b"right"})
    served_by(Faulty(s3, [flipped]), monkeypatch)
    assert main([SOURCE, str(tmp_path / "one")]) == 0
    assert contents(tmp_path / "one") == {"a": b"right"}
    served_by(Faulty(s3, [flipped, flipped]), monkeypatch)
    assert main([SOURCE, str(tmp_path / "two")]) == 65
    assert "a: the md5 of the downloaded bytes is" in capsys.readouterr().err
    assert not (tmp_path / "two" / "a").exists()


def test_our_own_uploads_are_checked_by_their_sha256(s3: Any, tmp_path: Path) -> None:
    digest = sha256(b"else").hexdigest()
    s3.put_object(Bucket=BUCKET, Key="datasets/a", Body=b"this", Metadata={"sha256": digest})
    assert main([SOURCE, str(tmp_path)]) == 65


@pytest.mark.parametrize("key", ["datasets/../../etc/passwd", "datasets//a", "datasets/./a"])
def test_a_key_that_leaves_the_directory_is_refused(
    s3: Any, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(s3, {key: b"x"})
    assert main([SOURCE, str(tmp_path / "to")]) == 65
    assert f"the key {key} is not a file path; rename the object" in capsys.readouterr().err


def test_an_empty_prefix_is_named(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([SOURCE, str(tmp_path)]) == 66
    assert f"{SOURCE} holds no objects. Put data there" in capsys.readouterr().err
    assert main([SOURCE, str(tmp_path), "--wait", "0.01"]) == 66
    assert "holds no objects after 0.01 seconds" in capsys.readouterr().err


def test_waiting_ends_with_the_first_object(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workloads.download.time.sleep", lambda _: put(s3, {"datasets/a": b"came"}))
    assert main([SOURCE, str(tmp_path), "--wait", "60"]) == 0
    assert contents(tmp_path) == {"a": b"came"}


@pytest.mark.parametrize("operation", ["ListObjectsV2", "GetObject"])
def test_a_bucket_that_refuses_is_named_with_what_it_refused(
    s3: Any,
    tmp_path: Path,
    operation: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(s3, {"datasets/a": b"secret"})
    served_by(refused(operation), monkeypatch)
    assert main([SOURCE, str(tmp_path)]) == 77
    said = capsys.readouterr().err
    assert f"S3 refuses {operation} (AccessDenied). Check that this pod's role" in said


def test_a_bucket_that_is_not_there_is_named(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["s3://nowhere/a/", str(tmp_path)]) == 66
    assert "there is no bucket nowhere; check its name" in capsys.readouterr().err


def test_room_is_looked_for_before_the_first_byte(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(s3, {"datasets/a": bytes(100)})
    usage = type("Usage", (), {"free": 99})
    monkeypatch.setattr("workloads.download.shutil.disk_usage", lambda _: usage)
    assert main([SOURCE, str(tmp_path)]) == 74
    assert "the download needs 100 B and 99 B are free. Enlarge the" in capsys.readouterr().err


def test_a_volume_that_fills_meanwhile_is_named_and_a_later_run_goes_on(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(stream: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    put(s3, {"datasets/a": bytes(100)})
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "fsync", full)
        assert main([SOURCE, str(tmp_path)]) == 74
    assert (
        f"{tmp_path / 'a'}: No space left on device. Enlarge the volume" in capsys.readouterr().err
    )
    assert not (tmp_path / "a").exists()
    assert main([SOURCE, str(tmp_path)]) == 0
    assert contents(tmp_path) == {"a": bytes(100)}, "and no draft stays"


def test_a_mount_that_is_missing_is_named(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(s3, {"datasets/a": b"1"})
    (tmp_path / "file").touch()
    assert main([SOURCE, str(tmp_path / "file" / "below")]) == 66
    assert "Mount the shared volume there" in capsys.readouterr().err


def test_two_downloads_to_one_directory_take_turns(s3: Any, tmp_path: Path) -> None:
    put(s3, {"datasets/a": b"right"})
    source = S3Source(s3, Location.parse(SOURCE))
    with ThreadPoolExecutor() as pool:
        with download.download_lock(tmp_path):
            other = pool.submit(main, [SOURCE, str(tmp_path)])
            download.download(source, source.items(), tmp_path, workers=1)
            time.sleep(0.05)
            assert not other.done()
        assert other.result() == 0
    assert contents(tmp_path) == {"a": b"right"}


def test_many_files_take_no_longer_each(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, {f"datasets/{number}": b"1" for number in range(20)})
    looks, glob = [], Path.glob

    def counted(path: Path, pattern: str) -> Iterator[Path]:
        looks.append(path)
        return glob(path, pattern)

    monkeypatch.setattr(Path, "glob", counted)
    assert main([SOURCE, str(tmp_path)]) == 0
    assert len(looks) <= 1, "the directory is not listed for each file"


def test_delete_removes_what_the_source_does_not_have(
    s3: Any, tmp_path: Path, summary: Summary
) -> None:
    put(s3, {"datasets/a": b"1"})
    (tmp_path / "old" / "older").mkdir(parents=True)
    (tmp_path / "old" / "older" / "b").touch()
    assert main([SOURCE, str(tmp_path), "--delete"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert summary()["deleted"] == 1


def test_delete_with_an_empty_prefix_removes_nothing(s3: Any, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    assert main([SOURCE, str(tmp_path), "--delete"]) == 66
    assert (tmp_path / "kept").exists()


def test_a_directory_is_a_source_too(tmp_path: Path) -> None:
    (tmp_path / "from" / "d").mkdir(parents=True)
    (tmp_path / "from" / "d" / "a").write_bytes(b"1")
    (tmp_path / "from" / "d" / ".draft").write_bytes(b"2")
    assert main([str(tmp_path / "from"), str(tmp_path / "to")]) == 0
    assert contents(tmp_path / "to") == {"d/a": b"1"}
    assert main([str(tmp_path / "no"), str(tmp_path / "to")]) == 66


def test_no_credentials_are_said_to_be_missing(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served_by(nobody(), monkeypatch)
    assert main([SOURCE, str(tmp_path)]) == 77
    assert "give its service account a Pod Identity association" in capsys.readouterr().err
