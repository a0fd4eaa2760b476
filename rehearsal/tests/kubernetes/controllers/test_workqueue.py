import itertools
import threading
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.kubernetes.controllers import workqueue
from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.workqueue import PARKED, TryAgain, WorkQueue
from tests.patience import PATIENCE, until

ONE, OTHER = Key("Pod", "team", "one"), Key("Pod", "team", "other")


class Recorder:
    """A handler that answers from a script, then with nothing."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.seen = []
        self.done = threading.Event()

    def __call__(self, key):
        self.seen.append((key, time.monotonic()))
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if not self.outcomes:
            self.done.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def started():
    queues = []

    def start(handler, workers=2):
        queue = WorkQueue(handler, workers)
        queues.append(queue)
        queue.start()
        return queue

    yield start
    for queue in queues:
        queue.stop()


def test_an_object_is_looked_at_again_when_its_controller_asks_for_it(started):
    handler = Recorder(0.05, None)
    started(handler).add(ONE)
    assert handler.done.wait(PATIENCE)
    (_, first), (_, second) = handler.seen
    assert second - first >= 0.05


def test_a_fault_is_logged_and_tried_again_later(started, monkeypatch, caplog):
    monkeypatch.setattr(workqueue, "FIRST_DELAY", 0.01)
    handler = Recorder(ValueError("broken"), TryAgain("not yet"), None)
    started(handler).add(ONE)
    assert handler.done.wait(PATIENCE)
    assert [record.levelname for record in caplog.records if "broken" in record.exc_text or ""]


def test_the_delay_between_faults_grows(started, monkeypatch):
    monkeypatch.setattr(workqueue, "FIRST_DELAY", 0.02)
    handler = Recorder(TryAgain("1"), TryAgain("2"), TryAgain("3"), None)
    started(handler).add(ONE)
    assert handler.done.wait(PATIENCE)
    times = [moment for _, moment in handler.seen]
    delays = [after - before for before, after in itertools.pairwise(times)]
    assert all(delay >= least for delay, least in zip(delays, (0.02, 0.04, 0.08), strict=True))


def test_a_parked_object_waits_until_the_cluster_changes(started):
    handler = Recorder(PARKED, None)
    queue = started(handler)
    queue.add(ONE)
    time.sleep(0.1)
    assert len(handler.seen) == 1
    queue.wake()
    assert handler.done.wait(PATIENCE)


def test_a_change_while_a_controller_decides_to_park_is_not_missed(started):
    looking, changed = threading.Event(), threading.Event()
    looks = []

    def handler(key):
        looks.append(key)
        if len(looks) == 1:
            looking.set()
            assert changed.wait(PATIENCE)
            return PARKED
        again.set()
        return None

    again = threading.Event()
    queue = started(handler)
    queue.add(ONE)
    assert looking.wait(PATIENCE)
    queue.wake()
    changed.set()
    assert again.wait(PATIENCE), "the wake came before the park and must count"


@settings(max_examples=20)
@given(st.lists(st.sampled_from([ONE, OTHER]), min_size=1, max_size=40))
def test_no_object_is_handled_twice_at_once_and_the_last_change_is_seen(keys):
    busy: Counter[Key] = Counter()
    overlaps, seen = [], {}
    lock = threading.Lock()
    written = dict.fromkeys(keys, 0)

    def handler(key):
        with lock:
            busy[key] += 1
            overlaps.append(busy[key])
            seen[key] = written[key]
        time.sleep(0.0005)
        with lock:
            busy[key] -= 1

    queue = WorkQueue(handler, workers=4)
    queue.start()
    for key in keys:
        with lock:
            written[key] += 1
        queue.add(key)
    until(lambda: seen == written)
    queue.stop(PATIENCE)
    assert max(overlaps) == 1
