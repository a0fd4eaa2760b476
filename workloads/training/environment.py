"""Where things are: what SageMaker's script mode or a Kubernetes Job says of it.

https://github.com/aws/sagemaker-training-toolkit/blob/master/ENVIRONMENT_VARIABLES.md
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKPOINTS = "checkpoints"
"""What SageMaker copies to and from a job's checkpointConfig, where the job has one, in /opt/ml."""

OUTPUT = Path("/opt/ml/output")
TRACKER_PORT = 9099
"""Of the first worker, as in SageMaker's own container."""

FAILURE_LENGTH = 1024
"""Characters of a failure that SageMaker shows."""


@dataclass(frozen=True)
class Surroundings:
    """What an environment says; nothing where it says nothing."""

    variables: Mapping[str, str]

    def path(self, name: str) -> Path | None:
        """A variable's path."""
        value = self.variables.get(name)
        return Path(value) if value else None

    @property
    def checkpoints(self) -> Path | None:
        """SageMaker's directory for checkpoints, where there is one."""
        # The training toolkit's own variable, for a container's folders that lie elsewhere.
        folder = Path(self.variables.get("SAGEMAKER_BASE_DIR") or "/opt/ml", CHECKPOINTS)
        return folder if folder.is_dir() else None

    @property
    def hosts(self) -> list[str]:
        """SageMaker's hosts of this job, by name."""
        return sorted(json.loads(self.variables.get("SM_HOSTS") or "[]"))

    @property
    def worker_index(self) -> int:
        """Which of the hosts, or of an indexed Job's pods, this is; the only one is 0."""
        if self.hosts:
            return self.hosts.index(self.variables["SM_CURRENT_HOST"])
        return int(self.variables.get("JOB_COMPLETION_INDEX") or 0)

    @property
    def content_type(self) -> str:
        """The train channel's; CSV where it says none."""
        channels = json.loads(self.variables.get("SM_INPUT_DATA_CONFIG") or "{}")
        return str(channels.get("train", {}).get("ContentType") or "text/csv")

    @property
    def sharded(self) -> bool:
        """Whether SageMaker gave each host a part of the train channel's objects already."""
        channels = json.loads(self.variables.get("SM_INPUT_DATA_CONFIG") or "{}")
        return bool(channels.get("train", {}).get("S3DistributionType") == "ShardedByS3Key")

    @property
    def threads(self) -> str | None:
        """How many processors SageMaker gives; elsewhere xgboost finds out."""
        return self.variables.get("SM_NUM_CPUS") or None

    def tell(self, failure: str) -> None:
        """Write why the job failed to where SageMaker looks for it, where there is such a place."""
        output = self.path("SM_OUTPUT_DIR") or OUTPUT
        if output.is_dir() and os.access(output, os.W_OK):
            (output / "failure").write_text(failure[:FAILURE_LENGTH], encoding="utf-8")
