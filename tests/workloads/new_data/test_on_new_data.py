import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.workloads.new_data.bucket import BUCKET, DATASET_PREFIX, INBOX, PREFIX, Data, event
from tests.workloads.new_data.cluster import refusal
from workloads import on_new_data
from workloads.errors import MissingInputError, RefusedError, UnavailableError, UsageError
from workloads.new_data import batches
from workloads.objects import Location


def only(things: list[str]) -> str:
    assert len(things) == 1, things
    return things[0]


def summary(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    last = capsys.readouterr().out.splitlines()[-1]
    return dict(json.loads(last.removeprefix("summary ")))


def test_what_came_in_and_the_dataset_are_trained_on_together(
    data: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    data.come_in("train/monday.csv", "2,2\n")
    data.run()
    batch = only(data.trained)
    assert data.contents(batch) == {
        "train/digits.csv": "0,0\n",
        "train/monday.csv": "2,2\n",
        "validation/digits.csv": "1,1\n",
    }
    job = data.cluster.jobs()[f"{PREFIX}-{batch}"]
    assert job["metadata"]["name"] == job["spec"]["trainingJobName"] == f"{PREFIX}-{batch}"
    read = [each["dataSource"]["fileSystemDataSource"] for each in job["spec"]["inputDataConfig"]]
    assert [each["directoryPath"] for each in read] == [
        f"/root/batches/digits/{batch}/train",
        f"/root/batches/digits/{batch}/validation",
    ]
    assert job["spec"]["tags"] == [{"key": "DatasetDigest", "value": batch}]
    assert "$BATCH" not in json.dumps(job)
    assert data.waiting == 0
    said = summary(capsys)
    assert (said["batch"], said["created"], said["events"]) == (batch, True, 1)


def test_a_file_that_came_in_takes_the_place_of_the_datasets(data: Data) -> None:
    data.come_in("train/digits.csv", "5,5\n")
    data.run()
    assert data.contents(only(data.trained))["train/digits.csv"] == "5,5\n"


def test_an_event_of_what_was_trained_on_makes_nothing(data: Data) -> None:
    data.come_in("train/monday.csv")
    data.run()
    data.send(event("digits/train/monday.csv"))
    data.run()
    only(data.trained)
    assert data.waiting == 0


def test_changed_and_removed_files_are_new_batches(data: Data) -> None:
    data.come_in("train/monday.csv", "2,2\n")
    data.run()
    data.come_in("train/monday.csv", "3,3\n")
    data.run()
    data.come_in("train/tuesday.csv", "4,4\n")
    data.run()
    assert len(data.trained) == 3
    data.s3.delete_object(Bucket=INBOX, Key="digits/train/tuesday.csv")
    data.send(event("digits/train/tuesday.csv", name="ObjectRemoved:Delete"))
    data.run()
    assert len(data.trained) == 3, "what is left was trained on before"


def test_a_changed_dataset_is_a_new_batch_of_what_came_in(data: Data) -> None:
    data.come_in("train/monday.csv")
    data.run()
    before = only(data.trained)
    data.put(f"{DATASET_PREFIX}train/digits.csv", "9,9\n", BUCKET)
    data.send(event("digits/train/monday.csv"))
    data.run()
    (after,) = {*data.trained} - {before}
    assert data.contents(after)["train/digits.csv"] == "9,9\n"
    assert data.contents(before)["train/digits.csv"] == "0,0\n"


def test_what_came_in_is_never_trained_on_without_the_dataset(data: Data) -> None:
    """Reproduce an interrupted update that has already moved the dataset."""
    data.come_in("train/monday.csv")
    for channel in ("train", "validation"):
        data.s3.delete_object(Bucket=BUCKET, Key=f"{DATASET_PREFIX}{channel}/digits.csv")
    with pytest.raises(UnavailableError, match="run pulumi up again"):
        data.run()
    assert not data.trained
    assert data.waiting == 1, "the event is for the next look"


def test_the_same_files_from_another_inbox_are_another_batch(data: Data) -> None:
    data.come_in("train/monday.csv")
    data.s3.create_bucket(Bucket="inbox-2")
    data.put("digits/train/monday.csv", "1,2\n", "inbox-2")
    dataset = Location(BUCKET, DATASET_PREFIX)
    one, other = (
        batches.current_batch(data.s3, dataset, Location(inbox, "digits/"))
        for inbox in (INBOX, "inbox-2")
    )
    assert one
    assert other
    assert one.objects.keys() == other.objects.keys()
    assert one.id != other.id


@pytest.mark.parametrize("wrong", ["digits/", "s3:///digits/", "https://inbox/digits/"])
def test_where_new_data_comes_is_an_s3_path(
    data: Data, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        on_new_data.main([*data.arguments(), "--incoming", wrong])
    assert ended.value.code == os.EX_USAGE
    assert f"{wrong} is not s3://BUCKET/PREFIX/" in capsys.readouterr().err


def test_what_batches_have_in_common_is_downloaded_once(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.come_in("train/monday.csv")
    data.run()
    fetched: list[str] = []
    fetch = batches.fetch
    monkeypatch.setattr(
        batches, "fetch", lambda *args: (fetched.append(args[1].name), fetch(*args))[1]
    )
    data.come_in("train/tuesday.csv", "7,7\n")
    data.run()
    assert fetched == ["train/tuesday.csv"]
    assert len(data.trained) == 2
    for batch in data.trained:
        assert data.contents(batch)["train/digits.csv"] == "0,0\n"


def test_a_test_message_and_an_event_of_nothing_are_dropped(data: Data) -> None:
    data.send_text(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": INBOX}))
    data.send(event("digits/train/gone.csv"))
    data.run()
    assert data.waiting == 0
    assert data.trained == []
    assert not data.batches.exists()


OTHERS = json.dumps({"Records": [event("digits/train/a.csv", bucket="other")]})


@pytest.mark.parametrize(
    "text", ["hello", "[]", "{}", '{"Records": 5}', '{"Records": [{}]}', OTHERS]
)
def test_a_message_nobody_understands_is_left_for_the_dead_letters(
    data: Data, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data.come_in("train/monday.csv")
    data.send_text(text)
    data.run()
    only(data.trained)
    assert data.waiting == 1
    assert "is not an event of bucket inbox: it stays in the queue" in capsys.readouterr().out


def test_an_empty_queue_is_not_waited_at_once(
    data: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    data.run()
    assert summary(capsys)["events"] == 0


def test_what_came_in_is_trained_on_when_its_events_are_among_the_dead_letters(
    data: Data,
) -> None:
    data.put("digits/train/monday.csv", "1,2\n")
    data.run()
    assert data.contents(only(data.trained))["train/monday.csv"] == "1,2\n"


def test_a_file_in_no_channel_is_left_out_and_named(
    data: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    data.come_in("lost.csv")
    data.run()
    assert data.trained == []
    assert "put it in its channel, as s3://inbox/digits/train/lost.csv" in (capsys.readouterr().out)


def test_a_job_that_somebody_else_made_meanwhile_is_no_error(
    data: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data.come_in("train/monday.csv")
    data.run()
    batch = only(data.trained)
    monkeypatch.setattr(
        data.cluster,
        "get_namespaced_custom_object",
        lambda *_, **__: raise_(refusal(404, "NotFound")),
    )
    data.send(event("digits/train/monday.csv"))
    data.run()
    assert only(data.trained) == batch
    assert data.waiting == 0
    assert summary(capsys)["created"] is False


def raise_(error: Exception) -> None:
    raise error


def test_an_object_that_changes_while_the_batch_is_made_is_looked_at_again(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.come_in("train/monday.csv", "2,2\n")
    listed = on_new_data.current_batch
    looks = 0

    def changes_after_the_first_look(*args: Any) -> Any:
        nonlocal looks
        looks += 1
        batch = listed(*args)
        if looks == 1:
            data.put("digits/train/monday.csv", "3,3\n")
        return batch

    monkeypatch.setattr(on_new_data, "current_batch", changes_after_the_first_look)
    data.run()
    assert looks == 2
    assert data.contents(only(data.trained))["train/monday.csv"] == "3,3\n"
    assert [path.name for path in data.batches.iterdir()] == data.trained, "no draft is left"


def test_a_bucket_that_never_rests_ends_with_an_error(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.come_in("train/monday.csv", "0\n")
    listed, looks = on_new_data.current_batch, iter(range(99))

    def changes(*args: Any) -> Any:
        batch = listed(*args)
        data.put("digits/train/monday.csv", f"{next(looks)},1\n")
        return batch

    monkeypatch.setattr(on_new_data, "current_batch", changes)
    with pytest.raises(UnavailableError, match="increase --quiet"):
        data.run()
    assert data.waiting == 1, "it is tried again"
    assert data.trained == []


@pytest.mark.parametrize(
    ("status", "reason", "kind", "said"),
    [
        (403, "Forbidden", RefusedError, "Allow the service account to create, get and list"),
        (422, "Invalid", RefusedError, "Correct the template"),
        (500, "InternalError", UnavailableError, "the Kubernetes API server fails"),
    ],
)
def test_when_kubernetes_refuses_the_events_stay(
    data: Data, status: int, reason: str, kind: type[Exception], said: str
) -> None:
    data.come_in("train/monday.csv")
    data.cluster.failure = refusal(status, reason)
    with pytest.raises(kind, match=said):
        data.run()
    assert data.waiting == 1


def test_without_the_controller_the_error_says_so(data: Data) -> None:
    data.come_in("train/monday.csv")
    data.cluster.failure = refusal(404, "x")
    data.cluster.failure.body = "404 page not found\n"
    with pytest.raises(MissingInputError, match="Install ACK's controller"):
        data.run()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda template: template["metadata"].clear(), "eks-ml-storage/name-prefix"),
        (lambda template: template["spec"].pop("inputDataConfig"), "no channel reads"),
        (lambda template: template.pop("apiVersion"), "is not a template of a TrainingJob"),
    ],
)
def test_a_template_of_which_no_job_can_be_made_is_refused_at_once(
    data: Data, change: Any, said: str
) -> None:
    path = data.folder / "template.json"
    template = json.loads(path.read_text())
    change(template)
    path.write_text(json.dumps(template))
    with pytest.raises(UsageError, match=said):
        data.run()


def test_a_missing_mount_and_a_missing_queue_are_named(data: Data, tmp_path: Path) -> None:
    given = data.given
    given.storage = tmp_path / "not-mounted"
    with pytest.raises(MissingInputError, match="Mount the shared volume"):
        on_new_data.execute(given, data.s3, data.sqs, data.cluster)
    given = data.given
    given.queue = f"{data.url}-other"
    with pytest.raises(MissingInputError, match="there is no such queue"):
        on_new_data.execute(given, data.s3, data.sqs, data.cluster)


def test_outside_of_a_cluster_the_command_says_what_it_takes(
    data: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert on_new_data.main(data.arguments()) == os.EX_NOINPUT
    assert "set KUBERNETES_SERVICE_HOST" in capsys.readouterr().err


def test_a_job_that_reads_s3_is_made_once_its_batch_is_there(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = Location(BUCKET, "batches/digits/")
    pauses: list[float] = []

    def export(seconds: float) -> None:
        """Exports one more file in each pause, as S3 Files does in its own time."""
        assert data.trained == [], "a job would not find all of its files"
        pauses.append(seconds)
        (batch,) = [one for one in data.batches.iterdir() if not one.name.startswith(".")]
        names = sorted(data.contents(batch.name))
        name = names[len(pauses) - 1]
        data.put(exported.key(f"{batch.name}/{name}"), data.contents(batch.name)[name], BUCKET)

    monkeypatch.setattr("workloads.new_data.exports.time.sleep", export)
    data.come_in("train/monday.csv", "2,2\n")
    given = on_new_data.build_parser().parse_args(
        [*data.arguments(), f"--exported=s3://{BUCKET}/batches/digits/"]
    )
    on_new_data.execute(given, data.s3, data.sqs, data.cluster)
    only(data.trained)
    assert len(pauses) == 3


def test_a_batch_that_never_comes_to_the_bucket_is_an_error_and_its_events_stay(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workloads.new_data.exports.LONGEST_SECONDS", 0.0)
    monkeypatch.setattr("workloads.new_data.exports.time.sleep", lambda _: None)
    data.come_in("train/monday.csv", "2,2\n")
    given = on_new_data.build_parser().parse_args(
        [*data.arguments(), f"--exported=s3://{BUCKET}/batches/digits/"]
    )
    with pytest.raises(UnavailableError, match=r"lacks 3 files .* PendingExports"):
        on_new_data.execute(given, data.s3, data.sqs, data.cluster)
    assert data.trained == []
    assert data.waiting == 1
