"""Run one training job from its start to its end, through SageMaker's states.

They are Starting, Downloading, Training, Uploading, and then Completed, Failed, Stopped or
MaxRuntimeExceeded. Source of the states and messages:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SecondaryStatusTransition.html
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rehearsal.clients.aws import Cloud
from rehearsal.clients.training_status import StatusFeed
from rehearsal.file_systems.contents import Contents
from rehearsal.sagemaker import interruptions, outputs
from rehearsal.sagemaker.checkpoint_sync import CheckpointSync
from rehearsal.sagemaker.containers import Container
from rehearsal.sagemaker.failures import JobFailure, Stopped, by_algorithm, by_client
from rehearsal.sagemaker.inputs import Input, Inputs
from rehearsal.sagemaker.instances import GRACE_SECONDS, Instances
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.journal import Journal
from rehearsal.sagemaker.metrics import FILE, Metrics
from rehearsal.sagemaker.outputs import Uploaded
from rehearsal.sagemaker.stages import UPLOADING, Measured, Stages
from rehearsal.sagemaker.storage import RoleStorage, credentials

log = logging.getLogger(__name__)

# Paths inside the container, which the records use as well.
DATA_FOLDER, MODEL_FOLDER = "/opt/ml/input/data", "/opt/ml/model"


@dataclass(frozen=True)
class Context:
    """Context of a run: clients, file systems, status feed and grace time."""

    cloud: Cloud
    contents: Contents
    moves: StatusFeed
    grace_seconds: float = GRACE_SECONDS


@dataclass
class TrainingRun:
    """Run of a job in one thread; other threads may call `stop` and `abandon`."""

    job: Job
    context: Context
    restarted: bool = False
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._instances = Instances(self.context.grace_seconds)
        self.job.folder.mkdir(parents=True, exist_ok=True)
        definitions = self.job.description["AlgorithmSpecification"].get("MetricDefinitions") or []
        self._metrics = Metrics(self.job.folder / FILE, definitions)
        self._journal = Journal(self.job, self._metrics)
        self._stages = Stages(self.job, self.context.moves, self._journal)
        self._containers = [Container(self.job, host) for host in self.job.hosts]

    def stop(self) -> None:
        """Ask the job to end before it is finished."""
        self._stages.stopping = True
        self._instances.stop()

    def abandon(self) -> None:
        """Kill its processes without a report to SageMaker; the next runner restarts the job."""
        self._stages.silent = True
        self._instances.kill()

    def work(self) -> None:
        """Run the job to its end."""
        try:
            self._work()
        except JobFailure as failure:
            self._end("Failed", "Failed", "Training job failed", FailureReason=str(failure))
        except Stopped:
            self._end("Stopped", "Stopped", "Training job stopped")
        except Exception as error:
            log.exception("the run of %s broke off", self.job.name)
            reason = f"InternalServerError: the rehearsal's own fault: {error!r}"
            self._end("Failed", "Failed", "Training job failed", FailureReason=reason)
        finally:
            self._journal.close()

    def _work(self) -> None:
        if self.restarted:
            self._stages.enter("Restarting", "What ran the job was ended; it begins again")
        why, storage = self._attempt()
        while why == "interrupted":
            self._stages.enter("Interrupted", interruptions.MESSAGE)
            why, storage = self._attempt()
        self._leave(why, storage)

    def _attempt(self) -> tuple[str, RoleStorage]:
        """Run the job from its start to the end of its training; return the kind of that end.

        Raises:
            JobFailure: A container failed by itself.
        """
        with self._stages.stage("Starting", "Preparing the instances for training"):
            variables = credentials(self.context.cloud, self.job)
            storage = RoleStorage.of(variables, self.job.region)
            for container in self._containers:
                container.make()
        self._began = time.monotonic()
        inputs = Inputs(self.context.contents, storage, self.job)
        try:
            with self._stages.stage("Downloading", "Downloading input data") as stage:
                self._describe(stage, inputs)
            why = self._train(variables, storage)
        finally:
            inputs.release()
        return why, storage

    def _describe(self, stage: Measured, inputs: Inputs) -> None:
        found: list[Input] = []
        for container in self._containers:
            found += inputs.put(container.layout, container.host)
        stage.source = ", ".join(dict.fromkeys(one.source for one in found))
        stage.target = DATA_FOLDER
        stage.bytes = sum(one.bytes for one in found)
        stage.files = sum(one.files for one in found)

    def _train(self, variables: dict[str, str], storage: RoleStorage) -> str:
        """Run the containers; return the kind of their end, as of `Instances.wait`.

        Raises:
            JobFailure: A container failed by itself.
        """
        left = self.job.most_seconds - (time.monotonic() - self._began)
        message = "Training image download completed. Training in progress."
        with self._checkpoints(storage), self._stages.stage("Training", message) as stage:
            for container in self._containers:
                self._instances.start(container, container.variables(variables), self._journal.line)
            with interruptions.planned(self.job, self._instances):
                why = self._instances.wait(left)
            self._metrics.write()
            stage.target = MODEL_FOLDER
        if why == "ended" and (failed := self._instances.failed):
            file = failed.container.layout.failure
            said = file.read_text(errors="replace") if file.exists() else ""
            raise by_algorithm(said, failed.process.wait(None) or 0)
        return why

    @contextlib.contextmanager
    def _checkpoints(self, storage: RoleStorage) -> Iterator[None]:
        """Synchronize checkpoints while the job trains.

        Every instance starts with the checkpoints of S3. Only those of the first instance are
        uploaded.
        """
        if self._containers[0].checkpoints is None:
            yield
            return
        syncs = [
            CheckpointSync(self.job, container.checkpoints, storage)
            for container in self._containers
            if container.checkpoints
        ]
        for sync in syncs:
            sync.restore()
        stop = threading.Event()
        follower = threading.Thread(target=syncs[0].follow, args=(stop,), daemon=True)
        follower.start()
        try:
            yield
        finally:
            stop.set()
            follower.join()
            syncs[0].finish()

    def _leave(self, why: str, storage: RoleStorage) -> None:
        """Upload the model, and report the end of the job."""
        with self._stages.stage(UPLOADING, "Uploading generated training model") as stage:
            layout = self._containers[0].layout
            model = outputs.upload_model(self.job, layout, storage)
            outputs.upload_rest(self.job, layout, storage)
            if model:
                stage.source, stage.target = MODEL_FOLDER, model.path
                stage.bytes, stage.files = model.bytes, model.files
        told = _artifacts(model) | {"FinalMetricDataList": self._metrics.final}
        if why == "late":
            message = "Training job runtime exceeded MaxRuntimeInSeconds provided"
            self._end("Stopped", "MaxRuntimeExceeded", message, **told)
        elif why == "stopped":
            self._end("Stopped", "Stopped", "Training job stopped", **told)
        elif model is None:
            raise by_client(
                "Artifact upload failed:the training left no model: write it to /opt/ml/model, "
                "which SM_MODEL_DIR names."
            )
        else:
            self._end("Completed", "Completed", "Training job completed", **told)

    def _end(self, status: str, secondary: str, message: str, **told: Any) -> None:
        self._stages.end(status, secondary, message, time.monotonic() - self._began, **told)


def _artifacts(model: Uploaded | None) -> dict[str, Any]:
    return {"ModelArtifacts": {"S3ModelArtifacts": model.path}} if model else {}
