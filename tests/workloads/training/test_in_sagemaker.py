"""The training script in SageMaker's XGBoost image, as a rehearsal runs it."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import xgboost
from rehearsal.aws import server
from rehearsal.clients.aws import Cloud
from rehearsal.clients.training_status import StatusFeed
from rehearsal.file_systems.contents import Contents
from rehearsal.paths import ACCOUNT_ID, Environment, Ports
from rehearsal.sagemaker.run import Context
from rehearsal.sagemaker.runner import Runner

from components.training import script_mode
from tests.patience import PATIENCE, until

REGION = "us-west-2"
BUCKET = "data"
CODE = "code/sourcedir.tar.gz"
IMAGE = f"246618743249.dkr.ecr.{REGION}.amazonaws.com/sagemaker-xgboost:3.2-0"
HYPERPARAMETERS = {
    "objective": "multi:softmax",
    "num_class": "3",
    "eval_metric": '"merror"',
    "checkpoint-every": "2",
    "sagemaker_program": json.dumps(script_mode.PROGRAM),
    "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/{CODE}"),
    "sagemaker_region": json.dumps(REGION),
}


def rows(count: int, seed: int) -> str:
    """Rows of CSV whose label, the first column, follows from the other columns."""
    features = np.random.default_rng(seed).random((count, 4))
    labels = np.floor(features[:, 0] * 3).astype(int)
    table = np.column_stack([labels, features])
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in table)


def policy(principal: Mapping[str, Any], *actions: str) -> str:
    allowed = {"Effect": "Allow", "Action": list(actions), **principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


class Jobs:
    """Training jobs of two instances, on data in a bucket that also has the script."""

    def __init__(self, environment: Environment, region: str = REGION) -> None:
        self.environment = environment
        session = boto3.Session(region_name=region)  # the default one keeps the keys it first had
        self.s3, self.sagemaker, iam = map(session.client, ("s3", "sagemaker", "iam"))
        trust = policy({"Principal": {"Service": "sagemaker.amazonaws.com"}}, "sts:AssumeRole")
        iam.create_role(RoleName="execution", AssumeRolePolicyDocument=trust)
        rights = policy({"Resource": "*"}, "s3:*")
        iam.put_role_policy(RoleName="execution", PolicyName="s3", PolicyDocument=rights)
        where = {"LocationConstraint": region}
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        program = {script_mode.PROGRAM: script_mode.PROGRAM_TEXT.encode()}
        sources = script_mode.source_files(script_mode.PROJECT_FOLDER, script_mode.MODULE)
        self.put(CODE, script_mode.archive({**program, **sources}))
        self.put("digits/train/a.csv", rows(150, seed=0).encode())
        self.put("digits/validation/a.csv", rows(60, seed=1).encode())

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def run(self, name: str, rounds: int) -> dict[str, Any]:
        """Return the description of a job that is complete."""
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/execution",
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            HyperParameters=HYPERPARAMETERS | {"num_round": str(rounds)},
            InputDataConfig=[self.channel("train"), self.channel("validation")],
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"},
            ResourceConfig={
                "InstanceType": "ml.m5.large",
                "InstanceCount": 2,
                "VolumeSizeInGB": 30,
            },
            StoppingCondition={"MaxRuntimeInSeconds": 3600},
            CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/digits"},
        )
        until(lambda: self.describe(name)["TrainingJobStatus"] != "InProgress")
        job = self.describe(name)
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        return job

    def channel(self, name: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/digits/{name}/"}
        return {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": source},
        }

    def describe(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
        return found

    def model(self, job: dict[str, Any]) -> xgboost.Booster:
        key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
        body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            member = tar.extractfile("xgboost-model")
            assert member is not None
            return xgboost.Booster(model_file=bytearray(member.read()))

    def log(self, name: str) -> str:
        return (self.environment.logs / "training-jobs" / f"{name}.log").read_text()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    cloud = server.start()
    cloud.reset()  # a process has one account, whoever serves it
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", cloud.credentials.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", cloud.credentials.secret_key)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    port = int(cloud.url.rpartition(":")[2])
    ports = Ports(**dict.fromkeys(Ports.__dataclass_fields__, 1) | {"cloud": port})
    yield Environment("test", tmp_path, ports, credentials=cloud.credentials)
    cloud.stop()


@pytest.fixture
def runner(environment: Environment) -> Iterator[None]:
    cloud = Cloud()
    context = Context(cloud, Contents(environment, cloud), StatusFeed(environment))
    runner, stop = Runner(environment, context, wait_seconds=0.5), threading.Event()
    thread = threading.Thread(target=runner.serve, args=(stop,), daemon=True)
    thread.start()
    yield
    stop.set()
    runner.end()
    thread.join(PATIENCE)


@pytest.mark.usefixtures("runner")
def test_the_script_trains_on_two_instances_and_a_later_job_resumes_from_its_checkpoint(
    environment: Environment,
) -> None:
    jobs = Jobs(environment)
    first = jobs.run("first", rounds=4)
    assert jobs.model(first).num_boosted_rounds() == 4
    final = {one["MetricName"] for one in first["FinalMetricDataList"]}
    assert final >= {"train:merror", "validation:merror"}
    assert jobs.s3.list_objects_v2(Bucket=BUCKET, Prefix="checkpoints/digits/")["KeyCount"] > 0
    second = jobs.run("second", rounds=6)
    assert jobs.model(second).num_boosted_rounds() == 6
    assert "[1]#011" not in jobs.log("second"), "it goes on where the first ended"
