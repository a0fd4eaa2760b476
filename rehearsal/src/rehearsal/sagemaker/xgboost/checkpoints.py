"""Checkpoints of the built-in algorithm: a model after each round; the newest five are kept."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import xgboost

log = logging.getLogger(__name__)

NAME = "xgboost-checkpoint"
MAX_CHECKPOINTS = 5


class SaveCheckpoints(xgboost.callback.TrainingCallback):
    """Callback that saves the model after each round as xgboost-checkpoint.ROUND."""

    def __init__(self, folder: Path, first_round: int) -> None:
        super().__init__()
        self._folder = folder
        self._first = first_round

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save a checkpoint, delete the oldest, and continue the training."""
        del evals_log
        save(model, self._folder / f"{NAME}.{self._first + epoch}")
        for old in _by_round(self._folder)[:-MAX_CHECKPOINTS]:
            old.unlink(missing_ok=True)
        return False


def newest(folder: Path | None) -> tuple[Any, int]:
    """Return the newest readable checkpoint and the number of finished rounds, or (None, 0)."""
    for file in reversed(_by_round(folder) if folder and folder.is_dir() else []):
        try:
            model = xgboost.Booster(model_file=bytearray(file.read_bytes()))
        except xgboost.core.XGBoostError:
            log.warning("Checkpoint %s can't be read; an older one is tried", file.name)
            continue
        done = int(file.suffix[1:]) + 1
        log.info("Checkpoint loaded from %s", file.name)
        log.info("Resuming from iteration %d", done)
        return model, done
    return None, 0


def save(model: Any, file: Path) -> None:
    """Write a model completely or not at all."""
    draft = file.with_name(f"{file.name}.sagemaker-ignore")
    draft.write_bytes(model.save_raw("ubj"))
    draft.replace(file)


def _by_round(folder: Path) -> list[Path]:
    found = [file for file in folder.glob(f"{NAME}.*") if file.suffix[1:].isdigit()]
    return sorted(found, key=lambda file: int(file.suffix[1:]))
