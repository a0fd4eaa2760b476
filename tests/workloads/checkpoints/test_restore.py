import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tests.workloads.checkpoints.test_sync import RUN, a_sync, checkpoint, steps_in
from tests.workloads.conftest import BUCKET
from workloads.checkpoint_sync import main
from workloads.checkpoints import restoring
from workloads.checkpoints.packing import digest
from workloads.checkpoints.remote import RemoteCheckpoints, StoredCheckpoint


def uploaded(s3: Any, directory: Path, *steps: int) -> dict[int, str]:
    """Upload checkpoints and return their SHA-256 by step; those of even steps are directories."""
    directory.mkdir()
    digests = {}
    for step in steps:
        path = directory / f"checkpoint-{step:08}"
        if step % 2 == 0:
            path.mkdir()
            (path / "model").write_bytes(os.urandom(2000))
        else:
            path.write_bytes(os.urandom(2000))
        digests[step] = digest(path)
    a_sync(s3, directory).sync_once()
    return digests


def spoil(s3: Any, key: str) -> None:
    """Change the bytes of an object and keep its metadata."""
    before = s3.get_object(Bucket=BUCKET, Key=f"run/{key}")
    body = bytearray(before["Body"].read())
    body[700] ^= 1
    s3.put_object(Bucket=BUCKET, Key=f"run/{key}", Body=bytes(body), Metadata=before["Metadata"])


@pytest.mark.parametrize("newest", [3, 4])
def test_the_newest_comes_back_a_file_or_a_directory(s3: Any, tmp_path: Path, newest: int) -> None:
    digests = uploaded(s3, tmp_path / "then", *range(newest + 1))
    assert main(["restore", str(tmp_path / "now"), RUN]) == 0
    (brought,) = (tmp_path / "now").iterdir()
    assert (brought.name, digest(brought)) == (f"checkpoint-{newest:08}", digests[newest])


def test_a_first_start_finds_nothing_and_that_is_no_error(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", str(tmp_path / "now"), RUN]) == 0
    assert '"checkpoint": null' in capsys.readouterr().out


@pytest.mark.parametrize("step", [5, 6])
def test_what_is_there_is_not_brought_again(
    s3: Any, tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(s3, tmp_path / "scratch", step)
    monkeypatch.setattr(restoring, "_download", None)
    assert main(["restore", str(tmp_path / "scratch"), RUN]) == 0


def test_a_newer_one_of_the_directory_wins(s3: Any, tmp_path: Path) -> None:
    uploaded(s3, tmp_path / "then", 5)
    (tmp_path / "now").mkdir()
    checkpoint(tmp_path / "now", 6)
    assert main(["restore", str(tmp_path / "now"), RUN]) == 0
    assert [path.name for path in (tmp_path / "now").iterdir()] == ["checkpoint-00000006"]


@pytest.mark.parametrize(("step", "kind"), [(7, ""), (8, ".tar")])
def test_one_of_the_same_name_that_is_damaged_is_replaced(
    s3: Any, tmp_path: Path, step: int, kind: str
) -> None:
    digests = uploaded(s3, tmp_path / "scratch", step)
    path = tmp_path / "scratch" / f"checkpoint-{step:08}"
    (path / "model" if kind else path).write_bytes(b"damaged")
    assert main(["restore", str(tmp_path / "scratch"), RUN]) == 0
    assert digest(path) == digests[step]


@pytest.mark.parametrize(("step", "kind"), [(3, ""), (4, ".tar")])
def test_a_damaged_one_is_skipped_and_said_to_be(
    s3: Any, tmp_path: Path, step: int, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    uploaded(s3, tmp_path / "then", 1, step)
    spoil(s3, f"checkpoint-{step:08}{kind}")
    s3.put_object(Bucket=BUCKET, Key="run/checkpoint-00000009", Body=b"of somebody else")
    assert main(["restore", str(tmp_path / "now"), RUN]) == 0
    assert [path.name for path in (tmp_path / "now").iterdir()] == ["checkpoint-00000001"]
    said = capsys.readouterr().out
    assert f"checkpoint-{step:08}{kind} is skipped: its SHA-256 is" in said
    assert "checkpoint-00000009 is skipped: it has no SHA-256 in its metadata" in said


def test_training_does_not_begin_anew_when_all_are_damaged(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uploaded(s3, tmp_path / "then", 1)
    spoil(s3, "checkpoint-00000001")
    assert main(["restore", str(tmp_path / "now"), RUN]) == 65
    assert "none is valid. Remove them to train from the beginning" in capsys.readouterr().err


def test_what_a_killed_restore_left_is_cleared(s3: Any, tmp_path: Path) -> None:
    uploaded(s3, tmp_path / "then", 2)
    now = tmp_path / "now"
    (now / ".checkpoint-00000002.restoring").mkdir(parents=True)
    (now / ".checkpoint-00000001.removed").write_bytes(b"half")
    (now / "checkpoint-00000003.partial").write_bytes(b"the trainer's own")
    assert main(["restore", str(now), RUN]) == 0
    assert sorted(path.name for path in now.iterdir()) == [
        "checkpoint-00000002",
        "checkpoint-00000003.partial",
    ]


def test_a_full_disk_is_named_and_left_no_fuller(
    s3: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(top: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(top))

    uploaded(s3, tmp_path / "then", 1)
    monkeypatch.setattr(restoring, "fsync_tree", full)
    assert main(["restore", str(tmp_path / "now"), RUN]) == 74
    assert "No space left on device. Enlarge the volume" in capsys.readouterr().err
    assert list((tmp_path / "now").iterdir()) == []


def test_an_object_that_goes_meanwhile_is_skipped(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(s3, tmp_path / "then", 1, 3)
    stored = RemoteCheckpoints.list_checkpoints

    def then_trimmed(remote: RemoteCheckpoints) -> list[StoredCheckpoint]:
        found = stored(remote)
        s3.delete_object(Bucket=BUCKET, Key=found[0].key)
        return found

    monkeypatch.setattr(RemoteCheckpoints, "list_checkpoints", then_trimmed)
    assert main(["restore", str(tmp_path / "now"), RUN]) == 0
    assert [path.name for path in (tmp_path / "now").iterdir()] == ["checkpoint-00000001"]
    assert steps_in(s3) == [1]
