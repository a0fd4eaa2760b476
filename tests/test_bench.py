"""The bench's own accounting, on looks that are made up."""

from pathlib import Path

import pytest

from bench import listing, processes, program
from bench.processes import Process, Watch


def watched(monkeypatch: pytest.MonkeyPatch, looks: list[tuple[float, list[Process]]]) -> Watch:
    """A watch that sees such processes at such times, the last look being its end."""
    watch = Watch(Path("home"))
    clock, seen = iter([at for at, _ in looks]), iter([found for _, found in looks])
    monkeypatch.setattr(processes, "processes", lambda home: next(seen))
    monkeypatch.setattr(processes, "memory", lambda found: {})
    monkeypatch.setattr(processes.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(processes.time, "thread_time", lambda: 0.0)
    watch.begin()
    for _ in looks[1:]:
        watch.record()
    return watch


def engine(own: float, children: float = 0.0) -> Process:
    return Process(1, "engine", own, own + children)


def test_the_time_in_which_no_process_runs_is_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [(0.0, [engine(5.0)]), (1.0, [engine(6.0)]), (3.0, [engine(6.5)])]
    watch = watched(monkeypatch, looks)
    assert watch.waits == pytest.approx(1.5)
    assert watch.parts["engine"].seconds == pytest.approx(1.5)


def test_processes_that_run_at_once_make_no_wait_shorter_than_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy = [engine(2.0), Process(2, "program", 2.0, 2.0)]
    watch = watched(monkeypatch, [(0.0, []), (2.0, busy), (3.0, busy)])
    assert watch.waits == pytest.approx(1.0)


def test_the_time_of_a_child_that_ended_between_two_looks_is_no_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = [(0.0, [engine(1.0)]), (1.0, [engine(1.0, children=1.0)])]
    assert watched(monkeypatch, looks).waits == 0.0


def test_the_end_of_a_process_is_not_taken_for_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    helm = Process(2, "helm", 3.0, 3.0)
    looks = [(0.0, [engine(1.0), helm]), (1.0, [engine(2.0, children=3.0)])]
    assert watched(monkeypatch, looks).waits == pytest.approx(0.0)


def test_a_process_of_another_rehearsal_is_not_counted(tmp_path: Path) -> None:
    assert {one.part for one in processes.processes(tmp_path)} == {processes.BENCH}


def test_memory_is_read_of_this_very_process(tmp_path: Path) -> None:
    assert processes.memory(processes.processes(tmp_path))[processes.BENCH] > 1.0


def test_the_bench_answers_every_question_that_the_program_asks() -> None:
    assert program.run(program.config_of("prod")).resources > 100


def test_the_made_up_pages_are_listed_to_their_end() -> None:
    with listing.server() as url:
        small, large = listing.listing(url, 20_500), listing.listing(url, 80_000)
    assert (small.objects, large.objects) == (20_500, 80_000)
    assert large.mib < 1.2 * small.mib, "four times the objects in the same memory"
