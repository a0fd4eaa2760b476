"""A training job as the process that runs it sees it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rehearsal.places import World

_XGBOOST = re.compile(r".*/sagemaker-xgboost(?P<tag>[:@].+)?")


@dataclass(frozen=True)
class Job:
    """What DescribeTrainingJob says of a job, and where it is on this machine."""

    world: World
    region: str
    description: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.description["TrainingJobName"])

    @property
    def role(self) -> str:
        """The ARN of its execution role."""
        return str(self.description["RoleArn"])

    @property
    def folder(self) -> Path:
        """What stands for the root of its first instance's container."""
        return self.world.training_jobs / self.name

    @property
    def log(self) -> Path:
        """What its container prints, and the stages it goes through."""
        return self.world.logs / "training-jobs" / f"{self.name}.log"

    @property
    def lock(self) -> Path:
        """What each instance's process holds while it lives; ends in the instance's number."""
        return self.world.root / "run" / f"training-{self.name}"

    @property
    def channels(self) -> list[dict[str, Any]]:
        """Its input channels."""
        return list(self.description.get("InputDataConfig") or [])

    @property
    def output(self) -> str:
        """Where its output goes, as s3://BUCKET/PREFIX/NAME/output."""
        path = str(self.description["OutputDataConfig"]["S3OutputPath"])
        return f"{path.rstrip('/')}/{self.name}/output"

    @property
    def most_seconds(self) -> float:
        """How long it may run."""
        condition = self.description.get("StoppingCondition") or {}
        return float(condition.get("MaxRuntimeInSeconds", 24 * 3600))

    @property
    def instance_type(self) -> str:
        """The type of its instances."""
        return str(self.description["ResourceConfig"].get("InstanceType", ""))

    @cached_property
    def hosts(self) -> list[str]:
        """Its instances' names.

        SageMaker's are algo-1, algo-2 and so on. Several instances have to find each other by
        name, and nothing here resolves those: so each then has a loopback address for a name.
        """
        count = int(self.description["ResourceConfig"].get("InstanceCount", 1))
        if count == 1:
            return ["algo-1"]
        first, second = hashlib.sha256(self.name.encode()).digest()[:2]
        return [f"127.{128 + first % 120}.{second}.{number}" for number in range(1, count + 1)]

    @property
    def not_run(self) -> str | None:
        """Why the rehearsal does not run it; None if it does."""
        algorithm = self.description["AlgorithmSpecification"]
        image = algorithm.get("TrainingImage", f"algorithm {algorithm.get('AlgorithmName')}")
        if not _XGBOOST.fullmatch(image):
            return f"only SageMaker's XGBoost is run here, and this is {image}"
        if self.description["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
            return "only a model as model.tar.gz is known here, and OutputDataConfig wants files"
        if len(self.hosts) > 250:
            return f"at most 250 instances are started here, and this wants {len(self.hosts)}"
        return None
