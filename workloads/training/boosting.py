"""The training itself: rounds of boosting, reported and saved on the way."""

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

from workloads.faults import UsageError
from workloads.summary import say
from workloads.training.checkpoints import Checkpoints, loaded
from workloads.training.group import Group, sentence
from workloads.training.hyperparameters import Hyperparameters
from workloads.training.table import Table

NOT_THE_MODEL = frozenset({"nthread", "verbosity"})
"""Hyperparameters that another try may have otherwise."""


@contextmanager
def set_by_sigterm(event: threading.Event) -> Iterator[None]:
    """While the block runs, SIGTERM sets the event and does no more."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: event.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Rounds(xgboost.callback.TrainingCallback):
    """After each round: its line in the log, and a checkpoint where one is due."""

    def __init__(
        self, done: int, checkpoints: Checkpoints | None, every: int, stop: threading.Event
    ) -> None:
        super().__init__()
        self.done = done
        self.checkpoints = checkpoints
        self.every = every
        self.stop = stop

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Report and save.

        Raises:
            SystemExit: SIGTERM came; the checkpoint is there.
        """
        round_ = self.done + epoch
        if xgboost.collective.get_rank() == 0:
            say(f"[{round_}]{metrics_line(evals_log)}")
        stopped = self.stop.is_set()
        if self.checkpoints and (stopped or (round_ + 1) % self.every == 0):
            self.checkpoints.save(model)
        if stopped:
            say(f"stopped after round {round_}; another run goes on from the newest checkpoint")
            raise SystemExit(128 + signal.SIGTERM)
        return False


def metrics_line(evals_log: Any) -> str:
    """The metrics of a round as SageMaker's log has them: it writes a tab as #011."""
    return "".join(
        f"#011{channel}-{metric}:{values[-1]:.5f}"
        for channel, metrics in evals_log.items()
        for metric, values in metrics.items()
    )


def fit(
    wanted: Hyperparameters,
    evaluated: dict[str, xgboost.DMatrix],
    checkpoints: Checkpoints | None,
    *,
    group: Group,
    every: int,
) -> xgboost.Booster:
    """A model of all its rounds, from the newest checkpoint on where there is one.

    Raises:
        UsageError: xgboost refuses a hyperparameter.
    """
    model = group.from_leader((checkpoints.newest_valid(),) if checkpoints else (None,))[0]
    before = loaded(model) if model else None
    done = before.num_boosted_rounds() if before else 0
    if before and group.leads:
        say(f"goes on from a checkpoint of {done} rounds")
    if before and done >= wanted.rounds:
        shortened: xgboost.Booster = before[: wanted.rounds]
        return shortened
    saving, stop = checkpoints if group.leads else None, threading.Event()
    try:
        with set_by_sigterm(stop):
            return xgboost.train(
                {**wanted.booster, **({"eval_metric": wanted.metrics} if wanted.metrics else {})},
                evaluated["train"],
                wanted.rounds - done,
                evals=[(matrix, channel) for channel, matrix in evaluated.items()],
                early_stopping_rounds=wanted.patience,
                verbose_eval=False,
                xgb_model=before,
                callbacks=[Rounds(done, saving, every, stop)],
            )
    except (xgboost.core.XGBoostError, ValueError) as error:
        raise fault_of(error, group) from error


def fault_of(error: Exception, group: Group) -> Exception:
    """What an error of xgboost means: a lost worker is told as it is, for `group.joined`."""
    text = str(error)
    if group.workers > 1 and any(
        sign in text for sign in ("/collective/", "allreduce.", "socket.")
    ):
        return error
    return UsageError(f"xgboost refuses this training: {sentence(error)}")


def mark_of(wanted: Hyperparameters, table: Table, group: Group) -> str:
    """A digest of what a model comes from: hyperparameters, and the rows of all workers."""
    rows = table.features
    parts = [rows.data, rows.indices] if hasattr(rows, "indices") else [rows]
    checksum = 0
    for part in (table.labels, *parts):
        checksum = zlib.crc32(np.ascontiguousarray(part).data, checksum)
    model = {k: v for k, v in wanted.booster.items() if k not in NOT_THE_MODEL}
    facts = [sorted(model.items()), wanted.metrics, group.workers, *group.total(checksum)]
    return sha256(repr(facts).encode()).hexdigest()[:16]


def right(model: xgboost.Booster, matrix: xgboost.DMatrix, classes: int) -> float:
    """How many rows of a classification are predicted right."""
    predicted = model.predict(matrix)
    if predicted.ndim == 2:
        predicted = predicted.argmax(axis=1)
    elif classes == 2:
        predicted = predicted > (0 if "logitraw" in model.save_config() else 0.5)
    return float((predicted == matrix.get_label()).sum())


def measure(
    model: xgboost.Booster,
    evaluated: dict[str, xgboost.DMatrix],
    classes: int | None,
    group: Group,
) -> dict[str, float]:
    """The finished model's metrics on each channel, and for classes how often it is right."""
    pairs = [(matrix, channel) for channel, matrix in evaluated.items()]
    found = [item.rpartition(":") for item in model.eval_set(pairs).split("\t")[1:]]
    metrics = {name: float(value) for name, _, value in found}
    for channel, matrix in evaluated.items() if classes else ():
        hits, rows = group.total(right(model, matrix, classes or 0), matrix.num_row())
        metrics[f"{channel}-accuracy"] = round(hits / rows, 5)
    return metrics
