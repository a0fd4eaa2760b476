"""Settings of training on new data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.bucket_spec import Days
from components.spec.errors import ConfigError
from components.spec.model import Spec


class OnNewDataSpec(Spec):
    """Inbox for new data, and a training job for each batch of it.

    The inbox is a bucket of its own. Put new data at DATASET/train/FILE and
    DATASET/validation/FILE; the stack's output `inbox` gives the address.
    """

    job: str
    """Name of the training job that the new jobs copy, one of training.jobs. They read its dataset
    together with the new data."""

    expiration_days: Days | None = Field(default=None, examples=[90])
    """Age at which new data is deleted from the inbox, in days; later batches do not contain it.
    Without it, data stays until somebody deletes it."""

    quiet_seconds: Annotated[int, Field(ge=1, le=900)] = 30
    """Seconds without new data after which a batch is complete."""

    longest_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    """Maximum age of a batch, in seconds. Then it is complete even if data still arrives."""

    keep_batches: Annotated[int, Field(ge=1)] = 3
    """Number of batches kept on the shared storage, in addition to those that a job still reads."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for a batch that would end before it may be quiet."""
        if self.longest_seconds < self.quiet_seconds:
            path, rule = ("longestSeconds",), "must be at least quietSeconds"
            remedy = f"set {self.quiet_seconds}"
            yield ConfigError(path, rule, self.longest_seconds, remedy, (("quietSeconds",),))
