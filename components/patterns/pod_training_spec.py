"""Settings of training in pods of the cluster, which two of the patterns share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.patterns.resources_spec import quantity_errors
from components.spec.errors import ConfigError
from components.spec.model import Spec
from components.training.training_job_spec import ContentType, Seconds, script_errors

Count = Annotated[int, Field(ge=1)]


class PodTrainingSpec(Spec):
    """Training in pods of the cluster, with XGBoost."""

    dataset: str
    """Name of the dataset that the pods read, one of datasets."""

    content_type: ContentType = "text/csv"
    """Format of the dataset's files."""

    hyper_parameters: dict[str, str] = Field(default_factory=dict)
    """Hyperparameters of XGBoost; values are strings, in quotes."""

    checkpoint_every: Count = 10
    """Number of rounds from one checkpoint to the next."""

    max_runtime_seconds: Seconds = 3600
    """Maximum duration of the training, in seconds. Then the training fails."""

    cpu: str = "500m"
    """Processors that each pod requests, as a Kubernetes quantity such as 500m."""

    memory: str = "1Gi"
    """Memory that each pod requests and is limited to, as a Kubernetes quantity."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield quantities that Kubernetes refuses, and hyperparameters that the script does."""
        yield from quantity_errors(("cpu",), "cpu", self.cpu)
        yield from quantity_errors(("memory",), "memory", self.memory)
        yield from script_errors((), self.hyper_parameters)
