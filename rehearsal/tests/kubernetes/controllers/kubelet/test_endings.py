"""Records that are left when a container ended."""

from rehearsal.kubernetes.controllers.kubelet import exit_records
from rehearsal.kubernetes.controllers.kubelet.exit_records import ExitRecord
from rehearsal.kubernetes.controllers.kubelet.progress import Container

MAIN = Container("main", "image:1", init=False, state={})


def test_a_message_that_was_written_is_the_containers(tmp_path):
    file = tmp_path / "message"
    assert exit_records.message(file, "printed", 0) == "", "a success needs none"
    file.write_text("said" + "x" * 5000)
    assert exit_records.message(file, "printed", 1) == "said" + "x" * 4092
    assert exit_records.message(file, "printed", 0).startswith("said")


def test_the_end_of_the_log_is_the_message_of_a_failure():
    printed = "\n".join(f"line {number}" for number in range(500))
    said = exit_records.message(None, printed, 1)
    assert said.endswith("line 499")
    assert len(said) <= 2048
    assert len(said.splitlines()) <= 80


def test_only_what_was_printed_since_counts(tmp_path):
    log = tmp_path / "log"
    log.write_text("before\nafter\n")
    assert exit_records.output(log, len("before\n")) == "after\n"
    log.write_text("x" * 100_000 + "end")
    assert exit_records.output(log, 0).endswith("end")
    assert len(exit_records.output(log, 0)) == 64 * 1024


def test_the_last_summary_tells_what_was_done():
    printed = 'summary {"files": 1}\nsummary of nothing\nsummary {"files": 3, "bytes": 7}\nbye\n'
    assert exit_records.summary(printed) == {"files": 3, "bytes": 7}
    for other in ("", "summary [1]", "summary {broken", "the summary {}"):
        assert exit_records.summary(other) == {}


def test_a_record_has_the_summarys_numbers_and_only_those_of_a_success():
    printed = 'summary {"files": 3, "bytes": 7}\n'
    done = exit_records.record("team/pod", ["python"], ExitRecord(MAIN, 0, 1.5, printed))
    assert (done.kind, done.name, done.files, done.bytes) == ("pod", "team/pod", 3, 7)
    assert (done.seconds, done.detail["exitCode"]) == (1.5, 0)
    assert done.detail["summary"]["files"] == 3
    failed = exit_records.record("team/pod", ["python"], ExitRecord(MAIN, 65, 1.5, printed))
    assert (failed.files, failed.detail["summary"], failed.detail["exitCode"]) == (0, {}, 65)
