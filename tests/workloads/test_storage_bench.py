"""The measurement of a storage: fio's cases, the model's file, and what is said of them."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from workloads import storage_bench
from workloads.benchmark import fio, model_file
from workloads.errors import WorkloadError

needs_fio = pytest.mark.skipif(shutil.which("fio") is None, reason="fio is not installed")
SMALL = ("--size-mib", "16", "--model-mib", "1", "--seconds", "1", "--readers", "3")


def summary(said: str) -> dict[str, Any]:
    line = said.splitlines()[-1]
    assert line.startswith("summary ")
    found: dict[str, Any] = json.loads(line.removeprefix("summary "))
    return found


@needs_fio
def test_all_cases_are_measured_and_nothing_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = json.dumps({"sequential read": "60 MB/s"})
    status = storage_bench.main([str(tmp_path), "--storage", "efs", *SMALL, "--promised", promised])
    found = summary(capsys.readouterr().out)
    assert status == os.EX_OK
    assert set(found["cases"]) == {*(case.name for case in fio.CASES), "model load"}
    assert found["cases"]["sequential write"]["bytes"] == 16 * 2**20
    assert all(one["bytes"] > 0 for one in found["cases"].values())
    rows = {row[0]: row[1:] for row in found["table"]["rows"]}
    assert rows["sequential read"][1] == "60 MB/s"
    assert rows["model load"][0].startswith("1 MiB in ")
    assert [*tmp_path.iterdir()] == []


@needs_fio
def test_a_storage_of_new_files_only_has_no_random_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage_bench.main([str(tmp_path), "--storage", "s3", *SMALL, "--new-files-only"])
    found = summary(capsys.readouterr().out)
    assert "random write 4k" not in found["cases"]
    rows = {row[0]: row[1] for row in found["table"]["rows"]}
    assert rows["random write 4k"] == storage_bench.LEFT_OUT


def test_without_fio_the_remedy_is_said_and_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status = storage_bench.main([str(tmp_path), "--storage", "efs"])
    said = capsys.readouterr()
    assert status == os.EX_NOINPUT
    assert "fio is not installed" in said.err
    assert "make image" in said.err
    assert said.out == ""


def test_a_directory_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fio, "require", lambda: "fio-3")
    status = storage_bench.main([str(tmp_path / "none"), "--storage", "efs"])
    assert status == os.EX_NOINPUT
    assert "is not a directory" in capsys.readouterr().err


@needs_fio
def test_what_fio_says_of_a_failure_is_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="fio: sequential write: "):
        fio.measure(fio.CASES[0], tmp_path, 16, 1)  # a directory is no file


def test_a_write_counts_until_its_bytes_are_on_the_storage() -> None:
    found = {"io_bytes": 10_000_000, "runtime": 1000, "total_ios": 10, "clat_ns": {"mean": 2e6}}
    output = {"jobs": [{"write": found, "job_runtime": 4000}]}
    measured = fio.figures(fio.CASES[0], output)
    assert measured == fio.Measured(2_500_000, 2.5, 2.0, 10_000_000)


def test_requests_at_random_places_go_past_the_page_cache_or_wait_for_their_bytes() -> None:
    _, _, _, write = fio.CASES
    assert "--direct=1" in fio.command(write, Path("f"), 16, 5, direct=True)
    assert "--fdatasync=1" in fio.command(write, Path("f"), 16, 5, direct=False)
    sequential = fio.command(fio.CASES[0], Path("f"), 16, 5, direct=False)
    assert not any(one.startswith(("--runtime", "--direct")) for one in sequential)


@pytest.mark.parametrize("readers", [1, 3, 7])
def test_a_models_file_is_safetensors_and_is_read_whole(tmp_path: Path, readers: int) -> None:
    file = tmp_path / "model.safetensors"
    size = model_file.write(file, 5)
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert header["weights"]["data_offsets"] == [0, 5 * 2**20]
    assert size == len(content) == 8 + length + 5 * 2**20
    assert model_file.load(file, readers) > 0
