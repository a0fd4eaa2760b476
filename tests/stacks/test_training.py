"""Training in whole stacks: from EFS, on new data, in the three patterns."""

import contextlib
import io
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks.clone import Clone
from tests.stacks.trained import (
    GOOD,
    VALIDATION,
    assert_the_new_labels_were_trained_on,
    assert_the_stacks_job_trained,
    datasets_on,
    relabelled,
    training_jobs,
    until,
)

pytestmark = pytest.mark.rehearsal

ALGORITHM = {
    "instanceType": "ml.m5.large",
    "hyperParameters": {"objective": "multi:softmax", "num_class": "10", "num_round": "50"},
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("training"))
    yield found
    for stack in ("dev", "patterns"):
        found.rehearsal("cloud", "stop", "-s", stack)


def test_dev_trains_from_efs_and_once_for_each_batch_of_new_data(clone: Clone) -> None:
    # The config's rules look at the first thousand rows; the eleventh class is in the next.
    (clone.root / "classes.csv").write_text("1,1\n" * 1000 + "11,1\n")
    (clone.root / "checked.csv").write_text("2,1\n")
    clone.edit(
        "dev",
        datasets={"classes": {"files": {"train": "classes.csv", "validation": "checked.csv"}}},
        training={"jobs": {name: {"dataset": name, **ALGORITHM} for name in ("digits", "classes")}},
    )
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    said = clone.rehearsal("results", "-s", "dev", ok=False)
    assert re.search(r"dev-classes-\w+: Failed\n +reason +\w+Error: .*", said), said
    jobs = clone.outputs("dev")["trainingJobs"]
    first = training_jobs(clone, "dev")
    assert first[jobs["classes"]]["status"]["failureReason"]
    assert "Completed" in clone.rehearsal("results", "-s", "dev", jobs["digits"])

    inbox = clone.outputs("dev")["inbox"]
    for _ in range(3):
        target = f"{inbox}train/more.csv"
        clone.in_environment("dev", "aws", "s3", "cp", "--no-progress", VALIDATION, target)
    (batch,) = until("a job for the batch", lambda: set(training_jobs(clone, "dev")) - set(first))
    said = clone.rehearsal("results", "-s", "dev", batch)
    assert f"{batch}: Completed" in said
    clone.in_environment("dev", "aws", "s3", "cp", "--no-progress", VALIDATION, target)
    time.sleep(20)  # twice the quiet time
    assert set(training_jobs(clone, "dev")) == {*first, batch}, "the same data is no new batch"

    renamed = clone.root / "relabelled/checked.csv"
    files = {"train": relabelled(clone), "validation": str(renamed.relative_to(clone.root))}
    renamed.write_text((clone.root / VALIDATION).read_text())
    digits_alone = {"jobs": {"digits": {"dataset": "digits", **ALGORITHM}}}
    clone.edit("dev", datasets={"digits": {"files": files}}, training=digits_alone)
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    assert_the_new_labels_were_trained_on(clone, "dev", jobs["digits"])
    wanted = {"train", "train/train.csv", "validation", "validation/checked.csv"}
    assert datasets_on(clone, "dev", "shared/datasets/digits") == wanted

    clone.rehearsal("destroy", "-s", "dev", "--yes")
    assert not any(clone.inventory("dev").values())
    assert clone.left_in_the_cluster("dev") == set()


def test_the_three_patterns_train_serve_and_leave_nothing(clone: Clone) -> None:
    server = {"image": "public.ecr.aws/example/vllm-openai:v0.11.0", "port": 8000}
    models = {
        "digits": {"job": "digits", "server": {"replicas": 2}},
        "chat": {"job": "digits", "server": server},
    }
    clone.edit("patterns", patterns={"modelRepository": {"models": models}})
    said = clone.rehearsal("up", "-s", "patterns", "--yes", "--skip-preview")
    assert re.search(r"models-chat-server-deployment: warning: scheduled, not run: .*vllm", said)
    outputs = clone.outputs("patterns")
    assert_the_stacks_job_trained(clone, "patterns")
    pods = clone.objects("patterns", "pods", "-n", "training")

    chat = [one for one in pods if one["metadata"]["name"].startswith("model-chat")]
    assert [one["status"]["phase"] for one in chat] == ["Pending"], "what is not run is not Running"
    workers = [one for one in pods if one["metadata"]["name"].startswith("distributed")]
    assert len(workers) == 3
    assert {one["status"]["phase"] for one in workers} == {"Succeeded"}
    assert len({one["spec"]["nodeName"] for one in workers}) == 3, "spread over the nodes"
    system = clone.home / "environments/patterns/file-systems" / outputs["fileSystemId"]
    for trained in system.glob("trained/*/metrics.json"):
        assert json.loads(trained.read_text())["validation-accuracy"] > GOOD, trained

    listed = clone.in_environment(
        "patterns", "aws", "s3", "ls", "--recursive", f"s3://{outputs['bucket']}/checkpoints/"
    )
    kept = re.findall(r"checkpoint-(\d+)\n", listed)
    assert len(kept) == 5, "as many as keepRemote"
    assert int(kept[-1]) == 60, "the newest is of the last round"

    serving = next(one for one in pods if one["metadata"]["name"].startswith("model-digits"))
    # Where the pod listens; the API shows it by an address that is none of this machine's.
    address = serving["status"]["podIP"].replace("198.18.", "127.18.")
    rows = (clone.root / VALIDATION).read_text().splitlines()[:20]
    body = "\n".join(row.partition(",")[2] for row in rows).encode()
    request = urllib.request.Request(
        f"http://{address}:8080/invocations", body, {"Content-Type": "text/csv"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        predicted = [float(one) for one in io.TextIOWrapper(answer)]
    right = sum(
        one == float(row.partition(",")[0]) for one, row in zip(predicted, rows, strict=True)
    )
    assert right >= 18, "the served model is the trained one"

    clone.rehearsal("destroy", "-s", "patterns", "--yes")
    assert not any(clone.inventory("patterns").values())
    assert clone.left_in_the_cluster("patterns") == set()
    assert pod_processes(clone) == [], "no process of a pod outlives its stack"


def pod_processes(clone: Clone) -> list[str]:
    """The command lines of what runs as a pod of the clone's environments."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            text = process.read_text(errors="replace")
            if "workloads." in text and str(clone.home) in text:
                found.append(text)
    return found
