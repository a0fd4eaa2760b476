"""Folders, configuration files and variables of a job's containers, one for each instance."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.xgboost import layout
from rehearsal.sagemaker.xgboost.layout import Layout

# Training has a lower priority than the servers that a deployment waits for.
COMMAND = ("nice", "-n", "5", sys.executable, "-m", "rehearsal.sagemaker.xgboost")
_GROUP = "homogeneousCluster"
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "OMP_NUM_THREADS", "NO_PROXY")
_AWS = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED", "AWS_RETRY_MODE")


@dataclass(frozen=True)
class Container:
    """Container of one instance: its emulated root folder, and its host name."""

    job: Job
    host: str

    @property
    def root(self) -> Path:
        """Folder that represents /: the job's folder, or for further instances one inside it."""
        number = self.job.hosts.index(self.host)
        return self.job.folder if number == 0 else self.job.folder / f"instance-{number + 1}"

    @property
    def layout(self) -> Layout:
        """Layout of its /opt/ml."""
        return Layout(self.root / "opt" / "ml")

    @property
    def checkpoints(self) -> Path | None:
        """Folder of its checkpoints; None if the job has none."""
        config = self.job.description.get("CheckpointConfig")
        if not config:
            return None
        path = config.get("LocalPath") or "/opt/ml/checkpoints"
        return self.root / path.strip("/")

    def make(self) -> None:
        """Create the container's folders again, with its configuration files and without data."""
        base = self.layout.base
        shutil.rmtree(base.parent, ignore_errors=True)
        self.layout.make()
        description = self.job.description
        self.layout.write("hyperparameters", description.get("HyperParameters") or {})
        self.layout.write("inputdataconfig", _input_config(self.job))
        self.layout.write("resourceconfig", self._resources())
        if self.checkpoints:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            uri = description["CheckpointConfig"]["S3Uri"]
            config = {"S3Uri": uri, "LocalPath": str(self.checkpoints)}
            self.layout.write("checkpointconfig", config)

    def variables(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """Return the environment variables of its program.

        Of this process's variables, it gets only those that it needs to run.
        """
        kept = {name: os.environ[name] for name in (*_KEPT, *_AWS) if name in os.environ}
        kept["AWS_ENDPOINT_URL"] = self.job.environment.cloud_url
        region = self.job.region
        return {
            **kept,
            **credentials,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "TRAINING_JOB_NAME": self.job.name,
            "TRAINING_JOB_ARN": str(self.job.description["TrainingJobArn"]),
            "CURRENT_HOST": self.host,
            layout.VARIABLE: str(self.layout.base),
            # Waiting threads yield the CPU, because other processes share the machine.
            "OMP_WAIT_POLICY": "PASSIVE",
            "PYTHONUNBUFFERED": "1",
            **(self.job.description.get("Environment") or {}),
        }

    def _resources(self) -> dict[str, Any]:
        hosts, type_ = self.job.hosts, self.job.instance_type
        return {
            "current_host": self.host,
            "current_instance_type": type_,
            "current_group_name": _GROUP,
            "hosts": hosts,
            "instance_groups": [
                {"instance_group_name": _GROUP, "instance_type": type_, "hosts": hosts}
            ],
            "network_interface_name": "lo",
        }


def _input_config(job: Job) -> dict[str, Any]:
    mode = job.description["AlgorithmSpecification"].get("TrainingInputMode", "File")
    config = {}
    for channel in job.channels:
        s3 = channel["DataSource"].get("S3DataSource", {})
        entry = {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": s3.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if content_type := channel.get("ContentType"):
            entry["ContentType"] = content_type
        config[channel["ChannelName"]] = entry
    return config
