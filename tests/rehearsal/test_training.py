"""What a stack is for: data moves, models are trained, pods run, as a person sees it."""

import contextlib
import io
import json
import re
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from tests.rehearsal.clone import Clone

pytestmark = pytest.mark.rehearsal

VALIDATION = "data/digits/validation.csv"
GOOD = 0.95
ALGORITHM = {
    "instanceType": "ml.m5.large",
    "hyperParameters": {"objective": "multi:softmax", "num_class": "10", "num_round": "50"},
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("training"))
    yield found
    for stack in ("dev", "prod", "patterns"):
        found.rehearsal("cloud", "stop", "-s", stack)


def training_jobs(clone: Clone, stack: str) -> dict[str, dict[str, Any]]:
    """The TrainingJob objects of the cluster by name."""
    found = clone.objects(stack, "trainingjobs.sagemaker.services.k8s.aws", "-A")
    return {one["metadata"]["name"]: one for one in found}


def records(clone: Clone, stack: str, kind: str) -> list[dict[str, Any]]:
    lines = (clone.home / "worlds" / stack / "records.jsonl").read_text().splitlines()
    return [one for line in lines if (one := json.loads(line))["kind"] == kind]


def status_of(clone: Clone, stack: str, name: str, wanted: str) -> dict[str, Any]:
    """A TrainingJob's status in Kubernetes, once it is in that state."""

    def look() -> dict[str, Any] | None:
        status: dict[str, Any] = training_jobs(clone, stack)[name].get("status", {})
        return status if status.get("trainingJobStatus") == wanted else None

    found: dict[str, Any] = until(f"{name} is {wanted}", look)
    return found


def until(what: str, holds: Callable[[], Any], seconds: float = 120) -> Any:
    """What becomes true, once it is."""
    ends = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(1)
    return found


def accuracy_of(clone: Clone, stack: str, model: str) -> float:
    """The part of the validation rows that a model of the bucket finds, tried here."""
    packed = clone.root / "model.tar.gz"
    clone.in_environment(stack, "aws", "s3", "cp", "--no-progress", model, str(packed))
    with tarfile.open(packed) as tar:
        member = tar.extractfile(next(name for name in tar.getnames() if "xgboost" in name))
        assert member is not None
        booster = xgboost.Booster()
        booster.load_model(bytearray(member.read()))
    table = np.loadtxt(clone.root / VALIDATION, delimiter=",")
    found = booster.predict(xgboost.DMatrix(table[:, 1:]))
    return float((found == table[:, 0]).mean())


def relabelled(clone: Clone) -> str:
    """The training data with every label one up: another content of the same name and size."""
    source, target = clone.root / "data/digits/train.csv", clone.root / "relabelled/train.csv"
    rows = source.read_text().splitlines()
    target.parent.mkdir(exist_ok=True)
    target.write_text("".join(f"{(int(row[0]) + 1) % 10}{row[1:]}\n" for row in rows))
    assert target.stat().st_size == source.stat().st_size
    return str(target.relative_to(clone.root))


def datasets_on(clone: Clone, stack: str, below: str) -> set[str]:
    """The files and directories of the digits on a stack's file system, but for the digest."""
    system = clone.outputs(stack)["fileSystemId"]
    root = clone.home / "worlds" / stack / "file-systems" / system / below
    contents = [one for one in root.iterdir() if one.is_dir()]
    assert len(contents) == 1, "former contents are gone"
    return {str(one.relative_to(contents[0])) for one in contents[0].rglob("*")}


def assert_the_new_labels_were_trained_on(clone: Clone, stack: str, before: str) -> None:
    """The stack's job is another one, whose model takes each digit for the next."""
    name = clone.outputs(stack)["trainingJobs"]["digits"]
    assert name != before
    said = clone.rehearsal("results", "-s", stack, name)
    told = re.search(r"accuracy +([\d.]+) on", said)
    assert told, said
    assert float(told[1]) < 0.1, "the validation data has the old labels"


def assert_the_stacks_job_trained(clone: Clone, stack: str) -> str:
    """The job of the stack's file is completed, in Kubernetes' words and SageMaker's."""
    said = clone.rehearsal("results", "-s", stack)
    name = clone.outputs(stack)["trainingJobs"]["digits"]
    assert f"Training job {name}: Completed" in said
    told = re.search(r"accuracy +([\d.]+) on the (\d+) rows", said)
    assert told
    assert float(told[1]) > GOOD
    status = status_of(clone, stack, name, "Completed")
    synced = {one["type"]: one["status"] for one in status["conditions"]}
    assert synced["ACK.ResourceSynced"] == "True"
    model = status["modelArtifacts"]["s3ModelArtifacts"]
    assert model.startswith(f"s3://{clone.outputs(stack)['bucket']}/models/digits/{name}/")
    assert accuracy_of(clone, stack, model) == pytest.approx(float(told[1]), abs=1e-4)
    return name


