"""Training jobs that really train: from a directory of a file system to a model in the bucket."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xgboost

from rehearsal import records
from rehearsal.sagemaker.failures import JobFailure
from rehearsal.sagemaker.inputs import Inputs
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.run import Context
from rehearsal.sagemaker.runner import Runner
from rehearsal.sagemaker.xgboost.layout import Layout
from tests.kubernetes.controllers.account import REGION, allow
from tests.sagemaker.jobs import BUCKET, IMAGE, Jobs, rows


def test_a_job_trains_on_a_directory_and_its_model_is_in_the_bucket_and_predicts(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.create()
    job = jobs.until()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    path = f"s3://{BUCKET}/models/digits/output/model.tar.gz"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == path
    features = np.random.default_rng(2).random((100, 4))
    predicted = jobs.model(job).predict(xgboost.DMatrix(features))
    assert (predicted == np.floor(features[:, 0] * 3)).mean() > 0.9
    _goes_through_sagemakers_states(job)
    _tells_its_metrics(jobs, job)
    _records_its_stages(jobs, path)


def _goes_through_sagemakers_states(job: dict[str, Any]) -> None:
    passed = job["SecondaryStatusTransitions"]
    names = [one["Status"] for one in passed]
    stages = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert names == ["Starting", "Pending", *stages]
    for one, after in itertools.pairwise(passed):
        assert one["StartTime"] <= one["EndTime"] == after["StartTime"]
    assert job["TrainingTimeInSeconds"] >= 1
    assert job["CreationTime"] <= job["TrainingStartTime"] < job["TrainingEndTime"]


def _tells_its_metrics(jobs: Jobs, job: dict[str, Any]) -> None:
    final = {one["MetricName"]: one["Value"] for one in job["FinalMetricDataList"]}
    assert set(final) == {"train:merror", "validation:merror"}
    kept = json.loads((jobs.environment.root / "training-jobs/digits/metrics.json").read_text())
    assert [one["round"] for one in kept] == [0, 1, 2, 3]
    assert kept[-1]["validation-merror"] == pytest.approx(final["validation:merror"])
    line = f"[3]#011train-merror:{kept[-1]['train-merror']:.5f}#011validation-merror:"
    assert line in jobs.log(), "as CloudWatch shows a tab"


def _records_its_stages(jobs: Jobs, path: str) -> None:
    found = {one.detail["stage"]: one for one in records.read(jobs.environment, "training")}
    assert list(found) == ["Starting", "Downloading", "Training", "Uploading"]
    downloading, uploading = found["Downloading"], found["Uploading"]
    assert downloading.source == (f"{jobs.system}:/digits/train, {jobs.system}:/digits/validation")
    assert (downloading.files, downloading.bytes) == (2, len(rows(150)) + len(rows(60, seed=1)))
    assert (uploading.target, uploading.files) == (path, 1)
    folders = downloading.target, found["Training"].target, uploading.source
    assert folders == ("/opt/ml/input/data", "/opt/ml/model", "/opt/ml/model")
    assert found["Training"].seconds > 0


def test_a_job_on_s3_prefixes_reads_them_with_its_roles_rights(jobs: Jobs, runner: Runner) -> None:
    jobs.s3.put_object(Bucket=BUCKET, Key="sets/train/a.csv", Body=rows(80).encode())
    jobs.s3.put_object(Bucket=BUCKET, Key="sets/train/b.csv", Body=rows(40).encode())
    jobs.create(InputDataConfig=[jobs.prefix("train", "sets/train/")])
    assert jobs.until()["TrainingJobStatus"] == "Completed"
    assert "Train matrix has 120 rows and 4 columns" in jobs.log()


def test_a_bucket_that_refuses_the_role_fails_the_job_and_nothing_else(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.s3.put_object(Bucket=BUCKET, Key="sets/train/a.csv", Body=rows(80).encode())
    jobs.grant(allow("s3:ListBucket"))
    jobs.create("input", InputDataConfig=[jobs.prefix("train", "sets/train/")])
    jobs.create("output")
    reason = jobs.until(name="input")["FailureReason"]
    assert reason.startswith("ClientError: Data download failed:")
    assert jobs.role in reason
    assert "s3:GetObject" in reason
    failed = jobs.until(name="output")
    assert failed["TrainingJobStatus"] == "Failed"
    assert failed["FailureReason"].startswith("ClientError: Artifact upload failed:")
    assert "s3:PutObject" in failed["FailureReason"]
    assert "ModelArtifacts" not in failed


def test_a_role_that_may_not_use_the_buckets_key_reads_and_writes_nothing(
    jobs: Jobs, runner: Runner
) -> None:
    key = jobs.account.client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    jobs.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules})
    jobs.s3.put_object(Bucket=BUCKET, Key="sets/train/a.csv", Body=rows(80).encode())
    jobs.create("input", InputDataConfig=[jobs.prefix("train", "sets/train/")])
    jobs.create("output")
    reason = jobs.until(name="input")["FailureReason"]
    assert reason.startswith("ClientError: Data download failed:")
    assert "Forbidden" in reason, "the head of an object has no body to say more"
    reason = jobs.until(name="output")["FailureReason"]
    assert reason.startswith("ClientError: Artifact upload failed:")
    assert "kms:GenerateDataKey" in reason

    use = allow("kms:Decrypt", "kms:GenerateDataKey", resource=key)
    jobs.grant(allow("s3:*"), use)
    jobs.create("permitted", InputDataConfig=[jobs.prefix("train", "sets/train/")])
    assert jobs.until(name="permitted")["TrainingJobStatus"] == "Completed"


def test_a_directory_that_is_not_there_fails_the_job_before_it_trains(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.create(InputDataConfig=[jobs.channel("train", "/digitz/train")])
    job = jobs.until()
    assert job["FailureReason"] == (
        f"ClientError: Unable to mount file system: {jobs.system} directory path: /digitz/train. "
        "Incorrect mount path. Please ensure the mount path specified exists on the filesystem."
    )
    assert "Training" not in [one["Status"] for one in job["SecondaryStatusTransitions"]]


def test_a_policy_of_efs_that_asks_for_tls_fails_the_job(jobs: Jobs, runner: Runner) -> None:
    tls = {"Bool": {"aws:SecureTransport": "true"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:*"}
    statement["Condition"] = tls
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    jobs.account.client("efs").put_file_system_policy(FileSystemId=jobs.system, Policy=policy)
    jobs.create()
    reason = jobs.until()["FailureReason"]
    assert f"access denied by server while mounting {jobs.system}:/" in reason


@pytest.mark.parametrize(
    ("closed", "mode"),
    [("digits", 0o770), ("digits/train", 0o750), ("digits/train/train.csv", 0o640)],
)
def test_a_directory_of_efs_that_others_may_not_read_fails_the_job(
    jobs: Jobs, runner: Runner, closed: str, mode: int
) -> None:
    (jobs.root / closed).chmod(mode)
    jobs.create()
    job = jobs.until()
    assert job["TrainingJobStatus"] == "Failed"
    assert f"Permission denied: /{closed} has mode {mode:04o}" in job["FailureReason"]
    assert "Training" not in [one["Status"] for one in job["SecondaryStatusTransitions"]]


def test_a_linked_file_system_brings_the_buckets_objects_by_its_mount_name(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.s3.put_object(Bucket=BUCKET, Key="sets/digits/train/a.csv", Body=rows(80).encode())
    system = jobs.account.lustre(ImportPath=f"s3://{BUCKET}/sets/")
    name = system["LustreConfiguration"]["MountName"]
    for job, path in (("right", f"/{name}/digits/train"), ("wrong", "/digits/train")):
        channel = jobs.channel("train", path, system=system["FileSystemId"], type_="FSxLustre")
        jobs.create(job, InputDataConfig=[channel])
    right = jobs.until(name="right")
    assert right["TrainingJobStatus"] == "Completed", right.get("FailureReason")
    assert "Train matrix has 80 rows" in jobs.log("right")
    reason = jobs.until(name="wrong")["FailureReason"]
    assert reason.startswith("ClientError: Unable to mount file system: ")
    assert reason.endswith(f"Begin it with /{name}, the mount name of {system['FileSystemId']}.")


def test_a_file_system_that_went_while_its_job_waited_is_named(jobs: Jobs) -> None:
    system = jobs.account.lustre()
    channel = jobs.channel("train", "/fsx/x", system=system["FileSystemId"], type_="FSxLustre")
    jobs.create(InputDataConfig=[channel])
    jobs.account.client("fsx").delete_file_system(FileSystemId=system["FileSystemId"])
    job = Job(jobs.environment, REGION, jobs.describe())
    inputs: Any = Inputs(jobs.contents, None, job)  # type: ignore[arg-type] # it has no S3 channel
    with pytest.raises(JobFailure, match=r"^ClientError: Unable to mount file system: fs-.*exist"):
        inputs.put(Layout(job.folder), "algo-1")


@pytest.mark.difference(
    of="Amazon SageMaker",
    what="A channel in Pipe mode fails the job.",
    direction="harsher",
    why="There are no named pipes. SageMaker's XGBoost reads CSV from one too.",
)
def test_a_channel_in_pipe_mode_fails_with_a_word(jobs: Jobs) -> None:
    piped = {
        "ChannelName": "train",
        "InputMode": "Pipe",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/p/"}},
    }
    inputs: Any = Inputs(jobs.contents, None, _job_on(piped))  # type: ignore[arg-type]
    with pytest.raises(JobFailure, match="no pipes: channel train wants File"):
        inputs.put(Layout(jobs.root / "piped"), "algo-1")


@pytest.mark.difference(
    of="Amazon SageMaker",
    what="A channel in FastFile mode is copied whole before the container starts.",
    direction="other",
    why="The files are the same; nothing here streams them, so that large data takes time first.",
)
def test_a_channel_in_fast_file_mode_has_its_files_before_the_start(
    jobs: Jobs, tmp_path: Path
) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/p/"}}
    streamed = {"ChannelName": "train", "InputMode": "FastFile", "DataSource": source}

    class Storage:
        def keys(self, path: str) -> list[str]:
            return ["p/a.csv", "p/deep/b.csv"]

        def download(self, bucket: str, key: str, target: Path) -> None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(key)

    storage: Any = Storage()
    inputs = Inputs(jobs.contents, storage, _job_on(streamed))
    [shown] = inputs.put(Layout(tmp_path), "algo-1")
    assert (shown.channel, shown.source, shown.files) == ("train", "s3://b/p/", 2)


def _job_on(channel: dict[str, Any]) -> Any:
    """Stand for a job of one channel."""
    return SimpleNamespace(name="digits", channels=[channel], region=REGION, hosts=["algo-1"])


def test_what_the_algorithm_finds_wrong_is_the_failure_reason(jobs: Jobs, runner: Runner) -> None:
    jobs.create("rounds", hyperparameters={"num_round": None})
    (jobs.root / "empty").mkdir()
    jobs.create("empty", InputDataConfig=[jobs.channel("train", "/empty")])
    jobs.write("text/train.csv", rows(5) + "1,0.5,half,0.5,0.5\n")
    jobs.create("text", InputDataConfig=[jobs.channel("train", "/digits/text")])
    reason = jobs.until(name="rounds")["FailureReason"]
    assert reason.startswith("AlgorithmError: Framework Error: \nUserError: ")
    assert reason.endswith("Missing required hyperparameter: num_round, exit code: 1")
    reason = jobs.until(name="empty")["FailureReason"]
    assert "No data in training channel path /opt/ml/input/data/train" in reason
    reason = jobs.until(name="text")["FailureReason"]
    assert "train.csv, line 6: 'half' in column 3 is not a number" in reason


@pytest.mark.difference(
    of="Amazon SageMaker",
    what=(
        "A training job of another image than that of SageMaker's XGBoost is accepted "
        "and stays Pending."
    ),
    direction="other",
    why="Images do not run here. The reason is in the StatusMessage of the job.",
)
def test_another_image_is_scheduled_and_not_run(jobs: Jobs, runner: Runner) -> None:
    image = IMAGE.replace("sagemaker-xgboost", "pytorch-training")
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    jobs.create("other", AlgorithmSpecification=algorithm)
    jobs.create("digits")
    jobs.until()
    job = jobs.describe("other")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("InProgress", "Pending")
    message = job["SecondaryStatusTransitions"][-1]["StatusMessage"]
    assert message.startswith("Scheduled and not run: ")
    assert image in message
    jobs.sagemaker.stop_training_job(TrainingJobName="other")
    assert jobs.until(name="other")["SecondaryStatus"] == "Stopped"


def test_several_instances_train_one_model(jobs: Jobs, runner: Runner) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 30}
    jobs.create(ResourceConfig=resources)
    job = jobs.until()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert jobs.log().count("Distributed node training with 2 hosts") == 2
    assert jobs.log().count("[0]#011train-merror") == 1, "one of them tells the metrics"
    assert jobs.model(job).num_boosted_rounds() == 4


def test_a_job_that_an_earlier_runner_left_unfinished_begins_again(
    jobs: Jobs, context: Context, runner: Runner
) -> None:
    jobs.create(hyperparameters={"num_round": "100000"})
    jobs.until("Training")
    runner.end()
    jobs.sagemaker.describe_training_job(TrainingJobName="digits")
    again = Runner(jobs.environment, context)
    for moved in context.moves.__class__(jobs.environment).next(0):
        again.look(moved)
    job = jobs.until("Restarting", "Downloading")
    passed = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    assert "Restarting" in passed
    jobs.until("Training")
    again.end()


def test_a_job_whose_network_does_not_reach_its_file_system_fails(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.create(
        VpcConfig={"Subnets": jobs.account.subnets, "SecurityGroupIds": [jobs.account.group]}
    )
    reason = jobs.until()["FailureReason"]
    assert reason == (
        f"ClientError: Unable to mount file system: {jobs.system} directory path: /digits/train. "
        f"The mount timed out: {jobs.system} has no mount target in {REGION}b, the zone of "
        f"{jobs.account.subnets[1]}."
    )
