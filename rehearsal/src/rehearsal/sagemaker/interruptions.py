"""Interruptions of managed spot training, when a fault applies.

SageMaker starts the job again from its beginning, with the checkpoints that are in S3.
Source: SageMaker Developer Guide, "Managed Spot Training".
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from rehearsal.faults import active
from rehearsal.sagemaker.instances import Instances
from rehearsal.sagemaker.job import Job

MESSAGE = "The job stopped because the managed spot training instances were interrupted"


@contextlib.contextmanager
def planned(job: Job, instances: Instances) -> Iterator[None]:
    """Interrupt a job that trains on spot instances, if it still trains some seconds later."""
    spot = job.description.get("EnableManagedSpotTraining")
    found = active.planned("training-interruption", name=job.name) if spot else None
    if found is None:
        yield
        return

    def interrupt() -> None:
        found.record()
        instances.interrupt()

    timer = threading.Timer(found.fault.seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
