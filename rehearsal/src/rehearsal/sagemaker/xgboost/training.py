"""Run the built-in algorithm: from hyperparameters and channels to a model file."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import xgboost

from rehearsal.sagemaker.xgboost import (
    channels,
    checkpoints,
    distributed,
    hyperparameters,
    matrices,
    metrics,
)
from rehearsal.sagemaker.xgboost.errors import AlgorithmError, PlatformError, UserError
from rehearsal.sagemaker.xgboost.layout import Layout
from rehearsal.sagemaker.xgboost.matrices import Matrices

log = logging.getLogger(__name__)

MODEL = "xgboost-model"
# Messages of xgboost for errors in the data or the hyperparameters.
_USERS = (
    "label must be",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "only contains pos or neg samples",
    "base_score must be in (0,1)",
    "should be greater equal to",
)
# Hyperparameters of the container, which xgboost does not have.
_OURS = (
    "num_round",
    "early_stopping_rounds",
    "save_model_on_termination",
    "csv_weights",
    "eval_metric",
    "_tuning_objective_metric",
)
_NOT_RUN = ("_kfold", "_num_cv_round")


class Monitor(xgboost.callback.TrainingCallback):
    r"""Callback that prints the metrics after each round.

    A line has the form [0]\ttrain-merror:0.05000\tvalidation-merror:0.06.
    """

    def __init__(self, first_round: int) -> None:
        super().__init__()
        self._first = first_round

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Print a line, and continue the training."""
        del model
        pairs = [
            f"{data}-{name}:{history[-1]:.5f}"
            for data, found in evals_log.items()
            for name, history in found.items()
        ]
        print("\t".join([f"[{self._first + epoch}]", *pairs]), flush=True)
        return False


class SaveModel(xgboost.callback.TrainingCallback):
    """Callback that saves the model after each round, so that a stopped job has one."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        signal.signal(signal.SIGTERM, _end)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save the model, and continue the training."""
        del epoch, evals_log
        checkpoints.save(model, self._folder / MODEL)
        return False


def train(layout: Layout, host: distributed.Host) -> None:
    """Train according to the job's configuration, and write the model to the model folder.

    Raises:
        UserError: Hyperparameters, channels or data are not valid.
        AlgorithmError: xgboost fails.
        PlatformError: The rehearsal does not support a setting, or the instances cannot connect.
    """
    settings = hyperparameters.validated(layout.read("hyperparameters"))
    for name in _NOT_RUN:
        if name in settings:
            raise PlatformError(f"The rehearsal runs no cross validation: remove {name}.")
    if settings.pop("use_dask_gpu_training", "false") == "true":
        raise PlatformError("The rehearsal has no GPU: remove use_dask_gpu_training.")
    config = layout.read("inputdataconfig")
    channels.check(config)
    data = matrices.load(layout, config, settings)
    folder = layout.read("checkpointconfig").get("LocalPath")
    with distributed.connected(host):
        model = Fit(settings, data, layout.model, Path(folder) if folder else None, host).run()
    if host.is_first:
        checkpoints.save(model, layout.model / MODEL)


@dataclass(frozen=True)
class Fit:
    """One call of xgboost.train, as the container makes it."""

    settings: dict[str, Any]
    data: Matrices
    model_folder: Path
    checkpoint_folder: Path | None
    host: distributed.Host

    @property
    def wanted(self) -> list[str]:
        """Metrics that the user named, and the objective metric of a tuning job."""
        tuned = self.settings.get("_tuning_objective_metric", "").partition(":")[2]
        named: list[str] = self.settings.get("eval_metric", [])
        return [*named, *([tuned] if tuned and tuned not in named else [])]

    def run(self) -> Any:
        """Return the trained model.

        Raises:
            UserError: xgboost rejects the data or a hyperparameter.
            AlgorithmError: xgboost fails for another reason.
        """
        start, done = checkpoints.newest(self.checkpoint_folder)
        custom = metrics.added(self.wanted)
        objective = self.settings.get("objective", "reg:squarederror")
        try:
            return xgboost.train(
                self._parameters(custom),
                self.data.train,
                num_boost_round=max(0, self.settings["num_round"] - done),
                evals=self.data.watched,
                custom_metric=metrics.score(custom, objective) if custom else None,
                callbacks=list(self._callbacks(done)),
                xgb_model=start,
                verbose_eval=False,
            )
        except xgboost.core.XGBoostError as error:
            said = str(error).partition("\nStack trace")[0]
            if any(words in said for words in _USERS):
                raise UserError(said) from error
            raise AlgorithmError(f"XGB train call failed with exception:\n {said}") from error

    def _parameters(self, custom: list[str]) -> dict[str, Any]:
        parameters = {key: value for key, value in self.settings.items() if key not in _OURS}
        if "updater" in parameters:
            parameters["updater"] = ",".join(parameters["updater"])
        if builtin := [name for name in self.wanted if name not in custom]:
            parameters["eval_metric"] = builtin
        return parameters

    def _callbacks(self, done: int) -> Iterator[Any]:
        if self.host.is_first:
            yield Monitor(done)
            if self.checkpoint_folder:
                self.checkpoint_folder.mkdir(parents=True, exist_ok=True)
                yield checkpoints.SaveCheckpoints(self.checkpoint_folder, done)
            if self.settings.get("save_model_on_termination") == "true":
                yield SaveModel(self.model_folder)
        rounds = self.settings.get("early_stopping_rounds")
        if rounds and self.wanted and self.data.validation is not None:
            yield xgboost.callback.EarlyStopping(
                rounds=rounds,
                metric_name=self.wanted[-1],
                data_name="validation",
                maximize=self.wanted[-1].partition("@")[0] in metrics.MAXIMIZED,
                save_best=self.host.is_first,
            )


def _end(number: int, frame: Any) -> NoReturn:
    del number, frame
    os._exit(0)  # the model of the last round is already saved
