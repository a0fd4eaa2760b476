import inspect
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubernetes.client import CustomObjectsApi

from tests.workloads.conftest import BUCKET, empty
from tests.workloads.new_data.bucket import DATASET_PREFIX, INBOX, Data, event
from tests.workloads.new_data.cluster import Cluster

TIMES = 3
DATASET = {"train/digits.csv": "0,0\n"}
Files = dict[str, str]
Records = list[dict[str, Any]]

FILES = st.dictionaries(
    st.sampled_from(["train/a.csv", "train/b.csv", "validation/c.csv"]),
    st.sampled_from(["1,1\n", "2,2\n", "3,3\n"]),
    min_size=1,
)


def deliveries(rounds: list[Files], chance: random.Random) -> list[list[Records]]:
    """Return the messages that arrive in each round, with one to three records each.

    Each event arrives three times: once in its own round, and twice in this or a later one.
    """
    events = [[event(f"digits/{name}") for name in files] for files in rounds]
    came = [[*of_round] for of_round in events]
    for number, of_round in enumerate(events):
        for record in of_round * (TIMES - 1):
            chance.choice(came[number:]).append(record)
    return [split(of_round, chance) for of_round in came]


def split(records: Records, chance: random.Random) -> list[Records]:
    """Put records in random order into messages of random size."""
    shuffled = chance.sample(records, len(records))
    messages = []
    while shuffled:
        size = chance.randint(1, 3)
        messages.append(shuffled[:size])
        shuffled = shuffled[size:]
    return messages


@given(rounds=st.lists(FILES, min_size=1, max_size=4), chance=st.randoms(use_true_random=False))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_batch_trains_once_however_its_events_are_delivered(
    s3: Any,
    sqs: Any,
    tmp_path_factory: pytest.TempPathFactory,
    rounds: list[Files],
    chance: random.Random,
) -> None:
    s3.create_bucket(Bucket=INBOX)  # or nothing, in us-east-1, where it is there
    for bucket in (BUCKET, INBOX):
        empty(s3, bucket)
    data = Data(s3, sqs, tmp_path_factory.mktemp("data"), keep=10)
    data.put(f"{DATASET_PREFIX}train/digits.csv", DATASET["train/digits.csv"], BUCKET)
    state, states = DATASET, set()
    for files, messages in zip(rounds, deliveries(rounds, chance), strict=True):
        for name, content in files.items():
            data.put(f"digits/{name}", content)
        for records in messages:
            data.send(*records)
        data.run()
        assert data.waiting == 0, "every message was worked on"
        state = {**state, **files}
        states.add(frozenset(state.items()))
    trained = [frozenset(data.contents(batch).items()) for batch in data.trained]
    assert set(trained) == states, "each state of the data has a job that reads it"
    assert len(trained) == len(states), "and no more than one"


def test_an_event_that_comes_thirty_times_is_one_batch(data: Data) -> None:
    for _ in range(30):
        data.come_in("train/a.csv", "1,1\n")
    data.run()
    assert len(data.trained) == 1
    assert data.waiting == 0


def test_the_stand_in_is_called_as_the_real_client_is() -> None:
    for name, method in inspect.getmembers(Cluster, inspect.isfunction):
        if "custom_object" in name:
            ours = list(inspect.signature(method).parameters)[:-1]
            theirs = list(inspect.signature(getattr(CustomObjectsApi, name)).parameters)
            assert theirs[: len(ours)] == ours, name
