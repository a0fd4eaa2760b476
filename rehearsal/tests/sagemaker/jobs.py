"""Training jobs for tests: little data, few rounds."""

from __future__ import annotations

import io
import json
import tarfile
import time
from typing import Any

import numpy as np
import xgboost

from rehearsal.file_systems.contents import Contents
from rehearsal.paths import Environment
from tests.kubernetes.controllers.account import Account, allow, trust
from tests.patience import PATIENCE

IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:3.2-0"
BUCKET = "data"
CLASSES = 3
HYPERPARAMETERS = {
    "objective": "multi:softmax",
    "num_class": str(CLASSES),
    "num_round": "4",
    "eval_metric": "merror",
    "max_depth": "3",
    "nthread": "1",
}


def rows(count: int, seed: int = 0) -> str:
    """Rows of csv whose label, the first column, follows from the other columns."""
    features = np.random.default_rng(seed).random((count, 4))
    labels = np.floor(features[:, 0] * CLASSES).astype(int)
    lines = (
        ",".join([str(label), *(f"{value:.4f}" for value in row)])
        for label, row in zip(labels, features, strict=True)
    )
    return "\n".join(lines) + "\n"


class Jobs:
    """Makes training jobs on an EFS directory, and tells how they stand."""

    def __init__(self, account: Account, contents: Contents, environment: Environment) -> None:
        self.account = account
        self.environment = environment
        self.contents = contents
        self.sagemaker = account.client("sagemaker")
        self.s3 = account.client("s3")
        account.bucket(BUCKET)
        self.role = account.role("execution", trust("sagemaker.amazonaws.com"), allow("s3:*"))
        self.system = account.nfs()
        self.root = contents.folder(self.system)
        self.write("train/train.csv", rows(150))
        self.write("validation/validation.csv", rows(60, seed=1))

    def write(self, path: str, text: str) -> None:
        """A file of the dataset, on the file system."""
        file = self.root / "digits" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def create(self, name: str = "digits", **settings: Any) -> str:
        """A job that the rehearsal runs, but for what `settings` say."""
        hyperparameters = HYPERPARAMETERS | settings.pop("hyperparameters", {})
        chosen = {key: value for key, value in hyperparameters.items() if value is not None}
        request = {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "HyperParameters": chosen,
            "InputDataConfig": [self.channel("train"), self.channel("validation")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "VpcConfig": {
                "Subnets": self.account.subnets[:1],
                "SecurityGroupIds": [self.account.group],
            },
            **settings,
        }
        self.sagemaker.create_training_job(**request)
        return name

    def channel(
        self, name: str, path: str = "", system: str = "", type_: str = "EFS"
    ) -> dict[str, Any]:
        """A channel that reads a directory of a file system."""
        source = {
            "FileSystemId": system or self.system,
            "FileSystemType": type_,
            "FileSystemAccessMode": "ro",
            "DirectoryPath": path or f"/digits/{name}",
        }
        return {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {"FileSystemDataSource": source},
        }

    def prefix(self, name: str, prefix: str) -> dict[str, Any]:
        """A channel that reads a prefix of the bucket."""
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}
        return {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": source},
        }

    def grant(self, *statements: dict[str, Any]) -> None:
        """Gives the execution role these rights in place of those it has."""
        document = {"Version": "2012-10-17", "Statement": statements}
        self.account.client("iam").put_role_policy(
            RoleName="execution", PolicyName="inline", PolicyDocument=json.dumps(document)
        )

    def describe(self, name: str = "digits") -> dict[str, Any]:
        """Return SageMaker's description of a job."""
        found: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
        return found

    def until(
        self, *secondary: str, name: str = "digits", seconds: float = PATIENCE
    ) -> dict[str, Any]:
        """Return the description of a job once it has come to a state, or to its end."""
        ends = time.monotonic() + seconds
        while True:
            job = self.describe(name)
            over = job["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"}
            if job["SecondaryStatus"] in secondary or over:
                return job
            assert time.monotonic() < ends, f"{name} is still {job['SecondaryStatus']}"
            time.sleep(0.1)

    def log(self, name: str = "digits") -> str:
        """Return the output of a job."""
        return (self.environment.logs / "training-jobs" / f"{name}.log").read_text()

    def until_log(self, text: str, name: str = "digits", seconds: float = PATIENCE) -> None:
        """Waits until a job has printed something."""
        ends = time.monotonic() + seconds
        self.until("Training", name=name)
        while text not in self.log(name):
            assert time.monotonic() < ends, f"{name} printed no {text}"
            time.sleep(0.05)

    def keys(self, prefix: str) -> list[str]:
        """The bucket's keys under a prefix."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [one["Key"] for one in found]

    def model(self, job: dict[str, Any]) -> Any:
        """The model that a job left in the bucket, loaded."""
        return xgboost.Booster(model_file=bytearray(self.member(job, "xgboost-model")))

    def member(self, job: dict[str, Any], name: str) -> bytes:
        """A file of a job's model.tar.gz."""
        path = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
        body = self.s3.get_object(Bucket=BUCKET, Key=path)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            member = tar.extractfile(name)
            assert member is not None
            return member.read()
