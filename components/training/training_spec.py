"""Settings of training as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from components.names import label_errors, namespace_errors
from components.spec.errors import ConfigError
from components.spec.model import Spec
from components.training.on_new_data_spec import OnNewDataSpec
from components.training.training_job_spec import DatasetTrainingJobSpec

MAX_NAME_LENGTH = 40
"""Characters of a job's name. SageMaker takes 63, which also hold the stack's name and a hash."""


class TrainingSpec(Spec):
    """SageMaker training jobs, and their namespace in the cluster."""

    namespace: str = "training"
    """Kubernetes namespace of the TrainingJob objects."""

    jobs: dict[str, DatasetTrainingJobSpec] = Field(default_factory=dict)
    """Training jobs by name."""

    on_new_data: OnNewDataSpec | None = None
    """Training on new data; without it, there is no inbox."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the namespace and of the jobs' names."""
        yield from namespace_errors(("namespace",), self.namespace)
        yield from label_errors(("jobs",), self.jobs, MAX_NAME_LENGTH)
        wanted = self.on_new_data
        if wanted is not None and wanted.job not in self.jobs:
            known = ", ".join(self.jobs)
            remedy = f"choose from {known}" if known else "add it to training.jobs"
            path, rule = ("onNewData", "job"), "must be one of training.jobs"
            yield ConfigError(path, rule, wanted.job, remedy, (("jobs",),))
