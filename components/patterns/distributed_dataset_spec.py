"""Settings of training by several workers on one dataset."""

from typing import Annotated

from pydantic import Field

from components.patterns.pod_training_spec import PodTrainingSpec


class DistributedDatasetSpec(PodTrainingSpec):
    """Workers that train one model, each on its part of a dataset on the shared storage."""

    workers: Annotated[int, Field(ge=2, le=100)] = 2
    """Number of workers, spread over the nodes in the file system's zones."""
