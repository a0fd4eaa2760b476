import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workloads.conftest import BUCKET, empty
from workloads.checkpoint_sync import follow, main
from workloads.checkpoints import remote
from workloads.checkpoints.packing import CheckpointChangedError, digest, read_chunks
from workloads.checkpoints.remote import RemoteCheckpoints
from workloads.checkpoints.syncing import CheckpointSync
from workloads.errors import UnavailableError
from workloads.objects import Location

RUN = f"s3://{BUCKET}/run/"


def checkpoint(directory: Path, step: int, content: bytes = b"model") -> Path:
    path = directory / f"checkpoint-{step:08}"
    path.write_bytes(content)
    return path


def a_sync(s3: Any, directory: Path, keep_local: int = 0, keep_remote: int = 0) -> CheckpointSync:
    return CheckpointSync(
        directory, RemoteCheckpoints(s3, Location(BUCKET, "run/")), keep_local, keep_remote
    )


def steps_in(s3: Any) -> list[int]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="run/").get("Contents", [])
    return [int(entry["Key"].removesuffix(".tar").rpartition("-")[2]) for entry in found]


def steps_of(directory: Path) -> list[int]:
    return sorted(int(path.name.rpartition("-")[2]) for path in directory.iterdir())


def calls_of(client: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> list[dict[str, Any]]:
    """Record the arguments of all later calls of a client's method."""
    calls, real = [], getattr(client, name)

    def recorded(*args: Any, **kwargs: Any) -> Any:
        calls.append({"args": args, **kwargs})
        return real(*args, **kwargs)

    monkeypatch.setattr(client, name, recorded)
    return calls


def test_only_what_a_rename_finished_is_copied(s3: Any, tmp_path: Path) -> None:
    checkpoint(tmp_path, 3)
    for name in ("checkpoint-4.partial", ".checkpoint-5", "checkpoint-6.tmp", "notes"):
        (tmp_path / name).write_bytes(b"half")
    a_sync(s3, tmp_path).sync_once()
    assert steps_in(s3) == [3]


def test_newest_first(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in (9, 10, 11):
        checkpoint(tmp_path, step)
    calls = calls_of(s3, monkeypatch, "upload_fileobj")
    a_sync(s3, tmp_path).sync_once()
    assert [call["args"][2][-2:] for call in calls] == ["11", "10", "09"]


def test_what_the_bucket_has_is_not_uploaded_again_even_by_a_new_process(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint(tmp_path, 1)
    a_sync(s3, tmp_path).sync_once()
    calls = calls_of(s3, monkeypatch, "upload_fileobj")
    a_sync(s3, tmp_path).sync_once()
    assert calls == []


def test_a_checkpoint_that_was_made_again_replaces_the_old_one(s3: Any, tmp_path: Path) -> None:
    sync = a_sync(s3, tmp_path)
    checkpoint(tmp_path, 1, b"first")
    sync.sync_once()
    checkpoint(tmp_path, 1).unlink()
    checkpoint(tmp_path, 1, b"again")
    sync.sync_once()
    assert s3.get_object(Bucket=BUCKET, Key="run/checkpoint-00000001")["Body"].read() == b"again"


def test_nothing_is_asked_of_s3_while_nothing_changes(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint(tmp_path, 1)
    sync = a_sync(s3, tmp_path)
    sync.sync_once()
    monkeypatch.setattr(sync.remote, "client", None)
    sync.sync_once()


def test_a_checkpoint_that_goes_while_it_is_read_is_left_out(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, staying = checkpoint(tmp_path, 2), checkpoint(tmp_path, 1)
    sync, upload = a_sync(s3, tmp_path), RemoteCheckpoints.upload

    def gone(remote: RemoteCheckpoints, path: Path, content: str, count: Any) -> None:
        going.unlink(missing_ok=True)
        upload(remote, path, content, count)

    monkeypatch.setattr(RemoteCheckpoints, "upload", gone)
    sync.sync_once()
    assert steps_in(s3) == [1]
    assert staying.exists()


def test_a_checkpoint_that_changes_while_it_is_read_never_shows_in_the_bucket(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = checkpoint(tmp_path, 2)
    sync, upload = a_sync(s3, tmp_path), RemoteCheckpoints.upload

    def changed(remote: RemoteCheckpoints, path: Path, content: str, count: Any) -> None:
        path.write_bytes(b"other")
        upload(remote, path, content, count)

    monkeypatch.setattr(RemoteCheckpoints, "upload", changed)
    sync.sync_once()
    assert steps_in(s3) == []
    monkeypatch.undo()
    sync.sync_once()
    assert s3.head_object(Bucket=BUCKET, Key=f"run/{path.name}")["Metadata"] == {
        "sha256": digest(path)
    }


def test_one_that_could_not_be_restored_is_left_out_named_and_kept(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unfit = tmp_path / "checkpoint-00000001"
    unfit.mkdir()
    (unfit / "vocabulary").symlink_to("/elsewhere")
    for step in (2, 3):
        checkpoint(tmp_path, step)
    sync = a_sync(s3, tmp_path)
    sync.sync_once()
    assert steps_in(s3) == [2, 3]
    assert "checkpoint-00000001 is left out for now" in capsys.readouterr().out
    assert unfit.is_dir()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    passes=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    keep_local=st.integers(0, 3),
    keep_remote=st.integers(0, 3),
)
def test_retention_keeps_the_newest_on_either_side(
    s3: Any,
    tmp_path_factory: pytest.TempPathFactory,
    passes: list[int],
    keep_local: int,
    keep_remote: int,
) -> None:
    directory, made = tmp_path_factory.mktemp("scratch"), list[int]()
    empty(s3, BUCKET)
    sync = a_sync(s3, directory, keep_local, keep_remote)
    for number in passes:
        for step in range(len(made), len(made) + number):
            checkpoint(directory, step)
            made.append(step)
        sync.sync_once()
        assert steps_of(directory) == made[-keep_local:]
        # What is older than the newest so many is never uploaded, nor kept.
        assert steps_in(s3) == made[-keep_remote:]


def test_what_a_start_from_the_beginning_makes_is_copied_beside_later_leftovers(
    s3: Any, tmp_path: Path
) -> None:
    for step in (90, 91):
        s3.put_object(Bucket=BUCKET, Key=f"run/checkpoint-{step}", Body=b"?")
    checkpoint(tmp_path, 1)
    a_sync(s3, tmp_path, keep_remote=2).sync_once()
    assert steps_in(s3) == [1, 90, 91]


def test_nothing_local_is_removed_that_the_bucket_has_no_successor_of(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*args: Any) -> None:
        raise UnavailableError("S3 does not answer")

    for step in range(5):
        checkpoint(tmp_path, step)
    monkeypatch.setattr(RemoteCheckpoints, "upload", refused)
    with pytest.raises(UnavailableError):
        a_sync(s3, tmp_path, keep_local=1).sync_once()
    assert steps_of(tmp_path) == [0, 1, 2, 3, 4]


def test_s3_away_is_asked_again_and_told_only_at_the_end(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, stop, passes = a_sync(s3, tmp_path), threading.Event(), []

    def away() -> None:
        passes.append(1)
        if len(passes) == 3:
            stop.set()
        raise UnavailableError("S3 does not answer")

    monkeypatch.setattr(sync, "sync_once", away)
    with pytest.raises(UnavailableError):
        follow(sync, stop, interval=0)
    assert len(passes) == 4, "the last one after it was told to stop"


def test_sigterm_has_the_last_checkpoint_copied(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sync_once = CheckpointSync.sync_once

    def terminated(sync: CheckpointSync) -> None:
        sync_once(sync)
        if not sync.progress.files:
            checkpoint(tmp_path, 7)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(CheckpointSync, "sync_once", terminated)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["follow", str(tmp_path), RUN, "--interval", "60"]) == 0
    assert steps_in(s3) == [7]
    assert '"files": 1' in capsys.readouterr().out.splitlines()[-1]
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_wrong_bucket_is_named(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint(tmp_path, 1)
    assert main(["follow", str(tmp_path), "s3://nowhere/run/"]) == 66
    assert "there is no bucket nowhere" in capsys.readouterr().err


def test_what_is_no_location_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="64"):
        main(["follow", str(tmp_path), "bucket/run"])
    assert "bucket/run is not s3://BUCKET/PREFIX/" in capsys.readouterr().err


def test_a_scratch_directory_that_is_not_mounted_is_named(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["follow", str(tmp_path / "no"), RUN]) == 66
    assert "Mount the shared volume" in capsys.readouterr().err


@pytest.mark.parametrize("changed", [False, True])
def test_a_large_one_goes_up_in_parts_and_shows_only_when_it_is_whole_and_right(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    part = 5 * 2**20  # S3 takes no smaller ones
    monkeypatch.setattr(remote, "TRANSFER_CONFIG", TransferConfig(part, multipart_chunksize=part))
    path = checkpoint(tmp_path, 1, random.randbytes(2 * part + 1))
    content = "0" * 64 if changed else digest(path)
    calls = calls_of(s3, monkeypatch, "create_multipart_upload")
    counted: list[int] = []
    with pytest.raises(CheckpointChangedError) if changed else nullcontext():
        RemoteCheckpoints(s3, Location(BUCKET, "run/")).upload(path, content, counted.append)
    assert changed or sum(counted) == 2 * part + 1
    assert len(calls) == 1
    assert steps_in(s3) == ([] if changed else [1])
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads"), "nothing is left to pay for"


def test_the_largest_one_goes_through_a_pods_memory(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = 5 * 2**20
    monkeypatch.setattr(remote.TRANSFER_CONFIG, "multipart_threshold", part)
    monkeypatch.setattr(remote.TRANSFER_CONFIG, "multipart_chunksize", part)
    path = checkpoint(tmp_path, 1)
    os.truncate(path, 12 * part)
    read, sent, held = [0], [0], [0]

    def counted(path: Path) -> Iterator[bytes]:
        for piece in read_chunks(path):
            read[0] += len(piece)
            yield piece

    def slow(**request: Any) -> dict[str, str]:
        time.sleep(0.15)
        held.append(read[0] - sent[0])
        sent[0] += part
        return {"ETag": "1"}

    monkeypatch.setattr(remote, "read_chunks", counted)
    monkeypatch.setattr(s3, "upload_part", slow)
    monkeypatch.setattr(s3, "complete_multipart_upload", lambda **_: {})
    RemoteCheckpoints(s3, Location(BUCKET, "run/")).upload(path, digest(path), lambda _: None)
    assert len(held) == 1 + 12
    assert max(held) < 6 * part, "six parts of 64 MiB, with what else there is, fill 512 MiB"
