"""A training job as the process that runs it sees it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rehearsal.paths import Environment

_XGBOOST = re.compile(r".*/sagemaker-xgboost(?P<tag>[:@].+)?")


@dataclass(frozen=True)
class Job:
    """Description of a job by DescribeTrainingJob, and its files on this machine."""

    environment: Environment
    region: str
    description: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the job."""
        return str(self.description["TrainingJobName"])

    @property
    def role(self) -> str:
        """ARN of its execution role."""
        return str(self.description["RoleArn"])

    @property
    def folder(self) -> Path:
        """Folder that represents the root of its first instance's container."""
        return self.environment.training_jobs / self.name

    @property
    def log(self) -> Path:
        """Log file with its stages and with the output of its containers."""
        return self.environment.logs / "training-jobs" / f"{self.name}.log"

    @property
    def lock(self) -> Path:
        """Prefix of the lock files of its instances' processes; the instance's number follows."""
        return self.environment.root / "run" / f"training-{self.name}"

    @property
    def channels(self) -> list[dict[str, Any]]:
        """Input channels of the job."""
        return list(self.description.get("InputDataConfig") or [])

    @property
    def output(self) -> str:
        """URI of its output, s3://BUCKET/PREFIX/NAME/output."""
        path = str(self.description["OutputDataConfig"]["S3OutputPath"])
        return f"{path.rstrip('/')}/{self.name}/output"

    @property
    def most_seconds(self) -> float:
        """Maximum runtime, in seconds; one day by default."""
        condition = self.description.get("StoppingCondition") or {}
        return float(condition.get("MaxRuntimeInSeconds", 24 * 3600))

    @property
    def instance_type(self) -> str:
        """Type of its instances."""
        return str(self.description["ResourceConfig"].get("InstanceType", ""))

    @cached_property
    def hosts(self) -> list[str]:
        """Host names of its instances.

        SageMaker's names are algo-1, algo-2 and so on. Several instances must reach each other by
        name, and such names cannot be resolved here. Therefore each of several instances has a
        loopback address as its name.
        """
        count = int(self.description["ResourceConfig"].get("InstanceCount", 1))
        if count == 1:
            return ["algo-1"]
        first, second = hashlib.sha256(self.name.encode()).digest()[:2]
        return [f"127.{128 + first % 120}.{second}.{number}" for number in range(1, count + 1)]

    @property
    def not_run(self) -> str | None:
        """Reason why the rehearsal does not run the job; None if it does."""
        algorithm = self.description["AlgorithmSpecification"]
        image = algorithm.get("TrainingImage", f"algorithm {algorithm.get('AlgorithmName')}")
        if not _XGBOOST.fullmatch(image):
            return f"only SageMaker's XGBoost is run here, and this is {image}"
        if self.description["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
            return "only a model as model.tar.gz is known here, and OutputDataConfig wants files"
        if len(self.hosts) > 250:
            return f"at most 250 instances are started here, and this wants {len(self.hosts)}"
        return None