def test_prod_preloads_the_linked_file_system_and_trains_on_it(clone: Clone) -> None:
    clone.rehearsal("up", "-s", "prod", "--yes", "--skip-preview")
    outputs = clone.outputs("prod")
    name = assert_the_stacks_job_trained(clone, "prod")

    imports = records(clone, "prod", "import")
    assert {one["source"] for one in imports} == {f"s3://{outputs['bucket']}/datasets/"}
    assert not imports[0]["bytes"], "names come first, and no bytes"
    files = ("data/digits/train.csv", VALIDATION)
    size = sum((clone.root / name).stat().st_size for name in files)
    assert sum(one["bytes"] for one in imports) == size, "each byte once"
    pods = {one["detail"]["container"]: one for one in records(clone, "prod", "pod")}
    preload, check = pods["preload"], pods["check"]
    assert preload["detail"]["exitCode"] == 0
    assert preload["detail"]["summary"]["method"] == "lustre"
    assert preload["bytes"] == size
    (read,) = [
        one
        for one in records(clone, "prod", "training")
        if one["name"] == name and one["detail"]["stage"] == "Downloading"
    ]
    assert preload["ended"] <= check["ended"] < read["ended"], "training waits for both"
    assert outputs["fileSystemId"] in read["source"], "and reads the file system, not the bucket"

    log = clone.rehearsal("logs", "-s", "prod", "digits")
    assert "validation-m" in log
    page = clone.root / clone.rehearsal("report", "-s", "prod").strip().splitlines()[0]
    assert outputs["fileSystemId"] in page.read_text()

    changed = {"train": relabelled(clone), "validation": VALIDATION}
    clone.edit("prod", bucket={"datasets": {"digits": changed}}, tags={"Team": "data"})
    clone.rehearsal("up", "-s", "prod", "--yes", "--skip-preview")
    assert_the_new_labels_were_trained_on(clone, "prod", name)
    assert datasets_on(clone, "prod", "digits") == {
        "train",
        "train/train.csv",
        "validation",
        "validation/validation.csv",
    }


def test_a_directory_without_the_mount_name_fails_with_what_to_do(clone: Clone) -> None:
    jobs = training_jobs(clone, "prod")
    good = jobs[clone.outputs("prod")["trainingJobs"]["digits"]]
    spec = good["spec"] | {"trainingJobName": "prod-lost"}
    channels = json.loads(json.dumps(spec["inputDataConfig"]))
    for channel in channels:
        channel["dataSource"]["fileSystemDataSource"]["directoryPath"] = "/digits/train"
    manifest = {
        "apiVersion": good["apiVersion"],
        "kind": "TrainingJob",
        "metadata": {"name": "prod-lost", "namespace": "training"},
        "spec": spec | {"inputDataConfig": channels},
    }
    file = clone.root / "lost.json"
    file.write_text(json.dumps(manifest))
    clone.in_environment("prod", "kubectl", "apply", "-f", str(file))
    status = status_of(clone, "prod", "prod-lost", "Failed")
    remedy = f"Begin it with /{clone.outputs('prod')['mountName']}"
    assert remedy in status["failureReason"]
    assert clone.rehearsal("results", "-s", "prod"), "the stack's own job is as it was"
    clone.in_environment("prod", "kubectl", "delete", "-f", str(file))


def test_a_pod_whose_role_may_not_read_the_bucket_ends_with_the_refusal(clone: Clone) -> None:
    bucket = clone.outputs("prod")["bucket"]
    pod = {
        "restartPolicy": "Never",
        "containers": [
            {
                "name": "download",
                "image": clone.outputs("prod")["workloadsImage"],
                "command": ["python", "-m", "workloads.download"],
                "args": [f"s3://{bucket}/datasets/", "/scratch"],
                "env": [{"name": "AWS_ACCESS_KEY_ID", "value": ""}],
                "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
                "terminationMessagePolicy": "FallbackToLogsOnError",
            }
        ],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    }
    labels = {"app.kubernetes.io/name": "eks-ml-workloads"}
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "refused", "namespace": "training"},
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    file = clone.root / "refused.json"
    file.write_text(json.dumps(manifest))
    clone.in_environment("prod", "kubectl", "apply", "-f", str(file))
    (failed,) = until(
        "the pod has failed",
        lambda: [
            one
            for one in clone.objects("prod", "pods", "-n", "training", "-l", "job-name=refused")
            if one["status"]["phase"] == "Failed"
        ],
    )
    ended = failed["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 77, "EX_NOPERM"
    assert "error: " in ended["message"]
    clone.in_environment("prod", "kubectl", "delete", "-f", str(file))


def test_dev_trains_from_efs_and_once_for_each_batch_of_new_data(clone: Clone) -> None:
    # The config's rules look at the first thousand rows; the eleventh class is in the next.
    (clone.root / "classes.csv").write_text("1,1\n" * 1000 + "11,1\n")
    (clone.root / "checked.csv").write_text("2,1\n")
    clone.edit(
        "dev",
        bucket={
            "datasets": {
                "digits": {"train": "data/digits/train.csv", "validation": VALIDATION},
                "classes": {"train": "classes.csv", "validation": "checked.csv"},
            }
        },
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
    clone.edit("dev", bucket={"datasets": {"digits": files}}, training=digits_alone)
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
    system = clone.home / "worlds/patterns/file-systems" / outputs["fileSystemId"]
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
    """The command lines of what runs as a pod of the clone's worlds."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            text = process.read_text(errors="replace")
            if "workloads." in text and str(clone.home) in text:
                found.append(text)
    return found
