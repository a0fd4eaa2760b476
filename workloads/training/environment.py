"""Settings that SageMaker's script mode or a Kubernetes Job gives through the environment.

https://github.com/aws/sagemaker-training-toolkit/blob/master/ENVIRONMENT_VARIABLES.md
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKPOINTS_FOLDER = "checkpoints"
"""Folder in /opt/ml that SageMaker synchronises with S3 if the job has a checkpointConfig."""

OUTPUT_DIRECTORY = Path("/opt/ml/output")
"""Default directory of the output, which SageMaker reads the failure from."""
TRACKER_PORT = 9099
"""Port of worker 0's tracker, the same as in SageMaker's container."""

MAX_FAILURE_LENGTH = 1024
"""Number of characters that SageMaker shows of a failure."""


@dataclass(frozen=True)
class TrainingEnvironment:
    """Environment variables of a training."""

    variables: Mapping[str, str]

    def path(self, name: str) -> Path | None:
        """Return the path in a variable, or None if it is not set."""
        value = self.variables.get(name)
        return Path(value) if value else None

    @property
    def checkpoint_directory(self) -> Path | None:
        """SageMaker's checkpoint directory, or None if it does not exist."""
        # The training toolkit's own variable, for a container's folders that lie elsewhere.
        folder = Path(self.variables.get("SAGEMAKER_BASE_DIR") or "/opt/ml", CHECKPOINTS_FOLDER)
        return folder if folder.is_dir() else None

    @property
    def hosts(self) -> list[str]:
        """Names of SageMaker's hosts for this job, sorted."""
        return sorted(json.loads(self.variables.get("SM_HOSTS") or "[]"))

    @property
    def worker_index(self) -> int:
        """Index of this host or of this pod of an indexed Job; 0 if there is only one."""
        if self.hosts:
            return self.hosts.index(self.variables["SM_CURRENT_HOST"])
        return int(self.variables.get("JOB_COMPLETION_INDEX") or 0)

    @property
    def content_type(self) -> str:
        """Content type of the train channel, by default text/csv."""
        channels = json.loads(self.variables.get("SM_INPUT_DATA_CONFIG") or "{}")
        return str(channels.get("train", {}).get("ContentType") or "text/csv")

    @property
    def sharded(self) -> bool:
        """True if SageMaker gives each host a part of the train channel's objects."""
        channels = json.loads(self.variables.get("SM_INPUT_DATA_CONFIG") or "{}")
        return bool(channels.get("train", {}).get("S3DistributionType") == "ShardedByS3Key")

    @property
    def thread_count(self) -> str | None:
        """Number of processors that SageMaker reports, or None elsewhere."""
        return self.variables.get("SM_NUM_CPUS") or None

    def report_failure(self, failure: str) -> None:
        """Write an error to the file that SageMaker reads, if its directory exists."""
        output = self.path("SM_OUTPUT_DIR") or OUTPUT_DIRECTORY
        if output.is_dir() and os.access(output, os.W_OK):
            (output / "failure").write_text(failure[:MAX_FAILURE_LENGTH], encoding="utf-8")
