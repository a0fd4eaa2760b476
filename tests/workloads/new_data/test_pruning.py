import random
from typing import Any

import pytest

from tests.workloads.new_data.bucket import PREFIX, Data

ENDED: list[dict[str, Any]] = [
    {"trainingJobStatus": "Completed"},
    {"trainingJobStatus": "Failed"},
    {"trainingJobStatus": "Stopped"},
    {"conditions": [{"type": "ACK.Terminal", "status": "True"}]},
]
READING: list[dict[str, Any]] = [
    {},
    {"trainingJobStatus": "InProgress"},
    {"trainingJobStatus": "Stopping"},
    {"conditions": [{"type": "ACK.Recoverable", "status": "True"}]},
]


def new_batch(data: Data, number: int) -> str:
    before = set(data.trained)
    data.come_in("train/new.csv", f"{number},1\n")
    data.run()
    (batch,) = set(data.trained) - before
    return batch


def there(data: Data) -> set[str]:
    return {path.name for path in data.batches.iterdir()}


@pytest.mark.parametrize("status", ENDED)
def test_the_newest_batches_stay_and_older_ones_go(data: Data, status: dict[str, Any]) -> None:
    made = []
    for number in range(6):
        made.append(new_batch(data, number))
        data.cluster.say(f"{PREFIX}-{made[-1]}", **status)
    # The last one was still read when old ones were removed, so that three others stayed.
    assert there(data) == set(made[-4:])


@pytest.mark.parametrize("status", READING)
def test_a_batch_that_a_job_reads_stays_whatever_its_age(
    data: Data, status: dict[str, Any]
) -> None:
    data.keep = 1
    oldest = new_batch(data, 0)
    data.cluster.say(f"{PREFIX}-{oldest}", **status)
    for number in range(1, 5):
        batch = new_batch(data, number)
        data.cluster.say(f"{PREFIX}-{batch}", trainingJobStatus="Completed")
    assert oldest in there(data)
    assert len(there(data)) == 3, "it, the newest, and one more"
    assert data.contents(oldest)["train/new.csv"] == "0,1\n"


def test_a_job_of_the_users_that_reads_a_batch_keeps_it_too(data: Data) -> None:
    data.keep = 1
    oldest = new_batch(data, 0)
    data.cluster.say(f"{PREFIX}-{oldest}", trainingJobStatus="Completed")
    mine = data.cluster.jobs()[f"{PREFIX}-{oldest}"]
    mine["metadata"] = {"name": "mine"}
    kind = ("sagemaker.services.k8s.aws", "v1alpha1", "training", "trainingjobs")
    data.cluster.create_namespaced_custom_object(*kind, mine)
    data.cluster.say("mine", trainingJobStatus="InProgress")
    for number in range(1, 4):
        data.cluster.say(f"{PREFIX}-{new_batch(data, number)}", trainingJobStatus="Completed")
    assert oldest in there(data)


def test_whatever_jobs_do_no_batch_in_use_is_ever_removed(data: Data) -> None:
    data.keep = 1
    chance = random.Random(7)
    for number in range(15):
        new_batch(data, number)
        for name, job in data.cluster.jobs().items():
            if job.get("status") is None and chance.random() < 0.4:
                data.cluster.say(name, **chance.choice(ENDED))
            elif job.get("status") is None:
                assert name.removeprefix(f"{PREFIX}-") in there(data)


def test_what_an_earlier_run_left_unfinished_is_removed(data: Data) -> None:
    draft = data.batches / ".0123456789ab.part"
    draft.mkdir(parents=True)
    (draft / "half").write_text("x")
    new_batch(data, 0)
    assert not draft.exists()


def test_links_keep_what_is_shared_when_a_batch_goes(data: Data) -> None:
    data.keep = 1
    batches = [new_batch(data, number) for number in range(2)]
    data.cluster.say(f"{PREFIX}-{batches[0]}", trainingJobStatus="Completed")
    data.cluster.say(f"{PREFIX}-{batches[1]}", trainingJobStatus="Completed")
    last = new_batch(data, 2)
    assert batches[0] not in there(data)
    assert data.contents(last)["train/digits.csv"] == "0,0\n"
