import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.archives import extract
from workloads.checkpoints.packing import (
    CheckpointChangedError,
    as_stream,
    digest,
    read_chunks,
    verify_digest,
)
from workloads.errors import BadDataError

CONTENTS = st.lists(st.binary(max_size=3000), max_size=6)


def a_directory(at: Path) -> Path:
    (at / "optimizer" / "empty").mkdir(parents=True)
    (at / "model").write_bytes(b"weights" * 1000)
    (at / "optimizer" / "state").write_bytes(b"")
    (at / "run.sh").write_text("true")
    (at / "run.sh").chmod(0o777)
    (at / "latest").symlink_to("model")
    return at


def test_a_directory_that_went_through_an_archive_is_the_same(tmp_path: Path) -> None:
    before, after = a_directory(tmp_path / "before"), tmp_path / "after"
    with as_stream(read_chunks(before)) as stream:
        extract(stream, after, "archive")
    assert (after / "model").read_bytes() == b"weights" * 1000
    assert (after / "optimizer" / "empty").is_dir()
    assert (after / "latest").readlink() == Path("model")
    assert digest(after) == digest(before), "so that it is not uploaded again"


def test_a_directory_has_the_same_bytes_whoever_may_read_it(tmp_path: Path) -> None:
    one, other = a_directory(tmp_path / "one"), a_directory(tmp_path / "other")
    (other / "model").chmod(0o600)
    for path in one.rglob("*"):
        time = path.lstat().st_mtime_ns
        os.utime(other / path.relative_to(one), ns=(time, time), follow_symlinks=False)
    assert digest(one) == digest(other)


@given(parts=CONTENTS, sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=9))
def test_a_stream_of_pieces_gives_their_bytes_in_reads_of_any_size(
    parts: list[bytes], sizes: list[int]
) -> None:
    stream, got = as_stream(iter(parts)), b""
    while piece := stream.read(sizes[len(got) % len(sizes)]):
        got += piece
    assert got == b"".join(parts)


@given(parts=CONTENTS)
def test_bytes_that_are_not_the_expected_ones_end_in_an_error(parts: list[bytes]) -> None:
    got: list[bytes] = []
    with pytest.raises(CheckpointChangedError, match="its SHA-256 is"):
        got.extend(verify_digest(parts, "0" * 64))
    assert got == parts, "the error comes after the last byte"


def test_a_file_that_grows_while_it_is_packed_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint-1"
    folder.mkdir()
    (folder / "model").write_bytes(b"1")
    parts = read_chunks(folder)
    next(parts)
    (folder / "model").write_bytes(b"12")
    with pytest.raises(CheckpointChangedError, match="model grew or shrank"):
        list(parts)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../other"])
def test_what_could_not_be_restored_is_not_taken_for_a_copy(tmp_path: Path, target: str) -> None:
    folder = a_directory(tmp_path / "checkpoint-1")
    (folder / "vocabulary").symlink_to(target)
    with pytest.raises(BadDataError, match=r"vocabulary.*Leave this out of checkpoints"):
        digest(folder)
