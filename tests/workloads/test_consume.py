import errno
import json
import os
from pathlib import Path

import pytest

from workloads import consume
from workloads.consume import main


def test_every_finished_file_is_read_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "a").write_bytes(bytes(3_000_000))
    (tmp_path / "d" / "b").write_bytes(b"12")
    (tmp_path / "d" / ".draft").write_bytes(b"half")
    assert main([str(tmp_path), "--workers", "3"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1].removeprefix("summary "))
    assert (found["workload"], found["files"], found["bytes"]) == ("consume", 2, 3_000_002)
    assert found["megabytes_per_second"] > 0


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, "there is no such directory. Mount the shared volume"),
        ("directory", "holds no files. Put data there"),
        ("file", "is a file; give a directory"),
    ],
)
def test_a_directory_without_data_is_named(
    tmp_path: Path, made: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data"
    if made:
        path.mkdir() if made == "directory" else path.touch()
    assert main([str(path)]) == 66
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"), [(errno.EIO, 75), (errno.ESTALE, 75), (errno.EACCES, 77)]
)
def test_a_file_system_that_fails_is_said_to(
    tmp_path: Path,
    number: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(stream: object) -> None:
        raise OSError(number, os.strerror(number), "/mnt/storage/a")

    (tmp_path / "a").touch()
    monkeypatch.setattr(consume, "iter_chunks", fail)
    assert main([str(tmp_path)]) == code
    assert f"/mnt/storage/a: {os.strerror(number)}" in capsys.readouterr().err
