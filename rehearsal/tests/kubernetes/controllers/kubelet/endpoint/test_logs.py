"""Parts of a container's log that kubectl asks for."""

import shutil
import time

import pytest

from rehearsal.kubernetes.controllers.kubelet import log_index
from rehearsal.kubernetes.controllers.kubelet.log_index import LogIndex, Recorder
from tests.patience import until

LOG = "/containerLogs/team/load/main"


def text(served, query=""):
    status, said = served.get(f"{LOG}{query}")
    assert status == 200, said
    return said


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "one\ntwo\nthree\n"),
        ("?tailLines=2", "two\nthree\n"),
        ("?tailLines=9", "one\ntwo\nthree\n"),
        ("?tailLines=0", ""),
        ("?limitBytes=5", "one\nt"),
        ("?sinceSeconds=3600", "one\ntwo\nthree\n"),
        ("?sinceTime=2100-01-01T00:00:00Z", ""),
        ("?follow=true", "one\ntwo\nthree\n"),
    ],
)
def test_a_log_is_shown_as_it_is_asked_for(served, query, expected):
    run = served.run("printf 'one\\ntwo\\nthree\\n'")
    until(lambda: run.ended)
    assert text(served, query) == expected


def test_a_log_is_followed_until_its_container_has_ended(served):
    file = served.environment.root / "go"
    served.run(f"echo three; until [ -e {file} ]; do sleep 0.05; done; echo four")
    assert text(served) == "three\n", "without follow it ends at once"
    file.touch()
    assert text(served, "?follow=true&tailLines=2") == "three\nfour\n"


def test_lines_have_the_times_at_which_they_were_written(tmp_path, monkeypatch):
    clock = iter([100.0, 110.0, 120.0])
    monkeypatch.setattr(time, "time", lambda: next(clock))
    log = tmp_path / "main.log"
    recorder = Recorder(log)
    recorder.start(0)
    for line in ("one\n", "two\n"):
        with log.open("a") as file:
            file.write(line)
        recorder.look()
        recorder.look()
    index = LogIndex.of(log)
    assert [index.written_since(at) for at in (90, 105, 110, 111, 120, 121)] == [0, 0, 0, 4, 4, 8]
    assert [index.time_of(at) for at in (1, 4, 5, 8)] == [110, 110, 120, 120]


def test_a_container_goes_on_when_its_log_is_deleted(tmp_path):
    log = tmp_path / "logs" / "main.log"
    recorder = Recorder(log)
    assert recorder.start(0) == 0
    shutil.rmtree(log.parent)
    recorder.look()
    assert recorder.start(1) == 0


def test_only_later_lines_are_shown_and_each_with_its_time(served, monkeypatch):
    monkeypatch.setattr(log_index, "INTERVAL_SECONDS", 0.05)
    run = served.run("printf 'one\\ntwo'")
    until(lambda: run.ended)
    served.log.with_suffix(".index").write_text("100.000 0 start 0\n110.000 4\n120.000 7\n12")
    assert text(served, "?sinceTime=1970-01-01T00:01:55Z") == "two"
    assert text(served, "?timestamps=true") == (
        "1970-01-01T00:01:50.000000Z one\n1970-01-01T00:02:00.000000Z two"
    )


def test_a_restarted_container_has_a_previous_log(served):
    run = served.run("printf 'a\\nb\\n'")
    until(lambda: run.ended)
    status, said = served.get(f"{LOG}?previous=true")
    assert (status, said) == (
        400, 'previous terminated container "main" in pod "load" not found\n'
    )  # fmt: skip
    Recorder(served.log).start(1)
    with served.log.open("a") as file:
        file.write("c\n")
    assert text(served) == "c\n"
    assert text(served, "?previous=true") == "a\nb\n"
    assert text(served, "?previous=true&tailLines=1") == "b\n"


def test_a_log_without_an_index_is_shown_as_a_whole(served):
    run = served.run("echo one")
    until(lambda: run.ended)
    served.log.with_suffix(".index").unlink()
    assert text(served, "?timestamps=true").endswith("Z one\n")
