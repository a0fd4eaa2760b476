"""Training and evaluation of the model, with log lines and checkpoints."""

from __future__ import annotations

import signal
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import numpy as np
import xgboost

from workloads.errors import UsageError
from workloads.summary import say
from workloads.training.group import WorkerGroup, short_message
from workloads.training.hyperparameters import Hyperparameters
from workloads.training.model_checkpoints import CheckpointDirectory, load_booster
from workloads.training.table import Table

NOT_IN_DIGEST = frozenset({"nthread", "verbosity"})
"""Hyperparameters that may differ when a training resumes."""


@contextmanager
def set_on_sigterm(event: threading.Event) -> Iterator[None]:
    """Set the event on SIGTERM while the block runs, instead of ending the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: event.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


class RoundCallback(xgboost.callback.TrainingCallback):
    """Callback that logs each round and saves the checkpoints."""

    def __init__(
        self,
        done: int,
        checkpoints: CheckpointDirectory | None,
        checkpoint_interval: int,
        stop: threading.Event,
    ) -> None:
        super().__init__()
        self.done = done
        self.checkpoints = checkpoints
        self.checkpoint_interval = checkpoint_interval
        self.stop = stop

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Log the metrics of the round, and save a checkpoint if one is due.

        Raises:
            SystemExit: SIGTERM was received, and a checkpoint is saved.
        """
        round_ = self.done + epoch
        if xgboost.collective.get_rank() == 0:
            say(f"[{round_}]{format_metrics(evals_log)}")
        stopped = self.stop.is_set()
        if self.checkpoints and (stopped or (round_ + 1) % self.checkpoint_interval == 0):
            self.checkpoints.save(model)
        if stopped:
            say(f"stopped after round {round_}; another run resumes from the newest checkpoint")
            raise SystemExit(128 + signal.SIGTERM)
        return False


def format_metrics(evals_log: Any) -> str:
    """Return the metrics of a round in the format of SageMaker's log, in which #011 is a tab."""
    return "".join(
        f"#011{channel}-{metric}:{values[-1]:.5f}"
        for channel, metrics in evals_log.items()
        for metric, values in metrics.items()
    )


def fit(
    hyperparameters: Hyperparameters,
    matrices: dict[str, xgboost.DMatrix],
    checkpoints: CheckpointDirectory | None,
    *,
    group: WorkerGroup,
    checkpoint_interval: int,
) -> xgboost.Booster:
    """Train a model with all its rounds, and resume from the newest checkpoint if there is one.

    Args:
        hyperparameters: Hyperparameters of the training.
        matrices: Data by channel; `train` is required.
        checkpoints: Checkpoints of this training, or None.
        group: Workers that train together.
        checkpoint_interval: Number of rounds from one checkpoint to the next.

    Raises:
        UsageError: xgboost rejects a hyperparameter.
    """
    model = group.broadcast((checkpoints.newest_valid(),) if checkpoints else (None,))[0]
    previous = load_booster(model) if model else None
    done = previous.num_boosted_rounds() if previous else 0
    if previous and group.is_leader:
        say(f"resuming from a checkpoint of {done} rounds")
    if previous and done >= hyperparameters.rounds:
        shortened: xgboost.Booster = previous[: hyperparameters.rounds]
        return shortened
    saved_checkpoints, stop = checkpoints if group.is_leader else None, threading.Event()
    try:
        with set_on_sigterm(stop):
            return xgboost.train(
                {
                    **hyperparameters.booster,
                    **({"eval_metric": hyperparameters.metrics} if hyperparameters.metrics else {}),
                },
                matrices["train"],
                hyperparameters.rounds - done,
                evals=[(matrix, channel) for channel, matrix in matrices.items()],
                early_stopping_rounds=hyperparameters.early_stopping_rounds,
                verbose_eval=False,
                xgb_model=previous,
                callbacks=[RoundCallback(done, saved_checkpoints, checkpoint_interval, stop)],
            )
    except (xgboost.core.XGBoostError, ValueError) as error:
        raise translate_error(error, group) from error


def translate_error(error: Exception, group: WorkerGroup) -> Exception:
    """Convert an error of xgboost to a UsageError; return a lost connection unchanged.

    `group.connected` converts the lost connection, because it knows the workers.
    """
    text = str(error)
    if group.workers > 1 and any(
        sign in text for sign in ("/collective/", "allreduce.", "socket.")
    ):
        return error
    return UsageError(f"xgboost rejects this training: {short_message(error)}")


def digest_of_training(hyperparameters: Hyperparameters, table: Table, group: WorkerGroup) -> str:
    """Return a digest of the hyperparameters and of the data of all workers."""
    rows = table.features
    arrays = [rows.data, rows.indices] if hasattr(rows, "indices") else [rows]
    checksum = 0
    for array in (table.labels, *arrays):
        checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
    model = {k: v for k, v in hyperparameters.booster.items() if k not in NOT_IN_DIGEST}
    parts = [
        sorted(model.items()),
        hyperparameters.metrics,
        group.workers,
        *group.allreduce_sum(checksum),
    ]
    return sha256(repr(parts).encode()).hexdigest()[:16]


def count_correct(model: xgboost.Booster, matrix: xgboost.DMatrix, classes: int) -> float:
    """Return the number of correctly classified rows."""
    predicted = model.predict(matrix)
    if predicted.ndim == 2:
        predicted = predicted.argmax(axis=1)
    elif classes == 2:
        predicted = predicted > (0 if "logitraw" in model.save_config() else 0.5)
    return float((predicted == matrix.get_label()).sum())


def evaluate(
    model: xgboost.Booster,
    matrices: dict[str, xgboost.DMatrix],
    classes: int | None,
    group: WorkerGroup,
) -> dict[str, float]:
    """Return the model's metrics for each channel, and the accuracy for classes."""
    pairs = [(matrix, channel) for channel, matrix in matrices.items()]
    found = [item.rpartition(":") for item in model.eval_set(pairs).split("\t")[1:]]
    metrics = {name: float(value) for name, _, value in found}
    for channel, matrix in matrices.items() if classes else ():
        correct, rows = group.allreduce_sum(
            count_correct(model, matrix, classes or 0), matrix.num_row()
        )
        metrics[f"{channel}-accuracy"] = round(correct / rows, 5)
    return metrics
